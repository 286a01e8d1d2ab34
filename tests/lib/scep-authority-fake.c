/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "scep-authority-fake.h"

static void scep_authority_fake_iface_init (ScepAuthorityInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (ScepAuthorityFake, scep_authority_fake, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (SCEP_TYPE_AUTHORITY,
                                                      scep_authority_fake_iface_init))

static guint32
user_of (ScepAuthorityFake *self, const char *sender)
{
  if (self->privileged)
    return 0;
  return self->users == NULL ? 1000 : GPOINTER_TO_UINT (g_hash_table_lookup (self->users, sender));
}

static void
identify_async (ScepAuthority *authority, const char *sender, GCancellable *cancellable,
                GAsyncReadyCallback callback, gpointer user_data)
{
  ScepAuthorityFake *self = SCEP_AUTHORITY_FAKE (authority);
  g_autoptr (GTask) task = g_task_new (self, NULL, callback, user_data);

  self->n_identified++;
  if (self->hold_identity)
    g_queue_push_tail (&self->strangers, g_steal_pointer (&task));
  else
    g_task_return_int (task, user_of (self, sender));
}

static gboolean
identify_finish (ScepAuthority *authority, GAsyncResult *result, guint32 *user)
{
  *user = (guint32) g_task_propagate_int (G_TASK (result), NULL);
  return *user != G_MAXUINT32;
}

static void
on_cancelled (GCancellable *cancellable, gpointer user_data)
{
  ScepAuthorityFake *self = user_data;

  self->n_cancelled++;
}

static void
check_async (ScepAuthority *authority, const char *sender, const char *action, gboolean interactive,
             GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data)
{
  ScepAuthorityFake *self = SCEP_AUTHORITY_FAKE (authority);
  g_autoptr (GTask) task = g_task_new (self, NULL, callback, user_data);
  const char *dot = strrchr (action, '.');

  g_string_append_printf (self->asked, "%s ", dot + 1);
  self->n_interactive += interactive ? 1 : 0;
  if (self->hold || (self->hold_persons && interactive)) {
    if (cancellable != NULL)
      g_signal_connect_object (cancellable, "cancelled", G_CALLBACK (on_cancelled), self, 0);
    g_queue_push_tail (&self->held, g_steal_pointer (&task));
  } else if (self->hold_persons) {
    g_task_return_int (task, SCEP_AUTHORIZATION_CHALLENGE);
  } else {
    g_task_return_int (task, g_strcmp0 (dot + 1, self->denied) == 0 ? SCEP_AUTHORIZATION_DENIED
                                                                    : self->verdict);
  }
}

static ScepAuthorization
check_finish (ScepAuthority *authority, GAsyncResult *result)
{
  return (ScepAuthorization) g_task_propagate_int (G_TASK (result), NULL);
}

static void
scep_authority_fake_iface_init (ScepAuthorityInterface *iface)
{
  iface->identify_async = identify_async;
  iface->identify_finish = identify_finish;
  iface->check_async = check_async;
  iface->check_finish = check_finish;
}

static void
scep_authority_fake_finalize (GObject *object)
{
  ScepAuthorityFake *self = SCEP_AUTHORITY_FAKE (object);

  g_assert_true (g_queue_is_empty (&self->held));
  g_assert_true (g_queue_is_empty (&self->strangers));
  g_string_free (self->asked, TRUE);
  G_OBJECT_CLASS (scep_authority_fake_parent_class)->finalize (object);
}

static void
scep_authority_fake_class_init (ScepAuthorityFakeClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = scep_authority_fake_finalize;
}

static void
scep_authority_fake_init (ScepAuthorityFake *self)
{
  self->asked = g_string_new (NULL);
  g_queue_init (&self->held);
  g_queue_init (&self->strangers);
}

/**
 * scep_authority_fake_new:
 *
 * Returns: (transfer full): an authority that denies everything
 */
ScepAuthorityFake *
scep_authority_fake_new (void)
{
  return g_object_new (SCEP_TYPE_AUTHORITY_FAKE, NULL);
}

/**
 * scep_authority_fake_release:
 *
 * Answers the check that waits longest with what the verdict is now.
 */
void
scep_authority_fake_release (ScepAuthorityFake *self)
{
  g_autoptr (GTask) task = g_queue_pop_head (&self->held);

  g_assert_nonnull (task);
  g_task_return_int (task, self->verdict);
}

/**
 * scep_authority_fake_identify:
 * @user: G_MAXUINT32 for one that the bus does not know
 *
 * Tells of the connection that waits longest whose it is.
 */
void
scep_authority_fake_identify (ScepAuthorityFake *self, guint32 user)
{
  g_autoptr (GTask) task = g_queue_pop_head (&self->strangers);

  g_assert_nonnull (task);
  g_task_return_int (task, user);
}
