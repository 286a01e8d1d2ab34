/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "enroll/scep-verification.h"

/* For the worker: everything it reads is its own. */
typedef struct {
  GBytes *body;         /* (owned) */
  GPtrArray *signers;   /* (owned) */
  char *transaction_id; /* (owned) */
  GBytes *nonce;        /* (owned) */
  ScepPolicy policy;
} Verification;

static void
verification_free (gpointer data)
{
  Verification *verification = data;

  g_bytes_unref (verification->body);
  g_ptr_array_unref (verification->signers);
  g_free (verification->transaction_id);
  g_bytes_unref (verification->nonce);
  g_free (verification);
}

static void
free_rep (gpointer data)
{
  scep_cert_rep_free (data);
}

static void
verify_in_thread (GTask *task, gpointer source, gpointer task_data, GCancellable *cancellable)
{
  Verification *verification = task_data;
  ScepCertRepExpectation expectation = {
    .signers = verification->signers,
    .policy = verification->policy,
    .transaction_id = verification->transaction_id,
    .nonce = verification->nonce,
  };
  GError *error = NULL;
  ScepCertRep *rep = scep_cert_rep_verify (verification->body, &expectation, &error);

  if (rep != NULL)
    g_task_return_pointer (task, rep, free_rep);
  else
    g_task_return_error (task, error);
}

/**
 * scep_verification_run:
 * @body: what the server answered
 * @expectation: what it must fit; copied
 * @cancellable: (nullable):
 * @callback: ends it with scep_verification_finish()
 *
 * scep_cert_rep_verify() in a worker: the reply to any message is believed in
 * this one way.
 */
void
scep_verification_run (ScepWorker *crypto, GBytes *body, const ScepCertRepExpectation *expectation,
                       GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (NULL, cancellable, callback, user_data);
  Verification *verification = g_new0 (Verification, 1);

  verification->body = g_bytes_ref (body);
  verification->signers = g_ptr_array_ref (expectation->signers);
  verification->transaction_id = g_strdup (expectation->transaction_id);
  verification->nonce = g_bytes_ref (expectation->nonce);
  verification->policy = expectation->policy;
  g_task_set_source_tag (task, scep_verification_run);
  g_task_set_task_data (task, verification, verification_free);
  scep_worker_run (crypto, task, verify_in_thread);
}

/**
 * scep_verification_finish:
 *
 * Returns: (transfer full) (nullable): the reply, or %NULL with an error of
 *   scep_cert_rep_verify()
 */
ScepCertRep *
scep_verification_finish (GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_async_result_is_tagged (result, scep_verification_run), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}
