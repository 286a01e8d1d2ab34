/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "service/scep-bus-profile.h"

#include "base/scep-names.h"
#include "base/scep-secret.h"
#include "base/scep-text.h"
#include "scep-interface-info.h"
#include "service/scep-bus-error.h"
#include "service/scep-bus-history.h"
#include "service/scep-bus-profile-properties.h"
#include "service/scep-bus-query.h"
#include "service/scep-bus-value.h"
#include "service/scep-fd.h"
#include "service/scep-guard.h"
#include "service/scep-journal.h"

#include <glib/gi18n-lib.h>

#define CHALLENGE_TIMEOUT_MS 5000

struct _ScepBusProfile {
  GObject parent_instance;

  ScepProfile *profile; /* (owned) */
  ScepFdReader *reader; /* (owned): where descriptors are read */
  ScepExport *export;   /* (owned) */
};

G_DEFINE_FINAL_TYPE (ScepBusProfile, scep_bus_profile, G_TYPE_OBJECT)

/* A call whose change is on its way to the disk. */
typedef struct {
  ScepExport *export;                /* (owned) */
  GDBusMethodInvocation *invocation; /* (owned) */
} Change;

static Change *
change_new (ScepExport *export, GDBusMethodInvocation *invocation)
{
  Change *change = g_new (Change, 1);

  change->export = scep_export_ref (export);
  change->invocation = invocation;
  return change;
}

static ScepProfile *
get_profile (ScepExport *export)
{
  return SCEP_BUS_PROFILE (scep_export_get_object (export))->profile;
}

static void
on_changed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autofree Change *change = user_data;
  g_autoptr (ScepExport) export = change->export;
  g_autoptr (GError) error = NULL;

  if (!scep_profile_change_finish (SCEP_PROFILE (source), result, &error)) {
    scep_bus_return_error (change->invocation, error);
    return;
  }
  if (!scep_export_is_removed (export))
    scep_export_flush (export);
  g_dbus_method_invocation_return_value (change->invocation, NULL);
}

static void
on_configure (ScepExport *export, GVariant *parameters, GDBusMethodInvocation *invocation)
{
  g_autoptr (GVariant) settings = g_variant_get_child_value (parameters, 0);
  g_autoptr (GError) error = NULL;
  g_autoptr (GHashTable) values = scep_bus_values_from_dict (settings, &error);

  if (values == NULL)
    scep_bus_return_error (invocation, error);
  else
    scep_profile_configure_async (get_profile (export), values, on_changed,
                                  change_new (export, invocation));
}

static void
set_property (ScepExport *export, const char *name, GVariant *value,
              GDBusMethodInvocation *invocation)
{
  g_autoptr (GHashTable) values = scep_bus_values_new ();
  g_autoptr (GError) error = NULL;

  if (!scep_bus_values_add (values, name, value, &error))
    scep_bus_return_error (invocation, error);
  else
    scep_profile_configure_async (get_profile (export), values, on_changed,
                                  change_new (export, invocation));
}

static void
on_reset_settings (ScepExport *export, GVariant *parameters, GDBusMethodInvocation *invocation)
{
  g_autofree const char **names = NULL;
  ScepSettingId id;

  g_variant_get (parameters, "(^a&s)", &names);
  for (guint i = 0; names[i] != NULL; i++) {
    if (!scep_setting_from_name (names[i], &id)) {
      g_autofree char *shown = scep_text_printable (names[i], -1);

      scep_bus_return_code (invocation, SCEP_ERROR_INVALID_SETTING,
                            _ ("There is no setting “%s”; nothing was changed."), shown);
      return;
    }
  }
  scep_profile_reset_settings_async (get_profile (export), names, on_changed,
                                     change_new (export, invocation));
}

