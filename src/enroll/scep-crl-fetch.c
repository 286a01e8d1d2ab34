/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "enroll/scep-crl-fetch.h"

#include "base/scep-error.h"
#include "enroll/scep-crl-check.h"
#include "enroll/scep-query.h"

#include <glib/gi18n-lib.h>

/* A CRL of the largest size, and the message around it. */
#define MAX_REPLY (SCEP_CRL_MAX_SIZE + 64 * 1024)

/* What is remembered of the last CRL. */
#define LEARNED_ISSUER "crl-issuer"
#define LEARNED_NUMBER "crl-number"
#define LEARNED_TIME "crl-this-update"

/* The search for a CRL. */
typedef struct {
  ScepQuery *query; /* (owned) */
  GTask *task;      /* (owned) */
  char **urls;      /* (owned): distribution points */
  char **next_url;
  gboolean asks_server; /* nothing comes after that */
  GError *why;          /* (owned) (nullable): of the distribution points */
} Fetch;

static void ask_next (Fetch *fetch);

static void
fetch_free (Fetch *fetch)
{
  g_clear_object (&fetch->query);
  g_clear_object (&fetch->task);
  g_clear_pointer (&fetch->urls, g_strfreev);
  g_clear_error (&fetch->why);
  g_free (fetch);
}

/* What was wrong with the distribution points is told as well. */
static void
fail (Fetch *fetch, GError *error)
{
  if (fetch->asks_server && scep_query_is_unknown (fetch->query, error))
    scep_query_explain_unknown (fetch->query, SCEP_MESSAGE_GET_CRL, &error);
  if (fetch->why != NULL && !g_error_matches (error, SCEP_ERROR, SCEP_ERROR_CANCELLED))
    g_prefix_error (
        &error,
        _ ("There is no CRL at its distribution point: %s Nor does the SCEP server give one: "),
        fetch->why->message);
  g_task_return_error (fetch->task, error);
  fetch_free (fetch);
}

/* Another distribution point or the SCEP server may still have it; the first reason counts. */
static void
go_on (Fetch *fetch, GError *error)
{
  if (fetch->asks_server || g_error_matches (error, SCEP_ERROR, SCEP_ERROR_CANCELLED)) {
    fail (fetch, error);
    return;
  }
  if (fetch->why == NULL)
    fetch->why = error;
  else
    g_error_free (error);
  ask_next (fetch);
}

/* For a worker: a downloaded CRL, or one in an answer. Everything in it is its own. */
typedef struct {
  GBytes *body;       /* (owned) (nullable) */
  ScepAnswer *answer; /* (owned) (nullable) */
  char *issuer;       /* (owned) (nullable) */
  char *number;       /* (owned) (nullable) */
  ScepCrlQuestion question;
} Judgement;

static void
judgement_free (gpointer data)
{
  Judgement *judgement = data;

  g_clear_pointer (&judgement->body, g_bytes_unref);
  g_clear_pointer (&judgement->answer, scep_answer_free);
  g_object_unref (judgement->question.certificate);
  g_ptr_array_unref (judgement->question.cas);
  g_free (judgement->issuer);
  g_free (judgement->number);
  g_free (judgement);
}

static const char *
get_learned (ScepQuery *query, const char *key)
{
  return scep_history_get_learned (scep_query_get_enrollment (query)->history, SCEP_LEARNED_PROFILE,
                                   key);
}

static Judgement *
judgement_new (ScepQuery *query)
{
  Judgement *judgement = g_new0 (Judgement, 1);
  const char *time = get_learned (query, LEARNED_TIME);

  judgement->issuer = g_strdup (get_learned (query, LEARNED_ISSUER));
  judgement->number = g_strdup (get_learned (query, LEARNED_NUMBER));
  judgement->question = (ScepCrlQuestion){
    .certificate = g_object_ref (scep_query_get_certificate (query)),
    .cas = g_ptr_array_ref (scep_ca_trust_get_certificates (scep_query_get_trust (query))),
    .policy = scep_settings_get_policy (scep_query_get_settings (query)),
    .now = scep_enrollment_now (scep_query_get_enrollment (query)),
    .seen = { .issuer = judgement->issuer,
              .number = judgement->number,
              .this_update = time != NULL ? g_ascii_strtoll (time, NULL, 10) : 0 },
  };
  return judgement;
}

static void
free_crl (gpointer data)
{
  scep_crl_free (data);
}

static void
judge_in_thread (GTask *task, gpointer source, gpointer task_data, GCancellable *cancellable)
{
  Judgement *judgement = task_data;
  ScepAnswer *answer = judgement->answer;
  GError *error = NULL;
  g_autoptr (ScepCrl) crl = answer != NULL
                                ? scep_cert_rep_open_crl (answer->rep, answer->content_key, &error)
                                : scep_crl_new (judgement->body, &error);

  if (crl != NULL && scep_crl_check (crl, &judgement->question, &error))
    g_task_return_pointer (task, g_steal_pointer (&crl), free_crl);
  else
    g_task_return_error (task, error);
}

