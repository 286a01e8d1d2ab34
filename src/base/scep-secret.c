/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/scep-secret.h"

#include <string.h>

typedef struct {
  gpointer data; /* (owned) */
  gsize length;
} SecretBuffer;

/**
 * scep_secret_clear:
 *
 * Overwrites @length bytes at @data with zeros, in a way that the compiler
 * does not remove.
 */
void
scep_secret_clear (gpointer data, gsize length)
{
  if (data != NULL && length > 0)
    explicit_bzero (data, length);
}

/**
 * scep_secret_string_free:
 * @string: (transfer full) (nullable):
 */
void
scep_secret_string_free (ScepSecretString *string)
{
  if (string == NULL)
    return;
  scep_secret_clear (string, strlen (string));
  g_free (string);
}

static void
secret_buffer_free (gpointer user_data)
{
  SecretBuffer *buffer = user_data;

  scep_secret_clear (buffer->data, buffer->length);
  g_free (buffer->data);
  g_free (buffer);
}

/**
 * scep_secret_bytes_new_take:
 * @data: (transfer full): memory of g_malloc()
 * @length: its length in bytes
 *
 * Returns: (transfer full): bytes that are zeroed with their last reference
 */
GBytes *
scep_secret_bytes_new_take (gpointer data, gsize length)
{
  SecretBuffer *buffer = g_new (SecretBuffer, 1);

  buffer->data = data;
  buffer->length = length;
  return g_bytes_new_with_free_func (data, length, secret_buffer_free, buffer);
}

/**
 * scep_secret_bytes_new:
 *
 * Returns: (transfer full): a copy that is zeroed with its last reference
 */
GBytes *
scep_secret_bytes_new (gconstpointer data, gsize length)
{
  return scep_secret_bytes_new_take (g_memdup2 (data, length), length);
}

/**
 * scep_secret_bytes_to_string:
 *
 * Returns: (transfer full): the bytes and a terminating NUL
 */
ScepSecretString *
scep_secret_bytes_to_string (GBytes *bytes)
{
  gsize length;
  gconstpointer data = g_bytes_get_data (bytes, &length);

  return g_strndup (data != NULL ? data : "", length);
}

/**
 * scep_secret_without_newline:
 *
 * One trailing newline is what an editor or echo adds.
 *
 * Returns: (transfer full): a secret, @bytes without it
 */
GBytes *
scep_secret_without_newline (GBytes *bytes)
{
  gsize length;
  const char *data = g_bytes_get_data (bytes, &length);

  if (length > 0 && data[length - 1] == '\n')
    length--;
  return scep_secret_bytes_new (data, length);
}
