/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ctl/scep-ctl.h"

#include <glib/gi18n-lib.h>

/* How long a state has to last, in milliseconds, before it counts as the result. */
#define SETTLED 1000

typedef struct {
  ScepCtl *self;             /* (unowned) */
  ScepProxyProfile *profile; /* (unowned) */
  GMainLoop *loop;           /* (unowned) */
  gboolean new_one;          /* the certificate that is there does not count */
  gboolean enrolled;
  guint settled; /* source */
  GError *error; /* (owned) (nullable) */
} Waiting;

static void
stop (Waiting *waiting)
{
  g_main_loop_quit (waiting->loop);
}

static void
on_enrolled (Waiting *waiting)
{
  waiting->enrolled = TRUE;
  stop (waiting);
}

static void
on_failed (Waiting *waiting, const char *name, const char *message)
{
  if (waiting->error == NULL)
    scep_ctl_error_set (&waiting->error, SCEP_CTL_EXIT_FAILED, "%s (%s)", message, name);
  stop (waiting);
}

static void
on_trust_requested (Waiting *waiting, const char *fingerprint)
{
  if (waiting->error == NULL)
    scep_ctl_error_set (&waiting->error, SCEP_CTL_EXIT_NOT_READY,
                        _ ("The server offers a CA with fingerprint %s. Compare it with the one "
                           "the CA's operator gives you, then: scepctl accept-ca %s"),
                        fingerprint, fingerprint);
  stop (waiting);
}

static void
on_owner (Waiting *waiting)
{
  if (waiting->error == NULL)
    scep_ctl_error_set (&waiting->error, SCEP_CTL_EXIT_NOT_RUNNING,
                        _ ("The enrollment service went away meanwhile; it goes on with the "
                           "request when it is started again."));
  stop (waiting);
}

static void
fail_incomplete (Waiting *waiting)
{
  const char *const *missing = scep_proxy_profile_get_missing_settings (waiting->profile);
  g_autofree char *names = g_strjoinv (", ", (char **) missing);

  if (waiting->error == NULL)
    scep_ctl_error_set (
        &waiting->error, SCEP_CTL_EXIT_NOT_READY,
        _ ("The profile cannot begin without %s; set it with: scepctl configure KEY=VALUE…"),
        names);
  stop (waiting);
}

/* The attempt ended: what the service says about it, for there may have been no signal. */
static void
fail_with_last_error (Waiting *waiting)
{
  const char *name = scep_proxy_profile_get_last_error (waiting->profile);
  const char *message = scep_proxy_profile_get_last_error_message (waiting->profile);

  if (name != NULL && *name != '\0')
    on_failed (waiting, name, message);
}

static void
judge (Waiting *waiting)
{
  const char *state = scep_proxy_profile_get_state (waiting->profile);

  if (g_strcmp0 (state, "enrolled") == 0 && !waiting->new_one)
    on_enrolled (waiting);
  else if (g_strcmp0 (state, "waiting") == 0 || g_strcmp0 (state, "rejected") == 0)
    fail_with_last_error (waiting);
  else if (g_strcmp0 (state, "awaiting-trust") == 0)
    on_trust_requested (waiting, scep_proxy_profile_get_offered_ca_fingerprint (waiting->profile));
  else if (g_strcmp0 (state, "incomplete") == 0)
    fail_incomplete (waiting);
  else if (g_strcmp0 (state, "disabled") == 0 && waiting->error == NULL) {
    scep_ctl_error_set (
        &waiting->error, SCEP_CTL_EXIT_NOT_READY,
        _ ("The profile is off. Switch it on with: scepctl configure Enabled=true"));
    stop (waiting);
  }
}

static gboolean
on_settled (gpointer user_data)
{
  Waiting *waiting = user_data;

  waiting->settled = 0;
  judge (waiting);
  return G_SOURCE_REMOVE;
}

static void
begin_to_settle (Waiting *waiting)
{
  g_clear_handle_id (&waiting->settled, g_source_remove);
  waiting->settled = g_timeout_add (SETTLED, on_settled, waiting);
}