static void
on_challenge_read (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autofree Change *change = user_data;
  g_autoptr (ScepExport) export = change->export;
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) bytes = scep_fd_reader_read_finish (SCEP_FD_READER (source), result, &error);
  g_autoptr (GBytes) challenge = bytes == NULL ? NULL : scep_secret_without_newline (bytes);

  if (challenge == NULL)
    scep_bus_return_error (change->invocation, error);
  else if (scep_export_is_removed (export))
    scep_bus_return_code (change->invocation, SCEP_ERROR_NO_SUCH_PROFILE,
                          _ ("The profile was deleted while its challenge password was read."));
  else if (g_bytes_get_size (challenge) == 0)
    scep_bus_return_code (change->invocation, SCEP_ERROR_INVALID_SETTING,
                          _ ("There is no challenge password in the file descriptor: it is empty, "
                             "or has been read to its end. To remove the challenge password that "
                             "is set, reset the setting or write an empty ChallengePassword."));
  else
    scep_profile_set_challenge_async (get_profile (export), challenge, on_changed,
                                      change_new (export, change->invocation));
}

static void
on_set_challenge_password (ScepExport *export, GVariant *parameters,
                           GDBusMethodInvocation *invocation)
{
  ScepBusProfile *self = scep_export_get_object (export);
  g_autoptr (GError) error = NULL;
  gint32 index;
  int fd;

  g_variant_get (parameters, "(h)", &index);
  fd = scep_fd_from_call (invocation, (guint) index, &error);
  if (fd < 0)
    scep_bus_return_error (invocation, error);
  else
    scep_fd_reader_read_async (self->reader, scep_guard_get_user (invocation), fd,
                               SCEP_MAX_CHALLENGE, CHALLENGE_TIMEOUT_MS, on_challenge_read,
                               change_new (export, invocation));
}

static void
on_accept_ca (ScepExport *export, GVariant *parameters, GDBusMethodInvocation *invocation)
{
  const char *fingerprint;

  g_variant_get (parameters, "(&s)", &fingerprint);
  scep_profile_accept_ca_async (get_profile (export), fingerprint, on_changed,
                                change_new (export, invocation));
}

static void
on_cancel (ScepExport *export, GVariant *parameters, GDBusMethodInvocation *invocation)
{
  scep_profile_cancel_async (get_profile (export), on_changed, change_new (export, invocation));
}

static void
on_reset (ScepExport *export, GVariant *parameters, GDBusMethodInvocation *invocation)
{
  scep_profile_reset_async (get_profile (export), on_changed, change_new (export, invocation));
}

static void
on_switch_back (ScepExport *export, GVariant *parameters, GDBusMethodInvocation *invocation)
{
  scep_profile_switch_back_async (get_profile (export), on_changed,
                                  change_new (export, invocation));
}

static void
command (ScepExport *export, GDBusMethodInvocation *invocation,
         gboolean (*func) (ScepProfile *profile, GError **error))
{
  g_autoptr (GError) error = NULL;

  if (!func (get_profile (export), &error)) {
    scep_bus_return_error (invocation, error);
    return;
  }
  scep_export_flush (export);
  g_dbus_method_invocation_return_value (invocation, NULL);
}

static void
on_enroll (ScepExport *export, GVariant *parameters, GDBusMethodInvocation *invocation)
{
  command (export, invocation, scep_profile_enroll);
}

static void
on_renew (ScepExport *export, GVariant *parameters, GDBusMethodInvocation *invocation)
{
  command (export, invocation, scep_profile_renew);
}

static void
on_check (ScepExport *export, GVariant *parameters, GDBusMethodInvocation *invocation)
{
  command (export, invocation, scep_profile_check);
}

static void
on_get_certificate_chain (ScepExport *export, GVariant *parameters,
                          GDBusMethodInvocation *invocation)
{
  g_autofree char *pem = scep_profile_dup_certificate_chain (get_profile (export));

  g_dbus_method_invocation_return_value (invocation, g_variant_new ("(s)", pem == NULL ? "" : pem));
}

static void
on_get_history (ScepExport *export, GVariant *parameters, GDBusMethodInvocation *invocation)
{
  g_autoptr (GPtrArray) events = scep_profile_dup_history (get_profile (export));

  g_dbus_method_invocation_return_value (
      invocation, g_variant_new ("(@a(tsa{sv}))", scep_bus_history_to_variant (events)));
}

