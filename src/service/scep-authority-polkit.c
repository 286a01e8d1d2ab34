/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "service/scep-authority-polkit.h"

/* The interface is stable, and these are all that is needed of it. */
#define POLKIT_NAME "org.freedesktop.PolicyKit1"
#define POLKIT_PATH "/org/freedesktop/PolicyKit1/Authority"
#define POLKIT_INTERFACE "org.freedesktop.PolicyKit1.Authority"
#define POLKIT_ALLOW_USER_INTERACTION 1

/**
 * ScepAuthorityPolkit:
 *
 * Root may do everything, also where polkit is not installed; everybody else
 * is polkit's decision, and where it cannot be asked the answer is no.
 */
struct _ScepAuthorityPolkit {
  GObject parent_instance;

  GDBusConnection *connection; /* (owned) */
  guint n_cancellable;         /* questions that can be cancelled, so far */
  char *known;                 /* (owned) (nullable): the caller who was identified last */
  guint32 known_user;
};

/* A question to polkit. */
typedef struct {
  char *sender;          /* (owned) */
  char *action;          /* (owned) */
  char *cancellation_id; /* (owned): "" where it cannot be cancelled */
  gulong cancelled_id;
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
  g_free (check->cancellation_id);
  g_free (check);
}

/* Whether that polkit did not decide will pass: too many questions wait, or it has just ended. */
static gboolean
passes (const GError *error)
{
  static const GDBusError codes[] = { G_DBUS_ERROR_LIMITS_EXCEEDED, G_DBUS_ERROR_NO_REPLY,
                                      G_DBUS_ERROR_DISCONNECTED,    G_DBUS_ERROR_TIMEOUT,
                                      G_DBUS_ERROR_TIMED_OUT,       G_DBUS_ERROR_NO_MEMORY };

  for (guint i = 0; i < G_N_ELEMENTS (codes); i++)
    if (g_error_matches (error, G_DBUS_ERROR, codes[i]))
      return TRUE;
  return g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CLOSED);
}

static ScepAuthorization
get_verdict (GVariant *reply)
{
  gboolean authorized, challenge;

  g_variant_get (reply, "((bb@a{ss}))", &authorized, &challenge, NULL);
  if (authorized)
    return SCEP_AUTHORIZATION_ALLOWED;
  return challenge ? SCEP_AUTHORIZATION_CHALLENGE : SCEP_AUTHORIZATION_DENIED;
}

static void
on_checked (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  const Check *check = g_task_get_task_data (task);
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply =
      g_dbus_connection_call_finish (G_DBUS_CONNECTION (source), result, &error);

  if (check->cancelled_id != 0)
    g_signal_handler_disconnect (g_task_get_cancellable (task), check->cancelled_id);
  if (reply != NULL) {
    g_task_return_int (task, get_verdict (reply));
    return;
  }
  g_info ("polkit did not decide about %s for %s: %s", check->action, check->sender,
          error->message);
  g_task_return_int (task, passes (error) ? SCEP_AUTHORIZATION_UNASKED : SCEP_AUTHORIZATION_DENIED);
}

/* Nobody waits for an answer to this: it is one of few that the bus lets a connection wait for.
 * The question itself has its answer then. */
static void
on_cancelled (GCancellable *cancellable, gpointer user_data)
{
  GTask *task = user_data;
  ScepAuthorityPolkit *self = g_task_get_source_object (task);
  const Check *check = g_task_get_task_data (task);
  g_autoptr (GDBusMessage) message = g_dbus_message_new_method_call (
      POLKIT_NAME, POLKIT_PATH, POLKIT_INTERFACE, "CancelCheckAuthorization");

  g_dbus_message_set_flags (message, G_DBUS_MESSAGE_FLAGS_NO_REPLY_EXPECTED |
                                         G_DBUS_MESSAGE_FLAGS_NO_AUTO_START);
  g_dbus_message_set_body (message, g_variant_new ("(s)", check->cancellation_id));
  g_dbus_connection_send_message (self->connection, message, G_DBUS_SEND_MESSAGE_FLAGS_NONE, NULL,
                                  NULL);
}

/* Without polkit's library, which takes a cancelled question for answered at once, though it
 * still counts for the bus, warns of each that polkit has answered meanwhile, and makes a thread
 * and a connection of its own first. */
static void
ask (ScepAuthorityPolkit *self, GTask *task, gboolean interactive)
{
  Check *check = g_task_get_task_data (task);
  GVariantDict subject = G_VARIANT_DICT_INIT (NULL);

  g_variant_dict_insert (&subject, "name", "s", check->sender);
  g_dbus_connection_call (
      self->connection, POLKIT_NAME, POLKIT_PATH, POLKIT_INTERFACE, "CheckAuthorization",
      g_variant_new ("((s@a{sv})s@a{ss}us)", "system-bus-name", g_variant_dict_end (&subject),
                     check->action, g_variant_new_array (G_VARIANT_TYPE ("{ss}"), NULL, 0),
                     interactive ? POLKIT_ALLOW_USER_INTERACTION : 0, check->cancellation_id),
      G_VARIANT_TYPE ("((bba{ss}))"), G_DBUS_CALL_FLAGS_NONE, G_MAXINT, NULL, on_checked,
      g_object_ref (task));
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
  g_autoptr (GTask) task = g_task_new (self, cancellable, callback, user_data);
  Check *check = g_new0 (Check, 1);

  g_task_set_check_cancellable (task, FALSE);
  check->sender = g_strdup (sender);
  check->action = g_strdup (action);
  check->cancellation_id =
      cancellable == NULL ? g_strdup ("") : g_strdup_printf ("%u", self->n_cancellable++);
  g_task_set_task_data (task, check, check_free);
  ask (self, task, interactive);
  if (cancellable != NULL)
    check->cancelled_id =
        g_cancellable_connect (cancellable, G_CALLBACK (on_cancelled), task, NULL);
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
}

/**
 * scep_authority_polkit_new:
 * @connection: the bus on which the callers are
 *
 * polkit is started by the bus when the first question comes, not before.
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
