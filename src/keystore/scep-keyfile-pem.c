/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "keystore/scep-keyfile-pem.h"

#include "base/scep-error.h"
#include "base/scep-secret.h"
#include "codec/scep-private-key.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#define MAX_SIZE (64 * 1024)
#define KEY_END "PRIVATE KEY-----"

/* Where the key's block ends, the line with its END included; or NULL. */
static const char *
find_key_end (const char *text)
{
  const char *end = strstr (text, "-----END ");
  const char *label;

  if (end == NULL)
    return NULL;
  label = strstr (end, KEY_END);
  if (label == NULL || memchr (end, '\n', (gsize) (label - end)) != NULL)
    return NULL;
  return label + strlen (KEY_END);
}

static gboolean
parse_chain (const char *pem, GBytes *pkcs8, GPtrArray **chain, GError **error)
{
  g_autoptr (GBytes) spki = NULL;
  g_autoptr (GPtrArray) certificates = NULL;
  g_autoptr (GError) local_error = NULL;

  if (strstr (pem, "-----BEGIN ") == NULL)
    return TRUE;
  certificates = scep_certificate_list_from_pem (pem, &local_error);
  if (certificates == NULL || certificates->len == 0) {
    scep_error_set (error, SCEP_ERROR_INVALID_ENTRY,
                    _ ("The certificates after the key cannot be read: %s"),
                    local_error ? local_error->message : _ ("there are none."));
    return FALSE;
  }
  spki = scep_private_key_get_spki (pkcs8, error);
  if (spki == NULL)
    return FALSE;
  if (!scep_certificate_has_public_key (certificates->pdata[0], spki)) {
    scep_error_set (error, SCEP_ERROR_INVALID_ENTRY,
                    _ ("The first certificate after the key belongs to another key. Put the key's "
                       "own certificate first, then its issuers."));
    return FALSE;
  }
  *chain = g_steal_pointer (&certificates);
  return TRUE;
}

/**
 * scep_keyfile_pem_parse:
 * @pem: an unencrypted key, then its chain, leaf first, at most 64 KiB
 * @pkcs8: (out) (transfer full): the key, a secret
 * @chain: (out) (transfer full) (nullable): its certificates
 *
 * Returns: %TRUE, or %FALSE with %SCEP_ERROR_INVALID_ENTRY
 */
gboolean
scep_keyfile_pem_parse (GBytes *pem, GBytes **pkcs8, GPtrArray **chain, GError **error)
{
  g_autoptr (ScepSecretString) text = NULL;
  g_autoptr (GBytes) key_pem = NULL;
  g_autoptr (GBytes) key = NULL;
  const char *end;

  if (g_bytes_get_size (pem) > MAX_SIZE) {
    scep_error_set (error, SCEP_ERROR_INVALID_ENTRY,
                    _ ("The key pair is larger than %d KiB. Give the key and its chain only."),
                    MAX_SIZE / 1024);
    return FALSE;
  }
  text = scep_secret_bytes_to_string (pem);
  end = find_key_end (text);
  if (end == NULL || strstr (text, "ENCRYPTED") != NULL) {
    scep_error_set (error, SCEP_ERROR_INVALID_ENTRY,
                    _ ("The key pair does not begin with an unencrypted private key in PEM. Put "
                       "the key first, without a password, then its certificates."));
    return FALSE;
  }
  key_pem = scep_secret_bytes_new (text, (gsize) (end - text));
  key = scep_private_key_from_pem (key_pem, error);
  if (key == NULL || !parse_chain (end, key, chain, error))
    return FALSE;
  *pkcs8 = g_steal_pointer (&key);
  return TRUE;
}

/**
 * scep_keyfile_pem_build:
 *
 * Returns: (transfer full): the PKCS#8 PEM of the key, then the chain, in
 *   secret bytes; or %NULL with an error
 */
GBytes *
scep_keyfile_pem_build (GBytes *pkcs8, GPtrArray *chain, GError **error)
{
  g_autoptr (GBytes) key = scep_private_key_to_pem (pkcs8, error);
  g_autofree char *certificates = NULL;
  gsize key_length;
  gsize length;
  guint8 *both;

  if (key == NULL)
    return NULL;
  certificates = chain->len > 0 ? scep_certificate_list_to_pem (chain) : g_strdup ("");
  key_length = g_bytes_get_size (key);
  length = strlen (certificates);
  both = g_malloc (key_length + length);
  memcpy (both, g_bytes_get_data (key, NULL), key_length);
  memcpy (both + key_length, certificates, length);
  return scep_secret_bytes_new_take (both, key_length + length);
}