static void
remember (ScepQuery *query, ScepCrl *crl)
{
  ScepEnrollment *enrollment = scep_query_get_enrollment (query);
  ScepHistory *history = enrollment->history;
  GPtrArray *cas = scep_ca_trust_get_certificates (scep_query_get_trust (query));
  ScepDigest digest;
  ScepCertificate *issuer =
      scep_certificate_find_issuer (scep_query_get_certificate (query), cas, &digest);
  g_autofree char *time = g_strdup_printf ("%" G_GINT64_FORMAT, scep_crl_get_this_update (crl));

  scep_history_learn (history, SCEP_LEARNED_PROFILE, LEARNED_ISSUER,
                      scep_certificate_get_fingerprint (issuer));
  scep_history_learn (history, SCEP_LEARNED_PROFILE, LEARNED_NUMBER, scep_crl_get_number (crl));
  scep_history_learn (history, SCEP_LEARNED_PROFILE, LEARNED_TIME, time);
  scep_enrollment_save_history (enrollment);
}

static void
on_judged (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Fetch *fetch = user_data;
  GError *error = NULL;
  g_autoptr (ScepCrl) crl = scep_query_judge_finish (fetch->query, result, &error);

  if (crl == NULL) {
    go_on (fetch, error);
    return;
  }
  remember (fetch->query, crl);
  g_task_return_pointer (fetch->task, g_bytes_ref (scep_crl_get_der (crl)),
                         (GDestroyNotify) g_bytes_unref);
  fetch_free (fetch);
}

/* Takes @body or @answer; the other one is %NULL. */
static void
judge (Fetch *fetch, GBytes *body, ScepAnswer *answer)
{
  Judgement *judgement = judgement_new (fetch->query);

  judgement->body = body;
  judgement->answer = answer;
  scep_query_judge_async (fetch->query, judge_in_thread, judgement, judgement_free, on_judged,
                          fetch);
}

static void
on_downloaded (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Fetch *fetch = user_data;
  GError *error = NULL;
  GBytes *body = scep_query_download_finish (fetch->query, result, &error);

  if (body == NULL)
    go_on (fetch, error);
  else
    judge (fetch, body, NULL);
}

static void
on_answered (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Fetch *fetch = user_data;
  GError *error = NULL;
  ScepAnswer *answer = scep_query_ask_finish (fetch->query, result, &error);

  if (answer == NULL)
    go_on (fetch, error);
  else
    judge (fetch, NULL, answer);
}

static void
ask_server (Fetch *fetch)
{
  ScepCertificate *certificate = scep_query_get_certificate (fetch->query);
  g_autoptr (GBytes) data = scep_issuer_and_serial (scep_certificate_get_issuer_der (certificate),
                                                    scep_certificate_get_serial_der (certificate));

  fetch->asks_server = TRUE;
  scep_query_ask_async (fetch->query, SCEP_MESSAGE_GET_CRL, data, MAX_REPLY, on_answered, fetch);
}

/* The distribution points in turn, then the SCEP server (RFC 8894 section 4.6). */
static void
ask_next (Fetch *fetch)
{
  const char *endpoint = scep_settings_get_string (scep_query_get_settings (fetch->query),
                                                   SCEP_SETTING_SERVER_ENDPOINT);

  while (*fetch->next_url != NULL) {
    const char *url = *fetch->next_url++;
    g_autoptr (GError) error = NULL;
    gboolean refuse_local;

    if (scep_crl_url_check (url, endpoint, &refuse_local, &error)) {
      scep_query_download_async (fetch->query, url, refuse_local, SCEP_CRL_MAX_SIZE, on_downloaded,
                                 fetch);
      return;
    }
    if (fetch->why == NULL)
      fetch->why = g_steal_pointer (&error);
  }
  ask_server (fetch);
}

/**
 * scep_enrollment_get_crl:
 * @task: ends with the DER of a CRL, a #GBytes
 *
 * Fetches the CRL that covers the installed certificate: from the certificate's
 * distribution points first, as RFC 8894 section 4.6 prefers, else from the SCEP
 * server. It is verified. Runs beside whatever else is going on.
 *
 * Fails as scep_query_new(), with %SCEP_ERROR_CANCELLED, with what became of the
 * last try, or with %SCEP_ERROR_UNSUPPORTED where the server does not seem to
 * know the question.
 */
void
scep_enrollment_get_crl (ScepEnrollment *self, GTask *task)
{
  GError *error = NULL;
  ScepQuery *query = scep_query_new (self, &error);
  Fetch *fetch;

  if (query == NULL) {
    g_task_return_error (task, error);
    return;
  }
  fetch = g_new0 (Fetch, 1);
  fetch->query = query;
  fetch->task = g_object_ref (task);
  fetch->urls = scep_certificate_dup_crl_urls (scep_query_get_certificate (query));
  fetch->next_url = fetch->urls;
  ask_next (fetch);
}
