/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base/scep-worker.h"
#include "enroll/scep-clock.h"
#include "enroll/scep-diagnosis.h"
#include "enroll/scep-gate.h"
#include "enroll/scep-settings.h"
#include "enroll/scep-status.h"
#include "enroll/scep-template.h"
#include "keystore/scep-keystore-registry.h"
#include "transport/scep-network.h"
#include "transport/scep-transport.h"

G_BEGIN_DECLS

/**
 * ScepTransportFactory:
 * @tls_ca_certificates: the TLSCACertificates setting, "" for the system's
 *
 * Returns: (transfer full): a transport for one profile
 */
typedef ScepTransport *(*ScepTransportFactory) (const char *tls_ca_certificates, GError **error);

/**
 * ScepProfileContext:
 * @clock: the time
 * @network: (nullable): when it changes; %NULL where nobody can tell
 * @keystores: where KeystoreServiceTarget selects from
 * @transport_factory: how a server is reached
 * @gate: (nullable): what bounds the requests to one server; %NULL for one of the
 *   profile's own
 * @crypto: for verification of replies
 * @storage: for durable writes; one thread, so that they happen in order
 * @templates: (nullable): what the variables in a DN or SAN stand for
 * @machine_id: (nullable): a word that no other machine has, so that machines
 *   do not all do the same at the same time; %NULL for none
 * @vendor_directory: "profiles/<id>.conf" below it is the lowest layer
 * @configuration_directory: "profiles/<id>.conf" below it is the middle layer
 * @state_directory: "profiles/<id>/" below it is the profile's own
 * @credential_directory: (nullable): of systemd
 *
 * What all profiles share. scep_profile_new() takes its own references and
 * copies.
 */
typedef struct {
  ScepClock *clock;
  ScepNetwork *network;
  ScepKeystoreRegistry *keystores;
  ScepTransportFactory transport_factory;
  ScepGate *gate;
  ScepWorker *crypto;
  ScepWorker *storage;
  const ScepTemplateSource *templates;
  const char *machine_id;
  const char *vendor_directory;
  const char *configuration_directory;
  const char *state_directory;
  const char *credential_directory;
} ScepProfileContext;

/**
 * ScepProfile:
 *
 * One profile: its settings, whom it trusts, what it has and what it is doing.
 *
 * A change ends when it is on disk, and only then the signals tell of it.
 * Signals, all on the main loop:
 *
 * - "settings-changed" (GStrv names): effective values of these settings
 * - "status-changed" (): scep_profile_get_status() is another one
 * - "enrolled" (const char *fingerprint, const char *serial, gint64 not_after)
 * - "certificate-expiring" (gint64 not_after): it was not renewed in time; see
 *   scep_expiry_get_stage()
 * - "pending" (const char *transaction_id, gint64 next_poll)
 * - "enrollment-failed" (const char *error, const char *message, gint64 next_attempt):
 *   @error is the name of the bus error
 * - "renewed" (const char *old_fingerprint, const char *new_fingerprint, gint64 not_after)
 * - "renewal-failed": as "enrollment-failed", with the certificate still there
 * - "trust-requested" (const char *fingerprint, const char *subject)
 * - "capabilities-weakened" (const char *missing): words that the server listed before
 * - "ca-certificates-changed" (GStrv fingerprints)
 * - "ca-rolled-over" (const char *old_fingerprint, const char *new_fingerprint)
 */
#define SCEP_TYPE_PROFILE (scep_profile_get_type ())
G_DECLARE_FINAL_TYPE (ScepProfile, scep_profile, SCEP, PROFILE, GObject)

char **scep_profile_list_ids (const ScepProfileContext *context);
char **scep_profile_find_ids (const ScepProfileContext *context, gboolean *complete,
                              GPtrArray *faults);

ScepProfile *scep_profile_new (const char *id, const ScepProfileContext *context);
void scep_profile_load (ScepProfile *self);
void scep_profile_start (ScepProfile *self);
void scep_profile_stop (ScepProfile *self);

const char *scep_profile_get_id (ScepProfile *self);
ScepSettings *scep_profile_get_settings (ScepProfile *self);
ScepStatus *scep_profile_get_status (ScepProfile *self);
char *scep_profile_dup_certificate_chain (ScepProfile *self);
gboolean scep_profile_uses_keystore (ScepProfile *self, ScepKeystore *keystore);
void scep_profile_keystore_gone (ScepProfile *self, ScepKeystore *keystore);
GPtrArray *scep_profile_dup_history (ScepProfile *self);

/* Changes. All of them end in scep_profile_change_finish (). */
/* None of these can be cancelled: once begun, a change is made to the end, and who does not want
 * the answer any more undoes nothing. */
void scep_profile_create_async (ScepProfile *self, GHashTable *values, GAsyncReadyCallback callback,
                                gpointer user_data);
void scep_profile_configure_async (ScepProfile *self, GHashTable *values,
                                   GAsyncReadyCallback callback, gpointer user_data);
void scep_profile_reset_settings_async (ScepProfile *self, const char *const *names,
                                        GAsyncReadyCallback callback, gpointer user_data);
void scep_profile_set_challenge_async (ScepProfile *self, GBytes *challenge,
                                       GAsyncReadyCallback callback, gpointer user_data);
void scep_profile_load_async (ScepProfile *self, GAsyncReadyCallback callback, gpointer user_data);
void scep_profile_reload_async (ScepProfile *self, GAsyncReadyCallback callback,
                                gpointer user_data);
void scep_profile_accept_ca_async (ScepProfile *self, const char *fingerprint,
                                   GAsyncReadyCallback callback, gpointer user_data);
void scep_profile_cancel_async (ScepProfile *self, GAsyncReadyCallback callback,
                                gpointer user_data);
void scep_profile_reset_async (ScepProfile *self, GAsyncReadyCallback callback, gpointer user_data);
void scep_profile_switch_back_async (ScepProfile *self, GAsyncReadyCallback callback,
                                     gpointer user_data);
void scep_profile_remove_async (ScepProfile *self, GAsyncReadyCallback callback,
                                gpointer user_data);
gboolean scep_profile_change_finish (ScepProfile *self, GAsyncResult *result, GError **error);

void scep_profile_get_crl_async (ScepProfile *self, GAsyncReadyCallback callback,
                                 gpointer user_data);
GBytes *scep_profile_get_crl_finish (ScepProfile *self, GAsyncResult *result, GError **error);
void scep_profile_get_certificate_async (ScepProfile *self, GBytes *serial,
                                         GAsyncReadyCallback callback, gpointer user_data);
ScepCertificate *scep_profile_get_certificate_finish (ScepProfile *self, GAsyncResult *result,
                                                      GError **error);
void scep_profile_diagnose_async (ScepProfile *self, GAsyncReadyCallback callback,
                                  gpointer user_data);
ScepDiagnosis *scep_profile_diagnose_finish (ScepProfile *self, GAsyncResult *result,
                                             GError **error);

/* Commands: accepted, or the reason why not. */
gboolean scep_profile_enroll (ScepProfile *self, GError **error);
gboolean scep_profile_renew (ScepProfile *self, GError **error);
gboolean scep_profile_check (ScepProfile *self, GError **error);

G_END_DECLS
