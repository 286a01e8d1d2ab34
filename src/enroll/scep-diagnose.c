/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "enroll/scep-diagnose.h"

#include "base/scep-error.h"
#include "base/scep-names.h"
#include "enroll/scep-diagnose-private.h"

#include <glib/gi18n-lib.h>

/* Seconds for each thing that is waited for; there are four of them in 20 s. */
#define STEP_TIMEOUT 4

/* GetCACaps and GetCACert. */
#define MAX_REQUESTS 2

/* Seconds that clocks may differ, and from where on certificates are refused. */
#define CLOCK_NOTICED 60
#define CLOCK_TOO_FAR 600

static void
diagnose_free (ScepDiagnose *run)
{
  g_clear_handle_id (&run->deadline, g_source_remove);
  g_clear_pointer (&run->diagnosis, scep_diagnosis_free);
  g_clear_object (&run->self);
  g_clear_object (&run->task);
  g_clear_object (&run->settings);
  g_clear_object (&run->transport);
  g_clear_object (&run->cancellable);
  g_clear_error (&run->name_error);
  g_free (run->url);
  g_free (run->host);
  g_clear_pointer (&run->proxy, scep_proxy_unref);
  g_free (run);
}

static void
finish (ScepDiagnose *run)
{
  g_task_return_pointer (run->task, g_steal_pointer (&run->diagnosis),
                         (GDestroyNotify) scep_diagnosis_free);
  diagnose_free (run);
}

static void
ok (ScepDiagnose *run, const char *step, const char *text)
{
  scep_diagnosis_add (run->diagnosis, step, SCEP_DIAGNOSIS_OK, "", "%s", text);
}

static const char *
get_endpoint (ScepDiagnose *run)
{
  return scep_settings_get_string (run->settings, SCEP_SETTING_SERVER_ENDPOINT);
}

static void
check_settings (ScepDiagnose *run)
{
  g_auto (GStrv) missing = scep_settings_get_missing (run->settings);
  g_autofree char *names = g_strjoinv (", ", missing);

  if (missing[0] != NULL)
    scep_diagnosis_add (run->diagnosis, SCEP_DIAGNOSIS_SETTINGS, SCEP_DIAGNOSIS_FAILURE,
                        _ ("Set it with “scepctl configure”."), _ ("Not set: %s."), names);
  else
    ok (run, SCEP_DIAGNOSIS_SETTINGS, _ ("Everything that a request needs is set."));
  if (scep_settings_get_challenge (run->settings) == NULL)
    scep_diagnosis_add (run->diagnosis, SCEP_DIAGNOSIS_SETTINGS, SCEP_DIAGNOSIS_WARNING,
                        _ ("Set ChallengePassword unless the CA's operator approves by hand."),
                        _ ("No challenge password is set."));
}

static void
check_algorithms (ScepDiagnose *run, ScepCapabilities capabilities)
{
  ScepPolicy policy = scep_settings_get_policy (run->settings);
  ScepAlgorithmChoice choice = scep_algorithm_choose (capabilities, policy);
  gboolean has_cipher =
      (capabilities &
       (SCEP_CAPABILITY_STANDARD |
        (choice.cipher == SCEP_CIPHER_DES3_CBC ? SCEP_CAPABILITY_DES3 : SCEP_CAPABILITY_AES))) != 0;
  gboolean has_digest = (capabilities & (SCEP_CAPABILITY_STANDARD | SCEP_CAPABILITY_SHA256 |
                                         SCEP_CAPABILITY_SHA512)) != 0 ||
                        choice.digest == SCEP_DIGEST_SHA1;
  const char *cipher = scep_cipher_get_name (choice.cipher);
  const char *digest = scep_digest_get_name (choice.digest);
  const char *method = choice.post ? "POST" : "GET";

  if (has_cipher && has_digest)
    scep_diagnosis_add (run->diagnosis, SCEP_DIAGNOSIS_ALGORITHMS, SCEP_DIAGNOSIS_OK, "",
                        /* TRANSLATORS: a cipher, a digest, and POST or GET */
                        _ ("Requests are encrypted with %s, signed with %s and sent by %s."),
                        cipher, digest, method);
  else
    scep_diagnosis_add (run->diagnosis, SCEP_DIAGNOSIS_ALGORITHMS, SCEP_DIAGNOSIS_WARNING,
                        _ ("If the server refuses them, enable AES and SHA-256 there; "
                           "AlgorithmPolicy “legacy” is the last resort."),
                        _ ("Requests are encrypted with %s, signed with %s and sent by %s; the "
                           "server does not say that it can do that."),
                        cipher, digest, method);
}

