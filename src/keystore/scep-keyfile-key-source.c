/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "keystore/scep-keyfile-key-source.h"

#include "codec/scep-private-key.h"
#include "keystore/scep-keyfile-key.h"
#include "keystore/scep-keyfile-pem.h"

typedef struct {
  guint rsa_bits;
  GBytes *pem; /* secret (nullable): read instead of made */
  GBytes *pkcs8;
  GBytes *spki;
  GPtrArray *chain;
} KeySource;

static void
key_source_free (gpointer data)
{
  KeySource *key_source = data;

  g_clear_pointer (&key_source->pem, g_bytes_unref);
  g_clear_pointer (&key_source->pkcs8, g_bytes_unref);
  g_clear_pointer (&key_source->spki, g_bytes_unref);
  g_clear_pointer (&key_source->chain, g_ptr_array_unref);
  g_free (key_source);
}

/* How long it took is for the log alone: making keys is what an enrollment spends its time on. */
static GBytes *
generate (guint rsa_bits, GError **error)
{
  gint64 begun = g_get_monotonic_time ();
  GBytes *pkcs8 = scep_private_key_generate (rsa_bits, error);

  if (pkcs8 != NULL)
    g_debug ("An RSA key of %u bits was made in %" G_GINT64_FORMAT " microseconds", rsa_bits,
             g_get_monotonic_time () - begun);
  return pkcs8;
}

/* What comes from elsewhere is tried before it is kept. */
static gboolean
import (KeySource *key_source, GError **error)
{
  return scep_keyfile_pem_parse (key_source->pem, &key_source->pkcs8, &key_source->chain, error) &&
         scep_private_key_try (key_source->pkcs8, error);
}

static void
make_in_thread (GTask *task, gpointer source, gpointer task_data, GCancellable *cancellable)
{
  KeySource *key_source = task_data;
  GError *error = NULL;

  if (key_source->pem == NULL)
    key_source->pkcs8 = generate (key_source->rsa_bits, &error);
  else if (!import (key_source, &error))
    g_clear_pointer (&key_source->pkcs8, g_bytes_unref);
  if (key_source->pkcs8 != NULL)
    key_source->spki = scep_private_key_get_spki (key_source->pkcs8, &error);
  if (key_source->spki != NULL)
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
}

static void
run (ScepWorker *crypto, KeySource *key_source, GCancellable *cancellable,
     GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (crypto, cancellable, callback, user_data);

  g_task_set_task_data (task, key_source, key_source_free);
  scep_worker_run_background (crypto, task, make_in_thread);
}

/**
 * scep_keyfile_key_generate_async:
 * @crypto: where the key is made, and later used
 * @rsa_bits: its length
 *
 * Makes a key; ends in scep_keyfile_key_make_finish().
 */
void
scep_keyfile_key_generate_async (ScepWorker *crypto, guint rsa_bits, GCancellable *cancellable,
                                 GAsyncReadyCallback callback, gpointer user_data)
{
  KeySource *key_source = g_new0 (KeySource, 1);

  key_source->rsa_bits = rsa_bits;
  run (crypto, key_source, cancellable, callback, user_data);
}

/**
 * scep_keyfile_key_import_async:
 * @crypto: where the key is read, and later used
 * @pem: what scep_keyfile_pem_parse() reads
 *
 * Reads a key and its chain; ends in scep_keyfile_key_make_finish().
 */
void
scep_keyfile_key_import_async (ScepWorker *crypto, GBytes *pem, GCancellable *cancellable,
                               GAsyncReadyCallback callback, gpointer user_data)
{
  KeySource *key_source = g_new0 (KeySource, 1);

  key_source->pem = g_bytes_ref (pem);
  run (crypto, key_source, cancellable, callback, user_data);
}

/**
 * scep_keyfile_key_make_finish:
 * @chain: (out) (transfer full) (nullable): what came with the key, if anything
 *
 * Returns: (transfer full): the key, or %NULL with an error
 */
ScepKey *
scep_keyfile_key_make_finish (GAsyncResult *result, GPtrArray **chain, GError **error)
{
  KeySource *key_source = g_task_get_task_data (G_TASK (result));
  ScepWorker *crypto = g_task_get_source_object (G_TASK (result));

  if (!g_task_propagate_boolean (G_TASK (result), error))
    return NULL;
  *chain = g_steal_pointer (&key_source->chain);
  return scep_keyfile_key_new (key_source->pkcs8, key_source->spki, crypto);
}
