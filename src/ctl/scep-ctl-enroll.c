/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ctl/scep-ctl.h"

#include "base/scep-names.h"
#include "ctl/scep-ctl-output.h"

/* How long --wait waits, in seconds, where --timeout says nothing. */
#define DEFAULT_TIMEOUT 300

typedef struct {
  ScepCtl *self;             /* (unowned) */
  ScepProxyProfile *profile; /* (unowned) */
  GMainLoop *loop;           /* (owned) */
  gboolean enrolled;
  GError *error; /* (owned) (nullable) */
} Waiting;

static void
on_enrolled (Waiting *waiting)
{
  waiting->enrolled = TRUE;
  g_main_loop_quit (waiting->loop);
}

static void
on_failed (Waiting *waiting, const char *name, const char *message)
{
  if (waiting->error == NULL)
    scep_ctl_error_set (&waiting->error, SCEP_CTL_EXIT_FAILED, "%s (%s)", message, name);
  g_main_loop_quit (waiting->loop);
}

static void
on_trust_requested (Waiting *waiting, const char *fingerprint)
{
  if (waiting->error == NULL)
    scep_ctl_error_set (&waiting->error, SCEP_CTL_EXIT_NOT_READY,
                        "The server offers a CA with fingerprint %s. Compare it with the one the "
                        "CA's operator gives you, then: scepctl accept-ca %s",
                        fingerprint, fingerprint);
  g_main_loop_quit (waiting->loop);
}

static void
on_state (Waiting *waiting)
{
  if (!waiting->self->json)
    g_print ("%s\n", scep_proxy_profile_get_state (waiting->profile));
}

static void
on_owner (Waiting *waiting)
{
  if (waiting->error == NULL)
    scep_ctl_error_set (&waiting->error, SCEP_CTL_EXIT_NOT_RUNNING,
                        "The enrollment service went away meanwhile; it goes on with the request "
                        "when it is started again.");
  g_main_loop_quit (waiting->loop);
}

static gboolean
on_timeout (gpointer user_data)
{
  Waiting *waiting = user_data;

  if (waiting->error == NULL)
    scep_ctl_error_set (&waiting->error, SCEP_CTL_EXIT_TIMED_OUT,
                        "No certificate yet; the state is “%s” and the service goes on trying. "
                        "See: scepctl status",
                        scep_proxy_profile_get_state (waiting->profile));
  g_main_loop_quit (waiting->loop);
  return G_SOURCE_REMOVE;
}

static void
watch (Waiting *waiting)
{
  ScepProxyProfile *profile = waiting->profile;

  g_signal_connect_swapped (profile, "enrolled", G_CALLBACK (on_enrolled), waiting);
  g_signal_connect_swapped (profile, "enrollment-failed", G_CALLBACK (on_failed), waiting);
  g_signal_connect_swapped (profile, "trust-requested", G_CALLBACK (on_trust_requested), waiting);
  g_signal_connect_swapped (profile, "notify::state", G_CALLBACK (on_state), waiting);
  g_signal_connect_swapped (profile, "notify::g-name-owner", G_CALLBACK (on_owner), waiting);
}

static void
print_result (Waiting *waiting)
{
  ScepProxyProfile *profile = waiting->profile;
  g_autofree char *until = scep_ctl_format_time (scep_proxy_profile_get_not_after (profile));
  GVariantDict dict = G_VARIANT_DICT_INIT (NULL);

  if (!waiting->self->json) {
    scep_ctl_print_row ("Subject", scep_proxy_profile_get_subject (profile));
    scep_ctl_print_row ("Fingerprint", scep_proxy_profile_get_fingerprint (profile));
    scep_ctl_print_row ("Valid until", until);
    return;
  }
  g_variant_dict_insert (&dict, "Subject", "s", scep_proxy_profile_get_subject (profile));
  g_variant_dict_insert (&dict, "Fingerprint", "s", scep_proxy_profile_get_fingerprint (profile));
  g_variant_dict_insert (&dict, "NotAfter", "t", scep_proxy_profile_get_not_after (profile));
  scep_ctl_print_json (g_variant_dict_end (&dict));
}

/* A request that runs already is as good as a new one. */
static gboolean
request (ScepProxyProfile *profile, GError **error)
{
  g_autoptr (GError) local_error = NULL;
  g_autoptr (GVariant) reply = scep_ctl_call (profile, "Enroll", NULL, &local_error);
  g_autofree char *name = local_error != NULL ? g_dbus_error_get_remote_error (local_error) : NULL;

  if (reply != NULL || g_strcmp0 (name, SCEP_ERROR_PREFIX "Busy") == 0)
    return TRUE;
  g_propagate_error (error, g_steal_pointer (&local_error));
  return FALSE;
}

static gboolean
enroll_and_wait (ScepCtl *self, ScepProxyProfile *profile, int timeout, GError **error)
{
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  Waiting waiting = { self, profile, loop, FALSE, NULL };
  guint source = 0;

  watch (&waiting);
  if (request (profile, error)) {
    source = g_timeout_add_seconds ((guint) timeout, on_timeout, &waiting);
    g_main_loop_run (loop);
  }
  g_signal_handlers_disconnect_by_data (profile, &waiting);
  if (source != 0 && g_main_context_find_source_by_id (NULL, source) != NULL)
    g_source_remove (source);
  if (waiting.enrolled) {
    g_clear_error (&waiting.error);
    print_result (&waiting);
  } else if (waiting.error != NULL) {
    g_propagate_error (error, g_steal_pointer (&waiting.error));
  }
  return waiting.enrolled;
}

/**
 * scep_ctl_enroll:
 *
 * The verb "enroll": a new request, and where asked for its result.
 */
gboolean
scep_ctl_enroll (ScepCtl *self, const ScepCtlVerb *verb, GStrv *argv, GError **error)
{
  gboolean wait = FALSE;
  int timeout = DEFAULT_TIMEOUT;
  g_autoptr (ScepProxyProfile) profile = NULL;
  g_autoptr (GVariant) reply = NULL;
  const GOptionEntry options[] = {
    { "wait", 'w', 0, G_OPTION_ARG_NONE, &wait, "Wait for the certificate, showing the states",
      NULL },
    { "timeout", 't', 0, G_OPTION_ARG_INT, &timeout, "How long --wait waits, 300 by default",
      "SECONDS" },
    G_OPTION_ENTRY_NULL,
  };

  if (!scep_ctl_parse (self, verb, options, argv, error))
    return FALSE;
  if (timeout <= 0) {
    scep_ctl_error_set (error, SCEP_CTL_EXIT_USAGE, "--timeout is a positive number of seconds.");
    return FALSE;
  }
  profile = scep_ctl_get_profile (self, error);
  if (profile == NULL)
    return FALSE;
  if (wait)
    return enroll_and_wait (self, profile, timeout, error);
  reply = scep_ctl_call (profile, "Enroll", NULL, error);
  return reply != NULL;
}