static void
check_clock (ScepDiagnose *run, gint64 date)
{
  gint64 difference = date - scep_enrollment_now (run->self);
  gint64 size = ABS (difference);
  g_autofree char *seconds = g_strdup_printf ("%" G_GINT64_FORMAT, size);

  if (date == 0)
    ok (run, SCEP_DIAGNOSIS_CLOCK, _ ("The server does not tell its time."));
  else if (size <= CLOCK_NOTICED)
    ok (run, SCEP_DIAGNOSIS_CLOCK, _ ("This machine's clock agrees with the server's."));
  else
    scep_diagnosis_add (run->diagnosis, SCEP_DIAGNOSIS_CLOCK,
                        size <= CLOCK_TOO_FAR ? SCEP_DIAGNOSIS_WARNING : SCEP_DIAGNOSIS_FAILURE,
                        _ ("Set this machine's clock, or the server's."),
                        difference > 0
                            ? _ ("The server's clock is ahead of this machine's (seconds: %s).")
                            : _ ("The server's clock is behind this machine's (seconds: %s)."),
                        seconds);
}

static void
on_judged (GObject *source, GAsyncResult *result, gpointer user_data)
{
  ScepDiagnose *run = user_data;

  scep_diagnose_ca_certificates_finish (run, result);
  finish (run);
}

static void
send (ScepDiagnose *run, ScepOperation operation, const char *message, GAsyncReadyCallback callback)
{
  ScepHttpRequest request;

  g_free (run->url);
  run->url = scep_endpoint_get_url (get_endpoint (run), operation, message);
  request = (ScepHttpRequest){
    .url = run->url,
    .max_reply = scep_endpoint_get_max_reply (operation),
    .total_timeout = STEP_TIMEOUT,
    .allow_weak_tls = scep_settings_get_policy (run->settings) == SCEP_POLICY_LEGACY,
  };
  scep_transport_send_async (run->transport, &request, NULL, callback, run);
}

static void
on_ca_certificates (GObject *source, GAsyncResult *result, gpointer user_data)
{
  ScepDiagnose *run = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (ScepHttpReply) reply =
      scep_transport_send_finish (SCEP_TRANSPORT (source), result, &error);

  if (reply != NULL &&
      scep_http_reply_check (reply, run->url,
                             scep_endpoint_get_advice (SCEP_OPERATION_GET_CA_CERT, run->listed),
                             &error)) {
    scep_diagnose_ca_certificates (run, scep_http_reply_get_body (reply), on_judged);
    return;
  }
  scep_diagnose_add_unreadable (run, error);
  finish (run);
}

static void
report_capabilities (ScepDiagnose *run, ScepCapabilities capabilities, const GError *error)
{
  g_auto (GStrv) words = scep_capabilities_to_strv (capabilities);
  g_autofree char *text = g_strjoinv (", ", words);

  if (capabilities != SCEP_CAPABILITY_NONE)
    scep_diagnosis_add (run->diagnosis, SCEP_DIAGNOSIS_CAPABILITIES, SCEP_DIAGNOSIS_OK, "",
                        _ ("The server can do: %s."), text);
  else
    scep_diagnosis_add (run->diagnosis, SCEP_DIAGNOSIS_CAPABILITIES, SCEP_DIAGNOSIS_WARNING,
                        _ ("Check the path in ServerEndpoint; some old servers list nothing."),
                        error != NULL ? _ ("The server lists no capabilities: %s")
                                      : _ ("The server lists no capabilities."),
                        error != NULL ? error->message : "");
  check_algorithms (run, capabilities);
}

static void
on_capabilities (GObject *source, GAsyncResult *result, gpointer user_data)
{
  ScepDiagnose *run = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (ScepHttpReply) reply =
      scep_transport_send_finish (SCEP_TRANSPORT (source), result, &error);
  ScepCapabilities capabilities = SCEP_CAPABILITY_NONE;

  if (!scep_diagnose_add_way (run, scep_transport_get_phase (SCEP_TRANSPORT (source), result),
                              reply != NULL && scep_http_reply_is_weak (reply), error)) {
    finish (run);
    return;
  }
  if (scep_http_reply_check (reply, run->url, NULL, &error))
    capabilities = scep_capabilities_parse (scep_http_reply_get_body (reply));
  run->listed = capabilities != SCEP_CAPABILITY_NONE;
  report_capabilities (run, capabilities, error);
  check_clock (run, scep_http_reply_get_date (reply));
  send (run, SCEP_OPERATION_GET_CA_CERT,
        scep_settings_get_string (run->settings, SCEP_SETTING_CA_IDENTIFIER), on_ca_certificates);
}

