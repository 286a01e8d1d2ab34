/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "enroll/scep-enrollment-private.h"

#include "base/scep-error.h"
#include "base/scep-names.h"
#include "codec/scep-csr.h"
#include "codec/scep-name.h"
#include "enroll/scep-names-asked.h"

#include <glib/gi18n-lib.h>

/* The signer certificate must outlive the longest wait, on clocks that differ. */
#define SIGNER_BEFORE (24 * 60 * 60)
#define SIGNER_AFTER (365 * 24 * 60 * 60)

/* A new transaction while it is made. Both of its signatures hold on to it. */
typedef struct {
  ScepKey *key; /* (owned) */
  ScepRenewalWay way;
  ScepDigest digest;
  char **names;    /* (owned): see scep_enrollment_expand_names() */
  GBytes *subject; /* (owned) */
  gboolean uses_challenge;
  GBytes *signer_tbs;      /* (owned) (nullable): where no certificate is to sign */
  GBytes *csr_tbs;         /* (owned) */
  ScepCertificate *signer; /* (owned) (nullable) */
  GBytes *csr;             /* (owned) (nullable): signed */
} Draft;

static void
draft_clear (gpointer data)
{
  Draft *draft = data;

  g_clear_object (&draft->key);
  g_clear_pointer (&draft->subject, g_bytes_unref);
  g_strfreev (draft->names);
  g_clear_pointer (&draft->signer_tbs, g_bytes_unref);
  g_clear_pointer (&draft->csr_tbs, g_bytes_unref);
  g_clear_object (&draft->signer);
  g_clear_pointer (&draft->csr, g_bytes_unref);
}

static void
draft_unref (gpointer draft)
{
  g_rc_box_release_full (draft, draft_clear);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Draft, draft_unref)

static void
sign (ScepEnrollment *self, Draft *draft, GBytes *tbs, GAsyncReadyCallback callback)
{
  ScepStep *step = scep_step_new (self);

  step->data = g_rc_box_acquire (draft);
  step->data_free = draft_unref;
  scep_key_sign_async (draft->key, draft->digest, tbs, self->attempt, callback, step);
}

static void
on_transaction_written (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (ScepStep) step = user_data;
  GError *error = NULL;
  gboolean written = scep_profile_files_finish (SCEP_PROFILE_FILES (source), result, &error);

  if (!scep_step_is_current (step)) {
    g_clear_error (&error);
  } else if (!written) {
    /* Nothing was sent, so nothing is in flight. */
    scep_enrollment_set_transaction (step->self, NULL);
    scep_enrollment_fail (step->self, SCEP_EVENT_BROKEN, error);
  } else {
    scep_enrollment_release (step->self);
  }
}

/* The message is signed while the transaction is written, and sent after both. */
static void
make_transaction (ScepEnrollment *self, Draft *draft)
{
  g_autofree char *id = scep_transaction_id_new ();
  g_autofree char *hash = scep_public_key_get_hash (scep_key_get_spki (draft->key));
  g_autofree char *opener_hash =
      scep_public_key_get_hash (scep_certificate_get_spki (draft->signer));
  g_autofree char *names = scep_names_join ((const char *const *) draft->names);
  ScepTransactionSpec spec = {
    .id = id,
    .type = scep_renewal_way_get_message_type (draft->way),
    .key_hash = hash,
    .signer = draft->signer,
    .csr = draft->csr,
    .opener_hash = opener_hash,
    .uses_challenge = draft->uses_challenge,
    .started = scep_enrollment_now (self),
    .names = names,
    .has_same_names = scep_renewal_way_has_same_names (draft->way),
  };
  g_autoptr (ScepTransaction) transaction = scep_transaction_new (&spec);

  scep_enrollment_set_mark (self, SCEP_LEARNED_OUTDATED, FALSE);
  scep_enrollment_set_transaction (self, transaction);
  if (self->state != SCEP_STATE_RENEWING)
    scep_enrollment_move (self, SCEP_EVENT_REQUEST);
  scep_enrollment_hold (self);
  scep_enrollment_save_transaction (self, on_transaction_written, scep_step_new (self));
  scep_enrollment_send (self, FALSE);
}

