/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "codec/scep-certificate-pool.h"

/* A thousand profiles trust the same CA: its certificate is read and kept once. */
static GMutex mutex;
static GHashTable *pool; /* (element-type GBytes GWeakRef): keeps none of them alive */

static void
weak_ref_free (gpointer data)
{
  g_weak_ref_clear (data);
  g_free (data);
}

/* Call with the mutex held. */
static ScepCertificate *
find (GBytes *der)
{
  GWeakRef *entry = pool != NULL ? g_hash_table_lookup (pool, der) : NULL;

  return entry != NULL ? g_weak_ref_get (entry) : NULL;
}

/**
 * scep_certificate_pool_lookup:
 *
 * Returns: (transfer full) (nullable): the certificate with just these bytes,
 *   if somebody has it
 */
ScepCertificate *
scep_certificate_pool_lookup (GBytes *der)
{
  ScepCertificate *found;

  g_mutex_lock (&mutex);
  found = find (der);
  g_mutex_unlock (&mutex);
  return found;
}

/**
 * scep_certificate_pool_add:
 *
 * From here on @certificate is found, for as long as somebody has it.
 */
void
scep_certificate_pool_add (ScepCertificate *certificate)
{
  GWeakRef *entry = g_new0 (GWeakRef, 1);

  g_weak_ref_init (entry, certificate);
  g_mutex_lock (&mutex);
  if (pool == NULL)
    pool = g_hash_table_new_full (g_bytes_hash, g_bytes_equal, (GDestroyNotify) g_bytes_unref,
                                  weak_ref_free);
  g_hash_table_replace (pool, g_bytes_ref (scep_certificate_get_der (certificate)), entry);
  g_mutex_unlock (&mutex);
}

/**
 * scep_certificate_pool_forget:
 * @der: of a certificate that nobody has any more
 */
void
scep_certificate_pool_forget (GBytes *der)
{
  /* Another thread may have read the same bytes since. */
  g_autoptr (ScepCertificate) other = NULL;

  g_mutex_lock (&mutex);
  other = find (der);
  if (other == NULL && pool != NULL)
    g_hash_table_remove (pool, der);
  g_mutex_unlock (&mutex);
}

/**
 * scep_certificate_pool_get_size:
 *
 * Returns: how many different certificates are in use
 */
guint
scep_certificate_pool_get_size (void)
{
  guint size;

  g_mutex_lock (&mutex);
  size = pool != NULL ? g_hash_table_size (pool) : 0;
  g_mutex_unlock (&mutex);
  return size;
}