static void
on_state (Waiting *waiting)
{
  if (!waiting->self->json)
    g_print ("%s\n", scep_proxy_profile_get_state (waiting->profile));
  begin_to_settle (waiting);
}

static gboolean
on_timeout (gpointer user_data)
{
  Waiting *waiting = user_data;
  const char *state = scep_proxy_profile_get_state (waiting->profile);
  const char *message = scep_proxy_profile_get_last_error_message (waiting->profile);

  if (waiting->error == NULL && message != NULL && *message != '\0')
    /* TRANSLATORS: the state is a fixed word; then the service's own sentence */
    scep_ctl_error_set (&waiting->error, SCEP_CTL_EXIT_TIMED_OUT,
                        _ ("No certificate yet; the state is “%s” and the service goes on trying. "
                           "%s See: scepctl status"),
                        state, message);
  else if (waiting->error == NULL)
    scep_ctl_error_set (&waiting->error, SCEP_CTL_EXIT_TIMED_OUT,
                        _ ("No certificate yet; the state is “%s” and the service goes on trying. "
                           "See: scepctl status"),
                        state);
  stop (waiting);
  return G_SOURCE_CONTINUE;
}

static void
watch (Waiting *waiting)
{
  ScepProxyProfile *profile = waiting->profile;

  g_signal_connect_swapped (profile, "enrolled", G_CALLBACK (on_enrolled), waiting);
  g_signal_connect_swapped (profile, "renewed", G_CALLBACK (on_enrolled), waiting);
  g_signal_connect_swapped (profile, "enrollment-failed", G_CALLBACK (on_failed), waiting);
  g_signal_connect_swapped (profile, "renewal-failed", G_CALLBACK (on_failed), waiting);
  g_signal_connect_swapped (profile, "trust-requested", G_CALLBACK (on_trust_requested), waiting);
  g_signal_connect_swapped (profile, "notify::state", G_CALLBACK (on_state), waiting);
  g_signal_connect_swapped (profile, "notify::last-error", G_CALLBACK (begin_to_settle), waiting);
  g_signal_connect_swapped (profile, "notify::g-name-owner", G_CALLBACK (on_owner), waiting);
}

static void
run (Waiting *waiting, int timeout)
{
  guint source = g_timeout_add_seconds ((guint) timeout, on_timeout, waiting);

  begin_to_settle (waiting);
  g_main_loop_run (waiting->loop);
  g_source_remove (source);
  g_clear_handle_id (&waiting->settled, g_source_remove);
}

/**
 * scep_ctl_wait:
 * @request: (nullable): begins it, once the signals are watched; then only the
 *   certificate that comes of it counts
 * @timeout: in seconds
 *
 * Waits until the profile has its certificate, showing the states. It ends at once
 * where the service gave up for now, or waits for a person.
 *
 * Returns: %FALSE with the service's own reason in @error
 */
gboolean
scep_ctl_wait (ScepCtl *self, ScepProxyProfile *profile, ScepCtlRequest request, int timeout,
               GError **error)
{
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  Waiting waiting = { .self = self, .profile = profile, .loop = loop };

  waiting.new_one = request != NULL;
  watch (&waiting);
  if (request == NULL || request (profile, &waiting.error)) {
    if (request == NULL && g_strcmp0 (scep_proxy_profile_get_state (profile), "enrolled") == 0)
      waiting.enrolled = TRUE;
    else
      run (&waiting, timeout);
  }
  g_signal_handlers_disconnect_by_data (profile, &waiting);
  if (waiting.enrolled)
    g_clear_error (&waiting.error);
  else if (waiting.error != NULL)
    g_propagate_error (error, g_steal_pointer (&waiting.error));
  return waiting.enrolled;
}

/**
 * scep_ctl_check_timeout:
 *
 * Returns: whether it is a number of seconds that one can wait
 */
gboolean
scep_ctl_check_timeout (int timeout, GError **error)
{
  if (timeout > 0)
    return TRUE;
  scep_ctl_error_set (error, SCEP_CTL_EXIT_USAGE, _ ("--timeout is a positive number of seconds."));
  return FALSE;
}
