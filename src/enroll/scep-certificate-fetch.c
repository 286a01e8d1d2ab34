/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "enroll/scep-certificate-fetch.h"

#include "base/scep-error.h"
#include "codec/scep-serial.h"
#include "enroll/scep-asked-certificate.h"
#include "enroll/scep-query.h"

#include <glib/gi18n-lib.h>

/* One GetCert. */
typedef struct {
  ScepQuery *query; /* (owned) */
  GTask *task;      /* (owned) */
  GBytes *serial;   /* (owned) */
} Fetch;

static void
fetch_free (Fetch *fetch)
{
  g_object_unref (fetch->query);
  g_object_unref (fetch->task);
  g_bytes_unref (fetch->serial);
  g_free (fetch);
}

static ScepCertificate *
get_ca (Fetch *fetch)
{
  return scep_ca_trust_get_issuing_ca (scep_query_get_trust (fetch->query));
}

static void
explain_unknown (Fetch *fetch, GError **error)
{
  g_autofree char *host = scep_query_get_host (fetch->query);
  g_autofree char *serial = scep_serial_to_string (fetch->serial);

  g_clear_error (error);
  scep_error_set (error, SCEP_ERROR_BAD_CERT_ID,
                  _ ("The SCEP server at %s knows no certificate with serial number %s issued by "
                     "“%s” (badCertId); compare the number with what the CA lists."),
                  host, serial, scep_certificate_get_subject (get_ca (fetch)));
  scep_query_add_words (fetch->query, *error);
}

/* Takes @fetch and @error. */
static void
fail (Fetch *fetch, GError *error)
{
  if (g_error_matches (error, SCEP_ERROR, SCEP_ERROR_BAD_CERT_ID))
    explain_unknown (fetch, &error);
  else if (scep_query_is_unknown (fetch->query, error))
    scep_query_explain_unknown (fetch->query, SCEP_MESSAGE_GET_CERT, &error);
  g_task_return_error (fetch->task, error);
  fetch_free (fetch);
}

/* For a worker: everything in it is its own. */
typedef struct {
  ScepAnswer *answer; /* (owned) */
  char *host;         /* (owned) */
  ScepAskedQuestion question;
} Judgement;

static void
judgement_free (gpointer data)
{
  Judgement *judgement = data;

  scep_answer_free (judgement->answer);
  g_bytes_unref (judgement->question.issuer);
  g_bytes_unref (judgement->question.serial);
  g_ptr_array_unref (judgement->question.cas);
  g_free (judgement->host);
  g_free (judgement);
}

static Judgement *
judgement_new (Fetch *fetch, ScepAnswer *answer)
{
  Judgement *judgement = g_new0 (Judgement, 1);
  ScepCaTrust *trust = scep_query_get_trust (fetch->query);

  judgement->answer = answer;
  judgement->host = scep_query_get_host (fetch->query);
  judgement->question = (ScepAskedQuestion){
    .issuer = g_bytes_ref (scep_certificate_get_subject_der (get_ca (fetch))),
    .serial = g_bytes_ref (fetch->serial),
    .cas = g_ptr_array_ref (scep_ca_trust_get_certificates (trust)),
    .policy = scep_settings_get_policy (scep_query_get_settings (fetch->query)),
    .host = judgement->host,
  };
  return judgement;
}

static void
judge_in_thread (GTask *task, gpointer source, gpointer task_data, GCancellable *cancellable)
{
  Judgement *judgement = task_data;
  g_autoptr (GPtrArray) certificates = NULL;
  ScepCertificate *asked = NULL;
  GError *error = NULL;

  if (scep_cert_rep_open (judgement->answer->rep, judgement->answer->content_key, &certificates,
                          NULL, &error))
    asked = scep_asked_certificate_find (certificates, &judgement->question, &error);
  if (asked != NULL)
    g_task_return_pointer (task, asked, g_object_unref);
  else
    g_task_return_error (task, error);
}

static void
on_judged (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Fetch *fetch = user_data;
  GError *error = NULL;
  ScepCertificate *asked = scep_query_judge_finish (fetch->query, result, &error);

  if (asked == NULL) {
    fail (fetch, error);
    return;
  }
  g_task_return_pointer (fetch->task, asked, g_object_unref);
  fetch_free (fetch);
}

static void
on_answered (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Fetch *fetch = user_data;
  GError *error = NULL;
  ScepAnswer *answer = scep_query_ask_finish (fetch->query, result, &error);

  if (answer == NULL)
    fail (fetch, error);
  else
    scep_query_judge_async (fetch->query, judge_in_thread, judgement_new (fetch, answer),
                            judgement_free, on_judged, fetch);
}

/**
 * scep_enrollment_get_certificate:
 * @serial: DER INTEGER, of a certificate that the CA issued
 * @task: ends with the #ScepCertificate
 *
 * Asks the SCEP server for a certificate (RFC 8894 sections 3.3.4 and 4.5). It is
 * verified. Runs beside whatever else is going on.
 *
 * Fails as scep_query_new() and scep_query_ask_finish() do, with
 * %SCEP_ERROR_DECRYPT_FAILED, as scep_asked_certificate_find(), or with
 * %SCEP_ERROR_UNSUPPORTED where the server does not seem to know the question.
 */
void
scep_enrollment_get_certificate (ScepEnrollment *self, GBytes *serial, GTask *task)
{
  GError *error = NULL;
  ScepQuery *query = scep_query_new (self, &error);
  g_autoptr (GBytes) data = NULL;
  Fetch *fetch;

  if (query == NULL) {
    g_task_return_error (task, error);
    return;
  }
  fetch = g_new0 (Fetch, 1);
  fetch->query = query;
  fetch->task = g_object_ref (task);
  fetch->serial = g_bytes_ref (serial);
  data = scep_issuer_and_serial (scep_certificate_get_subject_der (get_ca (fetch)), serial);
  scep_query_ask_async (query, SCEP_MESSAGE_GET_CERT, data,
                        scep_endpoint_get_max_reply (SCEP_OPERATION_PKI), on_answered, fetch);
}