/* Returns: (transfer full) (nullable): @tbs, signed */
static GBytes *
take_signature (ScepStep *step, ScepKey *key, GAsyncResult *result, GBytes *tbs)
{
  Draft *draft = step->data;
  GError *error = NULL;
  g_autoptr (GBytes) signature = scep_key_sign_finish (key, result, &error);

  if (!scep_step_is_current (step)) {
    g_clear_error (&error);
    return NULL;
  }
  if (signature != NULL)
    return scep_signed_assemble (tbs, draft->digest, signature);
  scep_enrollment_fail (step->self, SCEP_EVENT_FAILED, error);
  return NULL;
}

/**
 * scep_enrollment_take_draft:
 * @draft: (transfer none): the data of the step that awaited the key
 *
 * The key of a signed draft is on disk: its transaction is next.
 */
void
scep_enrollment_take_draft (ScepEnrollment *self, gpointer draft)
{
  make_transaction (self, draft);
}

/* No transaction names a key that is not on disk. */
static void
complete (ScepStep *step)
{
  ScepStep *waiting = step->self->key_step;
  Draft *draft = step->data;

  if (draft->signer == NULL || draft->csr == NULL)
    return;
  if (waiting == NULL) {
    make_transaction (step->self, draft);
    return;
  }
  waiting->data = g_rc_box_acquire (draft);
  waiting->data_free = draft_unref;
}

static void
on_signer_signed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (ScepStep) step = user_data;
  Draft *draft = step->data;
  g_autoptr (GBytes) der = take_signature (step, SCEP_KEY (source), result, draft->signer_tbs);
  GError *error = NULL;

  if (der == NULL)
    return;
  draft->signer = scep_certificate_new (der, &error);
  if (draft->signer != NULL)
    complete (step);
  else
    scep_enrollment_fail (step->self, SCEP_EVENT_FAILED, error);
}

static void
on_csr_signed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (ScepStep) step = user_data;
  Draft *draft = step->data;

  draft->csr = take_signature (step, SCEP_KEY (source), result, draft->csr_tbs);
  if (draft->csr != NULL)
    complete (step);
}

static gboolean
sends_challenge (ScepEnrollment *self, const Draft *draft)
{
  gboolean always =
      scep_renewal_way_has_same_names (draft->way) &&
      scep_settings_get_renewal_challenge (self->settings) == SCEP_RENEWAL_CHALLENGE_ALWAYS;

  return (always || scep_renewal_way_has_challenge (draft->way)) &&
         !scep_enrollment_challenge_is_spent (self);
}

/* What the certificate has that is to be renewed, or what is wanted. */
static void
fill_names (const Draft *draft, ScepCsrSpec *spec)
{
  if (!scep_renewal_way_has_same_names (draft->way)) {
    spec->subject = draft->subject;
    spec->alt_names = (const char *const *) draft->names + 1;
    return;
  }
  spec->subject = scep_certificate_get_subject_der (draft->signer);
  spec->alt_names_der = scep_certificate_get_subject_alt_names_der (draft->signer);
}

static GBytes *
make_csr_tbs (ScepEnrollment *self, Draft *draft, GError **error)
{
  ScepSettings *settings = self->settings;
  GBytes *challenge = sends_challenge (self, draft) ? scep_settings_get_challenge (settings) : NULL;
  const char *template = scep_settings_get_string (settings, SCEP_SETTING_CERTIFICATE_TEMPLATE);
  ScepCsrSpec spec = {
    .spki = scep_key_get_spki (draft->key),
    .challenge = challenge,
    .key_usage = scep_settings_get_strv (settings, SCEP_SETTING_KEY_USAGE),
    .extended_key_usage = scep_settings_get_strv (settings, SCEP_SETTING_EXTENDED_KEY_USAGE),
    .template_name = template[0] != '\0' ? template : NULL,
  };

  fill_names (draft, &spec);
  draft->uses_challenge = challenge != NULL;
  if (challenge != NULL)
    scep_enrollment_challenge_is_used (self, challenge);
  return scep_csr_build_tbs (&spec, error);
}

