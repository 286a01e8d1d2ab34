/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which certificates the server has, what each is for, and whether the CA is the one that is
 * wanted. */
#include "enroll/scep-diagnose-private.h"

#include "base/scep-error.h"
#include "base/scep-text.h"
#include "codec/scep-ca-bundle.h"
#include "enroll/scep-ca-findings.h"
#include "enroll/scep-rollover.h"

#include <glib/gi18n-lib.h>

/* For a worker, and back: everything in it is its own. */
typedef struct {
  GBytes *body;             /* (owned) */
  char *pin;                /* (owned) (nullable) */
  char *ra_pin;             /* (owned) (nullable) */
  char *host;               /* (owned) */
  ScepCertificate *anchor;  /* (owned) (nullable) */
  GPtrArray *bundle;        /* (owned) (nullable) */
  GPtrArray *unreadable;    /* (owned): of the bundle */
  ScepCaTrust *trust;       /* (owned) (nullable) */
  GPtrArray *findings;      /* (element-type ScepCaFinding) (owned) (nullable) */
  ScepCertificate *offered; /* (owned) (nullable) */
  GError *error;            /* (owned) (nullable) */
  ScepCaHeritage *heritage; /* (owned) */
  ScepCaTrustQuestion question;
} Judgement;

static void
judgement_free (gpointer data)
{
  Judgement *judgement = data;

  g_bytes_unref (judgement->body);
  g_free (judgement->pin);
  g_free (judgement->ra_pin);
  g_free (judgement->host);
  g_clear_object (&judgement->anchor);
  g_clear_pointer (&judgement->bundle, g_ptr_array_unref);
  g_ptr_array_unref (judgement->unreadable);
  g_clear_pointer (&judgement->trust, scep_ca_trust_unref);
  g_clear_pointer (&judgement->findings, g_ptr_array_unref);
  g_clear_pointer (&judgement->heritage, scep_ca_heritage_free);
  g_clear_object (&judgement->offered);
  g_clear_error (&judgement->error);
  g_free (judgement);
}

static void
judge_in_thread (GTask *task, gpointer source, gpointer task_data, GCancellable *cancellable)
{
  Judgement *judgement = task_data;

  judgement->bundle =
      scep_ca_bundle_read (judgement->body, judgement->unreadable, &judgement->error);
  if (judgement->bundle != NULL && (judgement->pin != NULL || judgement->anchor != NULL))
    judgement->trust = scep_ca_generation_judge (judgement->bundle, &judgement->question,
                                                 judgement->heritage, &judgement->error);
  else if (judgement->bundle != NULL)
    judgement->offered =
        scep_ca_trust_find_offered (judgement->bundle, judgement->host, &judgement->error);
  if (judgement->bundle != NULL)
    judgement->findings =
        scep_ca_findings_list (judgement->bundle, &judgement->question, judgement->trust);
  g_task_return_boolean (task, TRUE);
}

/* AcceptCA stands in for a fingerprint. */
static char *
choose_pin (ScepDiagnose *run, ScepProvenance *provenance)
{
  const char *pin = scep_settings_get_string (run->settings, SCEP_SETTING_CA_ROOT_FINGERPRINT);
  ScepTrustRecord *record = run->self->record;
  const ScepTrustEntry *known = record != NULL && scep_trust_record_matches (record, run->settings)
                                    ? scep_trust_record_get_anchor (record)
                                    : NULL;

  *provenance = SCEP_PROVENANCE_FINGERPRINT;
  if (pin[0] != '\0')
    return g_strdup (pin);
  if (known == NULL)
    return NULL;
  *provenance = SCEP_PROVENANCE_ACCEPTED;
  return g_strdup (known->fingerprint);
}

static Judgement *
judgement_new (ScepDiagnose *run, GBytes *body)
{
  Judgement *judgement = g_new0 (Judgement, 1);
  const char *endpoint = scep_settings_get_string (run->settings, SCEP_SETTING_SERVER_ENDPOINT);
  const char *ra_pin =
      scep_settings_get_string (run->settings, SCEP_SETTING_RA_CERTIFICATE_FINGERPRINT);
  ScepProvenance provenance = SCEP_PROVENANCE_CERTIFICATE;

  judgement->body = g_bytes_ref (body);
  judgement->unreadable = g_ptr_array_new_with_free_func (g_free);
  judgement->host = g_strdup (run->host);
  judgement->ra_pin = ra_pin[0] != '\0' ? g_strdup (ra_pin) : NULL;
  judgement->heritage = scep_enrollment_make_heritage (run->self);
  if (scep_enrollment_find_followed (run->self, &judgement->anchor, &judgement->pin))
    provenance = SCEP_PROVENANCE_ROLLOVER;
  else if (scep_settings_get_verification_method (run->settings) == SCEP_VERIFY_CERTIFICATE)
    judgement->anchor = scep_certificate_new_from_pem (
        scep_settings_get_string (run->settings, SCEP_SETTING_CA_ROOT_CERTIFICATE), NULL);
  else
    judgement->pin = choose_pin (run, &provenance);
  judgement->question = (ScepCaTrustQuestion){
    .pin = judgement->pin,
    .pin_provenance = provenance,
    .anchor = judgement->anchor,
    .ra_pin = judgement->ra_pin,
    .tls = scep_endpoint_is_https (endpoint),
    .policy = scep_settings_get_policy (run->settings),
    .now = scep_enrollment_now (run->self),
    .host = judgement->host,
  };
  return judgement;
}

