/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "service/scep-authority-polkit.h"

#include <polkit/polkit.h>

/**
 * ScepAuthorityPolkit:
 *
 * Root may do everything, also where polkit is not installed; everybody else
 * is polkit's decision, and where it cannot be asked the answer is no.
 */
struct _ScepAuthorityPolkit {
  GObject parent_instance;

  GDBusConnection *connection; /* (owned) */
  PolkitAuthority *polkit;     /* (owned) (nullable): once it was there */
  GQueue waiting;              /* (element-type GTask): checks, while it is looked for */
  char *known;                 /* (owned) (nullable): the caller who was identified last */
  guint32 known_user;
};

typedef struct {
  char *sender; /* (owned) */
  char *action; /* (owned) */
  gboolean interactive;
} Check;

static void scep_authority_polkit_iface_init (ScepAuthorityInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (ScepAuthorityPolkit, scep_authority_polkit, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (SCEP_TYPE_AUTHORITY,
                                                      scep_authority_polkit_iface_init))

static void
check_free (gpointer data)
{
  Check *check = data;

  g_free (check->sender);
  g_free (check->action);
  g_free (check);
}

static void
deny (GTask *task, const char *what, const GError *error)
{
  const Check *check = g_task_get_task_data (task);

  if (!g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    g_info ("%s was denied %s: %s: %s", check->sender, check->action, what, error->message);
  g_task_return_int (task, SCEP_AUTHORIZATION_DENIED);
}

static void
on_checked (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (PolkitAuthorizationResult) answer =
      polkit_authority_check_authorization_finish (POLKIT_AUTHORITY (source), result, &error);

  if (answer == NULL)
    deny (task, "polkit did not decide", error);
  else if (polkit_authorization_result_get_is_authorized (answer))
    g_task_return_int (task, SCEP_AUTHORIZATION_ALLOWED);
  else if (polkit_authorization_result_get_is_challenge (answer))
    g_task_return_int (task, SCEP_AUTHORIZATION_CHALLENGE);
  else
    g_task_return_int (task, SCEP_AUTHORIZATION_DENIED);
}

/* Takes @task. */
static void
ask (ScepAuthorityPolkit *self, GTask *task)
{
  const Check *check = g_task_get_task_data (task);
  g_autoptr (PolkitSubject) subject = polkit_system_bus_name_new (check->sender);

  polkit_authority_check_authorization (
      self->polkit, subject, check->action, NULL,
      check->interactive ? POLKIT_CHECK_AUTHORIZATION_FLAGS_ALLOW_USER_INTERACTION
                         : POLKIT_CHECK_AUTHORIZATION_FLAGS_NONE,
      g_task_get_cancellable (task), on_checked, task);
}

static void
on_polkit (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (ScepAuthorityPolkit) self = user_data;
  g_autoptr (GError) error = NULL;
  GQueue waiting = self->waiting;
  GTask *task;

  self->polkit = polkit_authority_get_finish (result, &error);
  g_queue_init (&self->waiting);
  while ((task = g_queue_pop_head (&waiting)) != NULL) {
    if (self->polkit != NULL) {
      ask (self, task);
    } else {
      deny (task, "polkit is not there", error);
      g_object_unref (task);
    }
  }
}

/* The bus gives each name to one connection only, for as long as it runs. */
static void
remember (ScepAuthorityPolkit *self, const char *sender, guint32 user)
{
  g_free (self->known);
  self->known = g_strdup (sender);
  self->known_user = user;
}

static void
on_unix_user (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply =
      g_dbus_connection_call_finish (G_DBUS_CONNECTION (source), result, &error);
  guint32 user = G_MAXUINT32;

  if (reply != NULL) {
    g_variant_get (reply, "(u)", &user);
    remember (g_task_get_source_object (task), g_task_get_task_data (task), user);
  } else if (!g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED)) {
    g_info ("the bus does not know a caller's user: %s", error->message);
  }
  g_task_return_int (task, user);
}

static void
scep_authority_polkit_identify_async (ScepAuthority *authority, const char *sender,
                                      GCancellable *cancellable, GAsyncReadyCallback callback,
                                      gpointer user_data)
{
  ScepAuthorityPolkit *self = SCEP_AUTHORITY_POLKIT (authority);
  g_autoptr (GTask) task = g_task_new (self, cancellable, callback, user_data);

  /* A cancelled question is answered with no, not with an error. */
  g_task_set_check_cancellable (task, FALSE);
  if (g_strcmp0 (sender, self->known) == 0) {
    g_task_return_int (task, self->known_user);
    return;
  }
  g_task_set_task_data (task, g_strdup (sender), g_free);
  g_dbus_connection_call (
      self->connection, "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus",
      "GetConnectionUnixUser", g_variant_new ("(s)", sender), G_VARIANT_TYPE ("(u)"),
      G_DBUS_CALL_FLAGS_NONE, -1, cancellable, on_unix_user, g_steal_pointer (&task));
}

static gboolean
scep_authority_polkit_identify_finish (ScepAuthority *authority, GAsyncResult *result,
                                       guint32 *user)
{
  /* G_MAXUINT32 is no user's. */
  *user = (guint32) g_task_propagate_int (G_TASK (result), NULL);
  return *user != G_MAXUINT32;
}

static void
scep_authority_polkit_check_async (ScepAuthority *authority, const char *sender, const char *action,
                                   gboolean interactive, GCancellable *cancellable,
                                   GAsyncReadyCallback callback, gpointer user_data)
{
  ScepAuthorityPolkit *self = SCEP_AUTHORITY_POLKIT (authority);
  GTask *task = g_task_new (self, cancellable, callback, user_data);
  Check *check = g_new0 (Check, 1);

  g_task_set_check_cancellable (task, FALSE);
  check->sender = g_strdup (sender);
  check->action = g_strdup (action);
  check->interactive = interactive;
  g_task_set_task_data (task, check, check_free);
  if (self->polkit != NULL) {
    ask (self, task);
    return;
  }
  g_queue_push_tail (&self->waiting, task);
  /* Looked for by one at a time: a second polkit_authority_get_async() blocks its caller until
   * the first is done, which is 25 s where polkit hangs. */
  if (self->waiting.length == 1)
    polkit_authority_get_async (NULL, on_polkit, g_object_ref (self));
}

static ScepAuthorization
scep_authority_polkit_check_finish (ScepAuthority *authority, GAsyncResult *result)
{
  gssize verdict = g_task_propagate_int (G_TASK (result), NULL);

  return verdict < 0 ? SCEP_AUTHORIZATION_DENIED : (ScepAuthorization) verdict;
}

static void
scep_authority_polkit_iface_init (ScepAuthorityInterface *iface)
{
  iface->identify_async = scep_authority_polkit_identify_async;
  iface->identify_finish = scep_authority_polkit_identify_finish;
  iface->check_async = scep_authority_polkit_check_async;
  iface->check_finish = scep_authority_polkit_check_finish;
}

static void
scep_authority_polkit_finalize (GObject *object)
{
  ScepAuthorityPolkit *self = SCEP_AUTHORITY_POLKIT (object);

  g_clear_object (&self->polkit);
  g_free (self->known);
  g_object_unref (self->connection);
  G_OBJECT_CLASS (scep_authority_polkit_parent_class)->finalize (object);
}

static void
scep_authority_polkit_class_init (ScepAuthorityPolkitClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = scep_authority_polkit_finalize;
}

static void
scep_authority_polkit_init (ScepAuthorityPolkit *self)
{
  g_queue_init (&self->waiting);
}

/**
 * scep_authority_polkit_new:
 * @connection: the bus on which the callers are
 *
 * polkit is looked for when the first question comes, not before.
 *
 * Returns: (transfer full): the authority of the real service
 */
ScepAuthority *
scep_authority_polkit_new (GDBusConnection *connection)
{
  ScepAuthorityPolkit *self = g_object_new (SCEP_TYPE_AUTHORITY_POLKIT, NULL);

  self->connection = g_object_ref (connection);
  return SCEP_AUTHORITY (self);
}
