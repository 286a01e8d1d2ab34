/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* GetCRL (RFC 8894 section 3.3.4): signed with the key of the certificate that the CRL covers. */
#include "enroll/scep-crl-fetch-private.h"

#include "base/scep-error.h"
#include "enroll/scep-endpoint.h"
#include "enroll/scep-verification.h"

#include <glib/gi18n-lib.h>

static const char *
get_endpoint (ScepCrlFetch *fetch)
{
  return scep_settings_get_string (fetch->settings, SCEP_SETTING_SERVER_ENDPOINT);
}

static void
on_judged (GObject *source, GAsyncResult *result, gpointer user_data)
{
  ScepCrlFetch *fetch = user_data;
  GError *error = NULL;
  g_autoptr (ScepCrl) crl = g_task_propagate_pointer (G_TASK (result), &error);

  if (scep_crl_fetch_is_over (fetch))
    g_clear_error (&error);
  else if (crl == NULL)
    scep_crl_fetch_fail (fetch, error);
  else
    scep_crl_fetch_succeed (fetch, crl);
}

static void
on_unwrapped (GObject *source, GAsyncResult *result, gpointer user_data)
{
  ScepCrlFetch *fetch = user_data;
  GError *error = NULL;
  g_autoptr (GBytes) key = scep_key_unwrap_finish (SCEP_KEY (source), result, &error);
  ScepCrlJudgement *judgement;

  if (scep_crl_fetch_is_over (fetch)) {
    g_clear_error (&error);
  } else if (key == NULL) {
    scep_crl_fetch_fail (fetch, error);
  } else {
    judgement = scep_crl_judgement_new (fetch);
    judgement->rep = g_steal_pointer (&fetch->rep);
    judgement->content_key = g_steal_pointer (&key);
    scep_crl_fetch_judge (fetch, judgement, on_judged);
  }
}

static GError *
make_refusal (ScepCrlFetch *fetch)
{
  GError *failure = scep_cert_rep_get_failure (fetch->rep);
  g_autofree char *host = scep_endpoint_get_host (get_endpoint (fetch));

  if (failure != NULL)
    g_prefix_error (&failure, _ ("The SCEP server at %s gives no CRL: "), host);
  else
    scep_error_set (
        &failure, SCEP_ERROR_MALFORMED_REPLY,
        _ ("The SCEP server at %s lets a request for a CRL wait, which SCEP does not know."), host);
  return failure;
}

static void
open_reply (ScepCrlFetch *fetch)
{
  g_autoptr (GBytes) wrapped = NULL;
  GError *error = NULL;
  ScepKeyWrap wrap;
  gsize key_length;

  if (scep_cert_rep_get_status (fetch->rep) != SCEP_PKI_STATUS_SUCCESS)
    scep_crl_fetch_fail (fetch, make_refusal (fetch));
  else if (!scep_cert_rep_get_wrapped_key (fetch->rep, fetch->certificate, &wrap, &wrapped,
                                           &key_length, &error))
    scep_crl_fetch_fail (fetch, error);
  else
    scep_key_unwrap_async (fetch->key, wrap, wrapped, key_length, fetch->cancellable, on_unwrapped,
                           fetch);
}

static void
on_verified (GObject *source, GAsyncResult *result, gpointer user_data)
{
  ScepCrlFetch *fetch = user_data;
  GError *error = NULL;

  fetch->rep = scep_verification_finish (result, &error);
  if (scep_crl_fetch_is_over (fetch))
    g_clear_error (&error);
  else if (fetch->rep == NULL)
    scep_crl_fetch_fail (fetch, error);
  else
    open_reply (fetch);
}

static void
verify (ScepCrlFetch *fetch, GBytes *body)
{
  ScepCertRepExpectation expectation = {
    .signers = scep_ca_trust_get_signers (fetch->trust),
    .policy = scep_settings_get_policy (fetch->settings),
    .transaction_id = fetch->transaction_id,
    .nonce = fetch->nonce,
  };

  scep_verification_run (fetch->self->crypto, body, &expectation, NULL, on_verified, fetch);
}