static void
on_get_crl (ScepExport *export, GVariant *parameters, GDBusMethodInvocation *invocation)
{
  scep_bus_get_crl (get_profile (export), invocation);
}

static void
on_get_certificate (ScepExport *export, GVariant *parameters, GDBusMethodInvocation *invocation)
{
  const char *serial;

  g_variant_get (parameters, "(&s)", &serial);
  scep_bus_get_certificate (get_profile (export), serial, invocation);
}

static void
on_diagnose (ScepExport *export, GVariant *parameters, GDBusMethodInvocation *invocation)
{
  scep_bus_diagnose (get_profile (export), invocation);
}

static const ScepBusMethod methods[] = {
  { "Configure", on_configure },
  { "ResetSettings", on_reset_settings },
  { "SetChallengePassword", on_set_challenge_password },
  { "Enroll", on_enroll },
  { "Renew", on_renew },
  { "Check", on_check },
  { "Cancel", on_cancel },
  { "AcceptCA", on_accept_ca },
  { "GetCertificateChain", on_get_certificate_chain },
  { "SwitchBack", on_switch_back },
  { "GetHistory", on_get_history },
  { "GetCRL", on_get_crl },
  { "GetCertificate", on_get_certificate },
  { "Diagnose", on_diagnose },
  { "Reset", on_reset },
  { NULL, NULL },
};

static GVariant *
get_property (ScepExport *export, const char *name)
{
  return scep_bus_profile_property (get_profile (export), name);
}

static const ScepBusInterface bus_interface = {
  .info = &scep_bus_profile_interface,
  .methods = methods,
  .get_property = get_property,
  .set_property = set_property,
};

static void
on_settings_changed (ScepProfile *profile, const char *const *names, ScepBusProfile *self)
{
  scep_export_changed (self->export, names);
}

static void
on_status_changed (ScepProfile *profile, ScepBusProfile *self)
{
  scep_export_changed (self->export, scep_bus_profile_status_properties ());
}

static void
on_enrolled (ScepProfile *profile, const char *fingerprint, const char *serial, gint64 not_after,
             ScepBusProfile *self)
{
  scep_export_emit (self->export, "Enrolled",
                    g_variant_new ("(sst)", fingerprint, serial, (guint64) not_after));
}

static void
on_renewed (ScepProfile *profile, const char *old_fingerprint, const char *new_fingerprint,
            gint64 not_after, ScepBusProfile *self)
{
  scep_export_emit (self->export, "Renewed",
                    g_variant_new ("(sst)", old_fingerprint, new_fingerprint, (guint64) not_after));
}

static void
on_certificate_expiring (ScepProfile *profile, gint64 not_after, ScepBusProfile *self)
{
  scep_export_emit (self->export, "CertificateExpiring",
                    g_variant_new ("(t)", (guint64) not_after));
}

static void
on_pending (ScepProfile *profile, const char *transaction_id, gint64 next_poll,
            ScepBusProfile *self)
{
  scep_export_emit (self->export, "Pending",
                    g_variant_new ("(st)", transaction_id, (guint64) next_poll));
}

static void
on_enrollment_failed (ScepProfile *profile, const char *error, const char *message,
                      gint64 next_attempt, ScepBusProfile *self)
{
  scep_export_emit (self->export, "EnrollmentFailed",
                    g_variant_new ("(sst)", error, message, (guint64) next_attempt));
}

static void
on_renewal_failed (ScepProfile *profile, const char *error, const char *message,
                   gint64 next_attempt, ScepBusProfile *self)
{
  scep_export_emit (self->export, "RenewalFailed",
                    g_variant_new ("(sst)", error, message, (guint64) next_attempt));
}

static void
on_trust_requested (ScepProfile *profile, const char *fingerprint, const char *subject,
                    ScepBusProfile *self)
{
  scep_export_emit (self->export, "TrustRequested", g_variant_new ("(ss)", fingerprint, subject));
}

