/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "keystore/scep-keyfile-key.h"

#include "codec/scep-private-key.h"

/* Bytes of a public key: one of 2048 bits has 294, one of 3072 has 422. */
#define QUICK_SPKI 384

struct _ScepKeyfileKey {
  GObject parent_instance;

  GBytes *pkcs8; /* secret */
  GBytes *spki;
  ScepWorker *crypto;
};

/* What a thread is given: it never looks at the key object. */
typedef struct {
  GBytes *pkcs8;
  GBytes *input;
  ScepDigest digest;
  ScepKeyWrap wrap;
  gsize key_length;
} Work;

static void scep_keyfile_key_iface_init (ScepKeyInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (ScepKeyfileKey, scep_keyfile_key, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (SCEP_TYPE_KEY, scep_keyfile_key_iface_init))

static void
work_free (gpointer data)
{
  Work *work = data;

  g_bytes_unref (work->pkcs8);
  g_bytes_unref (work->input);
  g_free (work);
}

static void
return_bytes (GTask *task, GBytes *bytes, GError *error)
{
  if (bytes == NULL)
    g_task_return_error (task, error);
  else
    g_task_return_pointer (task, bytes, (GDestroyNotify) g_bytes_unref);
}

static void
sign_in_thread (GTask *task, gpointer source, gpointer task_data, GCancellable *cancellable)
{
  Work *work = task_data;
  GError *error = NULL;
  GBytes *signature = scep_private_key_sign (work->pkcs8, work->digest, work->input, &error);

  return_bytes (task, signature, error);
}

static void
unwrap_in_thread (GTask *task, gpointer source, gpointer task_data, GCancellable *cancellable)
{
  Work *work = task_data;
  GError *error = NULL;
  GBytes *key =
      scep_private_key_unwrap (work->pkcs8, work->wrap, work->input, work->key_length, &error);

  return_bytes (task, key, error);
}

static Work *
work_new (ScepKeyfileKey *self, GBytes *input)
{
  Work *work = g_new0 (Work, 1);

  work->pkcs8 = g_bytes_ref (self->pkcs8);
  work->input = g_bytes_ref (input);
  return work;
}

/* With a long key it takes longer than the main loop may wait for a core. */
static void
run (ScepKeyfileKey *self, GTask *task, GTaskThreadFunc func)
{
  if (g_bytes_get_size (self->spki) > QUICK_SPKI)
    scep_worker_run_low (self->crypto, task, func);
  else
    scep_worker_run (self->crypto, task, func);
}

static void
scep_keyfile_key_sign_async (ScepKey *key, ScepDigest digest, GBytes *data,
                             GCancellable *cancellable, GAsyncReadyCallback callback,
                             gpointer user_data)
{
  ScepKeyfileKey *self = SCEP_KEYFILE_KEY (key);
  g_autoptr (GTask) task = g_task_new (self, cancellable, callback, user_data);
  Work *work = work_new (self, data);

  work->digest = digest;
  g_task_set_task_data (task, work, work_free);
  run (self, task, sign_in_thread);
}

static void
scep_keyfile_key_unwrap_async (ScepKey *key, ScepKeyWrap wrap, GBytes *wrapped, gsize key_length,
                               GCancellable *cancellable, GAsyncReadyCallback callback,
                               gpointer user_data)
{
  ScepKeyfileKey *self = SCEP_KEYFILE_KEY (key);
  g_autoptr (GTask) task = g_task_new (self, cancellable, callback, user_data);
  Work *work = work_new (self, wrapped);

  work->wrap = wrap;
  work->key_length = key_length;
  g_task_set_task_data (task, work, work_free);
  run (self, task, unwrap_in_thread);
}

static GBytes *
scep_keyfile_key_finish (ScepKey *key, GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

static GBytes *
scep_keyfile_key_get_spki (ScepKey *key)
{
  return SCEP_KEYFILE_KEY (key)->spki;
}

static void
scep_keyfile_key_finalize (GObject *object)
{
  ScepKeyfileKey *self = SCEP_KEYFILE_KEY (object);

  g_bytes_unref (self->pkcs8);
  g_bytes_unref (self->spki);
  g_object_unref (self->crypto);
  G_OBJECT_CLASS (scep_keyfile_key_parent_class)->finalize (object);
}

static void
scep_keyfile_key_class_init (ScepKeyfileKeyClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = scep_keyfile_key_finalize;
}

static void
scep_keyfile_key_iface_init (ScepKeyInterface *iface)
{
  iface->get_spki = scep_keyfile_key_get_spki;
  iface->sign_async = scep_keyfile_key_sign_async;
  iface->sign_finish = scep_keyfile_key_finish;
  iface->unwrap_async = scep_keyfile_key_unwrap_async;
  iface->unwrap_finish = scep_keyfile_key_finish;
}

static void
scep_keyfile_key_init (ScepKeyfileKey *self)
{
}

/**
 * scep_keyfile_key_new:
 * @pkcs8: the secret
 * @spki: its public half
 * @crypto: where it works
 *
 * Returns: (transfer full): a handle
 */
ScepKey *
scep_keyfile_key_new (GBytes *pkcs8, GBytes *spki, ScepWorker *crypto)
{
  ScepKeyfileKey *self = g_object_new (SCEP_TYPE_KEYFILE_KEY, NULL);

  self->pkcs8 = g_bytes_ref (pkcs8);
  self->spki = g_bytes_ref (spki);
  self->crypto = g_object_ref (crypto);
  return SCEP_KEY (self);
}

/**
 * scep_keyfile_key_get_pkcs8:
 *
 * Returns: (transfer none): the secret, for the keyfile backend only
 */
GBytes *
scep_keyfile_key_get_pkcs8 (ScepKeyfileKey *self)
{
  return self->pkcs8;
}