static void
on_reply (GObject *source, GAsyncResult *result, gpointer user_data)
{
  ScepCrlFetch *fetch = user_data;
  GError *error = NULL;
  g_autoptr (GBytes) body = scep_crl_fetch_receive (fetch, source, result, &error);

  if (scep_crl_fetch_is_over (fetch))
    g_clear_error (&error);
  else if (body == NULL)
    scep_crl_fetch_fail (fetch, error);
  else
    verify (fetch, body);
}

static void
on_signed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  ScepCrlFetch *fetch = user_data;
  GError *error = NULL;
  g_autoptr (GBytes) signature = scep_key_sign_finish (SCEP_KEY (source), result, &error);
  g_autoptr (GBytes) message = NULL;

  if (scep_crl_fetch_is_over (fetch)) {
    g_clear_error (&error);
    return;
  }
  if (signature != NULL) {
    message = scep_pki_message_draft_assemble (fetch->draft, signature);
    g_free (fetch->url);
    fetch->url = fetch->choice.post
                     ? scep_endpoint_get_url (get_endpoint (fetch), SCEP_OPERATION_PKI, NULL)
                     : scep_endpoint_get_message_url (get_endpoint (fetch), message, &error);
  }
  if (error != NULL)
    scep_crl_fetch_fail (fetch, error);
  else
    scep_crl_fetch_send (fetch, fetch->choice.post ? message : NULL, SCEP_CRL_FETCH_MAX_REPLY,
                         on_reply);
}

static void
sign (ScepCrlFetch *fetch)
{
  g_autoptr (GBytes) data = scep_issuer_and_serial (fetch->certificate);
  GError *error = NULL;
  ScepPkiMessageSpec spec = {
    .type = SCEP_MESSAGE_GET_CRL,
    .signer = fetch->certificate,
    .recipient = scep_ca_trust_get_recipient (fetch->trust),
    .cipher = fetch->choice.cipher,
    .digest = fetch->choice.digest,
    .signing_time = scep_enrollment_now (fetch->self),
    .message_data = data,
  };

  fetch->transaction_id = scep_transaction_id_new ();
  fetch->nonce = scep_random_bytes (SCEP_NONCE_SIZE);
  spec.transaction_id = fetch->transaction_id;
  spec.sender_nonce = fetch->nonce;
  fetch->draft = scep_pki_message_draft_new (&spec, &error);
  if (fetch->draft == NULL)
    scep_crl_fetch_fail (fetch, error);
  else
    scep_key_sign_async (fetch->key, fetch->choice.digest,
                         scep_pki_message_draft_get_tbs (fetch->draft), fetch->cancellable,
                         on_signed, fetch);
}

static void
on_capabilities (GObject *source, GAsyncResult *result, gpointer user_data)
{
  ScepCrlFetch *fetch = user_data;
  g_autoptr (GBytes) body = scep_crl_fetch_receive (fetch, source, result, NULL);
  ScepCapabilities capabilities =
      body != NULL ? scep_capabilities_parse (body) : SCEP_CAPABILITY_NONE;

  if (scep_crl_fetch_is_over (fetch))
    return;
  fetch->choice = scep_algorithm_choose (capabilities, scep_settings_get_policy (fetch->settings));
  sign (fetch);
}

/**
 * scep_crl_fetch_ask_server:
 * @fetch: (transfer full):
 *
 * Asks for the server's capabilities and then for the CRL.
 */
void
scep_crl_fetch_ask_server (ScepCrlFetch *fetch)
{
  g_free (fetch->url);
  fetch->url = scep_endpoint_get_url (get_endpoint (fetch), SCEP_OPERATION_GET_CA_CAPS, NULL);
  fetch->refuse_local = FALSE;
  scep_crl_fetch_send (fetch, NULL, scep_endpoint_get_max_reply (SCEP_OPERATION_GET_CA_CAPS),
                       on_capabilities);
}