static void
on_ca_certificates_changed (ScepProfile *profile, char **fingerprints, ScepBusProfile *self)
{
  scep_export_emit (self->export, "CACertificatesChanged", g_variant_new ("(^as)", fingerprints));
}

static void
on_ca_rolled_over (ScepProfile *profile, const char *old_fingerprint, const char *new_fingerprint,
                   ScepBusProfile *self)
{
  scep_export_emit (self->export, "CARolledOver",
                    g_variant_new ("(ss)", old_fingerprint, new_fingerprint));
}

static void
connect_signals (ScepBusProfile *self)
{
  const struct {
    const char *name;
    GCallback callback;
  } rows[] = {
    { "settings-changed", G_CALLBACK (on_settings_changed) },
    { "status-changed", G_CALLBACK (on_status_changed) },
    { "enrolled", G_CALLBACK (on_enrolled) },
    { "renewed", G_CALLBACK (on_renewed) },
    { "certificate-expiring", G_CALLBACK (on_certificate_expiring) },
    { "pending", G_CALLBACK (on_pending) },
    { "enrollment-failed", G_CALLBACK (on_enrollment_failed) },
    { "renewal-failed", G_CALLBACK (on_renewal_failed) },
    { "trust-requested", G_CALLBACK (on_trust_requested) },
    { "ca-certificates-changed", G_CALLBACK (on_ca_certificates_changed) },
    { "ca-rolled-over", G_CALLBACK (on_ca_rolled_over) },
  };

  /* scep_bus_profile_close() disconnects: a handler that watched the object itself would take
   * half as much memory again, for each signal of each profile. */
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    g_signal_connect (self->profile, rows[i].name, rows[i].callback, self);
}

/**
 * scep_bus_profile_close:
 *
 * Takes the profile off the bus.
 */
void
scep_bus_profile_close (ScepBusProfile *self)
{
  if (self->export == NULL)
    return;
  g_signal_handlers_disconnect_by_data (self->profile, self);
  scep_export_remove (self->export);
  g_clear_pointer (&self->export, scep_export_unref);
}

static void
scep_bus_profile_dispose (GObject *object)
{
  ScepBusProfile *self = SCEP_BUS_PROFILE (object);

  scep_bus_profile_close (self);
  g_clear_object (&self->profile);
  g_clear_object (&self->reader);
  G_OBJECT_CLASS (scep_bus_profile_parent_class)->dispose (object);
}

static void
scep_bus_profile_class_init (ScepBusProfileClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = scep_bus_profile_dispose;
}

static void
scep_bus_profile_init (ScepBusProfile *self)
{
}

/**
 * scep_bus_profile_new:
 * @path: of the object
 * @profile: loaded
 * @reader: where file descriptors of callers are read
 *
 * Returns: (transfer full) (nullable): the profile on the bus, or %NULL with a
 *   GIO error
 */
ScepBusProfile *
scep_bus_profile_new (ScepDispatcher *dispatcher, const char *path, ScepProfile *profile,
                      ScepFdReader *reader, GError **error)
{
  g_autoptr (ScepBusProfile) self = g_object_new (SCEP_TYPE_BUS_PROFILE, NULL);

  self->profile = g_object_ref (profile);
  self->reader = g_object_ref (reader);
  self->export = scep_dispatcher_export (dispatcher, path, &bus_interface, self, error);
  if (self->export == NULL)
    return NULL;
  connect_signals (self);
  scep_journal_watch (profile);
  return g_steal_pointer (&self);
}

/**
 * scep_bus_profile_get_profile:
 *
 * Returns: (transfer none): the profile behind it
 */
ScepProfile *
scep_bus_profile_get_profile (ScepBusProfile *self)
{
  return self->profile;
}

/**
 * scep_bus_profile_get_export:
 *
 * Returns: (transfer none): what is on the bus
 */
ScepExport *
scep_bus_profile_get_export (ScepBusProfile *self)
{
  return self->export;
}