static gboolean
choose_names (ScepEnrollment *self, Draft *draft, GError **error)
{
  draft->names = scep_enrollment_choose_names (self, error);
  if (draft->names != NULL)
    draft->subject = scep_name_parse (draft->names[0], error);
  return draft->subject != NULL;
}

/* Who signs the messages (RFC 8894 section 2.3). */
static gboolean
choose_signer (ScepEnrollment *self, Draft *draft, GError **error)
{
  gint64 now = scep_enrollment_now (self);

  if (scep_renewal_way_is_signed (draft->way)) {
    g_autoptr (GPtrArray) chain = scep_enrollment_get_chain (self);

    draft->signer = g_object_ref (g_ptr_array_index (chain, 0));
    return TRUE;
  }
  draft->signer_tbs =
      scep_signer_certificate_build_tbs (draft->subject, scep_key_get_spki (draft->key),
                                         now - SIGNER_BEFORE, now + SIGNER_AFTER, error);
  return draft->signer_tbs != NULL;
}

/**
 * scep_enrollment_draft:
 * @key: to be certified; perhaps still on its way to the disk
 *
 * Makes and signs what a transaction consists of. The transaction itself waits
 * for the key's entry.
 */
void
scep_enrollment_draft (ScepEnrollment *self, ScepKey *key)
{
  g_autoptr (Draft) draft = g_rc_box_new0 (Draft);
  GError *error = NULL;

  draft->key = g_object_ref (key);
  draft->way = self->n_ways > 0 ? self->ways[self->way] : SCEP_RENEWAL_ENROLL;
  draft->digest = scep_enrollment_choose_algorithms (self).digest;
  if (choose_names (self, draft, &error) && choose_signer (self, draft, &error))
    draft->csr_tbs = make_csr_tbs (self, draft, &error);
  if (draft->csr_tbs == NULL) {
    scep_enrollment_fail (self, SCEP_EVENT_FAILED, error);
    return;
  }
  if (draft->signer_tbs != NULL)
    sign (self, draft, draft->signer_tbs, on_signer_signed);
  sign (self, draft, draft->csr_tbs, on_csr_signed);
}

/**
 * scep_enrollment_use_key:
 *
 * Makes the transaction with the request key that is in the keystore.
 */
void
scep_enrollment_use_key (ScepEnrollment *self)
{
  g_autoptr (ScepKeystoreEntry) entry = scep_enrollment_lookup (self, SCEP_ALIAS_REQUEST);
  GError *error = NULL;

  if (entry != NULL && scep_keystore_entry_get_key (entry) != NULL) {
    scep_enrollment_draft (self, scep_keystore_entry_get_key (entry));
    return;
  }
  scep_error_set (&error, SCEP_ERROR_STORAGE_FAILED,
                  _ ("The key pair that was just made is not in the keystore any more."));
  scep_enrollment_fail (self, SCEP_EVENT_BROKEN, error);
}

static void
begin_renewal (ScepEnrollment *self)
{
  scep_enrollment_list_ways (self);
  scep_enrollment_await_key (self);
}

/**
 * scep_enrollment_request:
 *
 * Makes a new transaction: the key's entry first, then the transaction file,
 * then the first byte to the server. A key that no CA has answered to yet is
 * used again. A certificate that is to be renewed is so in the first of the
 * ways that the server may know.
 */
void
scep_enrollment_request (ScepEnrollment *self)
{
  if (!scep_enrollment_is_renewing (self)) {
    scep_enrollment_move (self, SCEP_EVENT_GENERATE_KEY);
    scep_enrollment_await_key (self);
    return;
  }
  scep_enrollment_move (self, SCEP_EVENT_RENEW);
  if (self->capabilities_known)
    begin_renewal (self);
  else
    scep_enrollment_ask_capabilities (self, begin_renewal);
}

/**
 * scep_enrollment_request_again:
 *
 * Another transaction of the same attempt, with the same key.
 */
void
scep_enrollment_request_again (ScepEnrollment *self)
{
  scep_enrollment_use_key (self);
}