static void
on_resolved (GObject *source, GAsyncResult *result, gpointer user_data)
{
  ScepDiagnose *run = user_data;
  GList *addresses =
      g_resolver_lookup_by_name_finish (G_RESOLVER (source), result, &run->name_error);
  g_autofree char *address = addresses != NULL ? g_inet_address_to_string (addresses->data) : NULL;

  g_clear_handle_id (&run->deadline, g_source_remove);
  if (address != NULL)
    scep_diagnosis_add (run->diagnosis, SCEP_DIAGNOSIS_NAME, SCEP_DIAGNOSIS_OK, "",
                        addresses->next != NULL ? _ ("%s has the address %s and others.")
                                                : _ ("%s has the address %s."),
                        run->host, address);
  g_resolver_free_addresses (addresses);
  send (run, SCEP_OPERATION_GET_CA_CAPS, NULL, on_capabilities);
}

static gboolean
on_deadline (gpointer user_data)
{
  ScepDiagnose *run = user_data;

  run->deadline = 0;
  g_cancellable_cancel (run->cancellable);
  return G_SOURCE_REMOVE;
}

static void
resolve (ScepDiagnose *run)
{
  g_autoptr (GResolver) resolver = g_resolver_get_default ();
  g_autoptr (GUri) uri = g_uri_parse (get_endpoint (run), G_URI_FLAGS_ENCODED, NULL);
  GError *error = NULL;

  run->transport = run->self->transport_factory (
      scep_settings_get_string (run->settings, SCEP_SETTING_TLS_CA_CERTIFICATES), &error);
  if (run->transport == NULL || uri == NULL) {
    scep_diagnosis_add (run->diagnosis, SCEP_DIAGNOSIS_CONNECTION, SCEP_DIAGNOSIS_FAILURE,
                        _ ("Check ServerEndpoint and TLSCACertificates."), "%s",
                        error != NULL ? error->message : _ ("ServerEndpoint is no URL."));
    g_clear_error (&error);
    finish (run);
    return;
  }
  run->host = g_strdup (g_uri_get_host (uri));
  run->proxy = scep_proxy_find (get_endpoint (run));
  if (run->proxy != NULL) {
    /* It is the proxy that needs to know the name. */
    send (run, SCEP_OPERATION_GET_CA_CAPS, NULL, on_capabilities);
    return;
  }
  run->deadline = g_timeout_add_seconds (STEP_TIMEOUT, on_deadline, run);
  g_resolver_lookup_by_name_async (resolver, run->host, run->cancellable, on_resolved, run);
}

static void
go_on (ScepDiagnose *run)
{
  if (get_endpoint (run)[0] == '\0')
    finish (run);
  else
    resolve (run);
}

static void
on_written (GObject *source, GAsyncResult *result, gpointer user_data)
{
  ScepDiagnose *run = user_data;
  g_autoptr (GError) error = NULL;

  if (scep_keystore_write_finish (SCEP_KEYSTORE (source), result, &error))
    ok (run, SCEP_DIAGNOSIS_KEYSTORE, _ ("The keystore can be written."));
  else
    scep_diagnosis_add (run->diagnosis, SCEP_DIAGNOSIS_KEYSTORE, SCEP_DIAGNOSIS_FAILURE,
                        _ ("Check space and permissions below the state directory."), "%s",
                        error->message);
  go_on (run);
}

static void
check_keystore (ScepDiagnose *run)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (ScepKeystore) keystore = scep_keystore_registry_find (
      run->self->keystores,
      scep_settings_get_string (run->settings, SCEP_SETTING_KEYSTORE_SERVICE_TARGET), &error);
  g_autoptr (GPtrArray) entries = keystore != NULL ? scep_keystore_list (keystore, &error) : NULL;

  if (entries != NULL) {
    scep_keystore_probe_async (keystore, on_written, run);
    return;
  }
  scep_diagnosis_add (run->diagnosis, SCEP_DIAGNOSIS_KEYSTORE, SCEP_DIAGNOSIS_FAILURE,
                      _ ("Check KeystoreServiceTarget and the state directory."), "%s",
                      error->message);
  go_on (run);
}

/**
 * scep_enrollment_diagnose:
 * @task: ends with a #ScepDiagnosis, or with %SCEP_ERROR_BUSY
 *
 * Tries every step up to a request, in less than 20 seconds, and submits none.
 * Nothing that goes on is disturbed, and a disabled profile is looked at too.
 */
void
scep_enrollment_diagnose (ScepEnrollment *self, GTask *task)
{
  ScepDiagnose *run;
  GError *error = NULL;

  if (!scep_enrollment_may_send (self, MAX_REQUESTS, &error)) {
    g_task_return_error (task, error);
    return;
  }
  run = g_new0 (ScepDiagnose, 1);
  run->self = g_object_ref (self);
  run->task = g_object_ref (task);
  run->settings = g_object_ref (self->settings);
  run->diagnosis = scep_diagnosis_new ();
  run->cancellable = g_cancellable_new ();
  check_settings (run);
  check_keystore (run);
}
