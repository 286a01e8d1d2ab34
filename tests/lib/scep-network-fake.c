/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "scep-network-fake.h"

/* One profile is enough for tests. */
struct _ScepNetworkFake {
  GObject parent_instance;

  gboolean down;
  guint last_id;
  ScepNetworkFunc func; /* (nullable): while it is watched */
  gpointer user_data;
};

static void scep_network_fake_iface_init (ScepNetworkInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (ScepNetworkFake, scep_network_fake, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (SCEP_TYPE_NETWORK,
                                                      scep_network_fake_iface_init))

static gboolean
fake_may_reach (ScepNetwork *network, const char *url)
{
  return !SCEP_NETWORK_FAKE (network)->down;
}

static guint
fake_watch (ScepNetwork *network, ScepNetworkFunc func, gpointer user_data)
{
  ScepNetworkFake *self = SCEP_NETWORK_FAKE (network);

  g_assert_null (self->func);
  self->func = func;
  self->user_data = user_data;
  return ++self->last_id;
}

static void
fake_unwatch (ScepNetwork *network, guint id)
{
  ScepNetworkFake *self = SCEP_NETWORK_FAKE (network);

  g_assert_cmpuint (id, ==, self->last_id);
  g_assert_nonnull (self->func);
  self->func = NULL;
}

static void
scep_network_fake_iface_init (ScepNetworkInterface *iface)
{
  iface->may_reach = fake_may_reach;
  iface->watch = fake_watch;
  iface->unwatch = fake_unwatch;
}

static void
scep_network_fake_class_init (ScepNetworkFakeClass *klass)
{
}

static void
scep_network_fake_init (ScepNetworkFake *self)
{
}

/* Returns: (transfer full): a network that nobody watches */
ScepNetworkFake *
scep_network_fake_new (void)
{
  return g_object_new (SCEP_TYPE_NETWORK_FAKE, NULL);
}

/* A cable is plugged in, or pulled. */
void
scep_network_fake_change (ScepNetworkFake *self)
{
  if (self->func != NULL)
    self->func (self->user_data);
}

gboolean
scep_network_fake_is_watched (ScepNetworkFake *self)
{
  return self->func != NULL;
}

/* Whether there is any network; nobody is told of the change. */
void
scep_network_fake_set_up (ScepNetworkFake *self, gboolean up)
{
  self->down = !up;
}