/**
 * scep_diagnose_ca_certificates:
 * @body: what the server answered to GetCACert
 * @callback: ends it with scep_diagnose_ca_certificates_finish()
 */
void
scep_diagnose_ca_certificates (ScepDiagnose *run, GBytes *body, GAsyncReadyCallback callback)
{
  g_autoptr (GTask) task = g_task_new (NULL, NULL, callback, run);

  g_task_set_source_tag (task, scep_diagnose_ca_certificates);
  g_task_set_task_data (task, judgement_new (run, body), judgement_free);
  scep_worker_run (run->self->crypto, task, judge_in_thread);
}

/* Every one that the server sent, with what it is for. */
static void
list_certificates (ScepDiagnose *run, Judgement *judgement)
{
  for (guint i = 0; i < judgement->findings->len; i++) {
    const ScepCaFinding *finding = g_ptr_array_index (judgement->findings, i);
    g_autofree char *subject =
        scep_text_printable (scep_certificate_get_subject (finding->certificate), -1);

    /* TRANSLATORS: a certificate's subject, its fingerprint, and what it is for, or why it is not
     * used */
    scep_diagnosis_add (run->diagnosis, SCEP_DIAGNOSIS_CA_CERTIFICATES,
                        finding->is_fault ? SCEP_DIAGNOSIS_WARNING : SCEP_DIAGNOSIS_OK,
                        finding->is_fault ? _ ("If the CA or its RA needs this certificate, have "
                                               "it replaced on the server.")
                                          : "",
                        _ ("“%s” (%s): %s."), subject,
                        scep_certificate_get_fingerprint (finding->certificate), finding->text);
  }
}

static void
list_unreadable (ScepDiagnose *run, GPtrArray *unreadable)
{
  for (guint i = 0; i < unreadable->len; i++)
    scep_diagnosis_add (run->diagnosis, SCEP_DIAGNOSIS_CA_CERTIFICATES, SCEP_DIAGNOSIS_WARNING,
                        _ ("Replace it on the server; without it the others are used."), "%s",
                        (const char *) g_ptr_array_index (unreadable, i));
}

static void
compare_fingerprint (ScepDiagnose *run, Judgement *judgement)
{
  if (judgement->trust != NULL)
    scep_diagnosis_add (
        run->diagnosis, SCEP_DIAGNOSIS_FINGERPRINT, SCEP_DIAGNOSIS_OK, "",
        _ ("The server's CA is the one that is wanted, with fingerprint %s."),
        scep_certificate_get_fingerprint (scep_ca_trust_get_anchor (judgement->trust)));
  else if (judgement->offered != NULL)
    scep_diagnosis_add (run->diagnosis, SCEP_DIAGNOSIS_FINGERPRINT, SCEP_DIAGNOSIS_WARNING,
                        _ ("Compare it with what the CA's operator says, then set "
                           "CARootFingerprint or use “scepctl accept-ca”."),
                        _ ("No CA is trusted yet; the server offers one with fingerprint %s."),
                        scep_certificate_get_fingerprint (judgement->offered));
  else
    scep_diagnosis_add (
        run->diagnosis, SCEP_DIAGNOSIS_FINGERPRINT, SCEP_DIAGNOSIS_FAILURE,
        _ ("Check ServerEndpoint, CAIdentifier, and the setting that names the CA."), "%s",
        judgement->error->message);
}

/**
 * scep_diagnose_add_unreadable:
 * @error: why there are no CA certificates
 *
 * Adds the step.
 */
void
scep_diagnose_add_unreadable (ScepDiagnose *run, const GError *error)
{
  scep_diagnosis_add (run->diagnosis, SCEP_DIAGNOSIS_CA_CERTIFICATES, SCEP_DIAGNOSIS_FAILURE,
                      run->listed ? _ ("Check CAIdentifier, and look into the server's log.")
                                  : _ ("Check the path in ServerEndpoint, and CAIdentifier."),
                      "%s", error->message);
}

/**
 * scep_diagnose_ca_certificates_finish:
 *
 * Adds the steps.
 */
void
scep_diagnose_ca_certificates_finish (ScepDiagnose *run, GAsyncResult *result)
{
  Judgement *judgement = g_task_get_task_data (G_TASK (result));

  if (judgement->bundle == NULL) {
    scep_diagnose_add_unreadable (run, judgement->error);
    return;
  }
  list_certificates (run, judgement);
  list_unreadable (run, judgement->unreadable);
  compare_fingerprint (run, judgement);
}
