/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "codec/scep-enveloped-data.h"

#include "codec/scep-ca-bundle.h"
#include "codec/scep-private-key.h"

#include "fuzz-seal.h"
#include "fuzz.h"

static ScepCertificate *device;
static GBytes *device_key;

static GBytes *
unwrap (ScepEnvelopedData *envelope)
{
  gsize length = scep_cipher_get_key_size (scep_enveloped_data_get_cipher (envelope));
  g_autoptr (GBytes) wrapped = NULL;
  ScepKeyWrap wrap;

  if (!scep_enveloped_data_get_wrapped_key (envelope, device, &wrap, &wrapped, NULL))
    return NULL;
  return scep_private_key_unwrap (device_key, wrap, wrapped, length, NULL);
}

static void
decrypt (ScepEnvelopedData *envelope, GBytes *key)
{
  g_autoptr (GError) error = NULL;
  gboolean is_good = FALSE;
  g_autoptr (GBytes) plain = scep_enveloped_data_decrypt (envelope, key, &is_good, &error);
  g_autoptr (GPtrArray) certificates = NULL;

  g_assert_true ((plain == NULL) == (error != NULL));
  if (plain != NULL && scep_degenerate_parse (plain, &certificates, NULL, NULL))
    fuzz_look_at_certificates (certificates);
}

static void
read_envelope (GBytes *ber)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (ScepEnvelopedData) envelope = scep_enveloped_data_parse (ber, &error);
  g_autoptr (GBytes) key = NULL;

  g_assert_true ((envelope == NULL) == (error != NULL));
  if (error != NULL)
    fuzz_assert_error (error);
  if (envelope != NULL)
    key = unwrap (envelope);
  if (key != NULL)
    decrypt (envelope, key);
}

/* As it is, and with what it has in clear encrypted. */
int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  g_autoptr (GBytes) ber = g_bytes_new_static (data, size);
  g_autoptr (GBytes) sealed = fuzz_seal_envelope (ber);

  fuzz_note_input (data, size);
  if (device == NULL) {
    device = fuzz_read_certificate ("device.der");
    device_key = fuzz_read_identity ("device-key.der");
  }
  read_envelope (ber);
  if (sealed != NULL)
    read_envelope (sealed);
  return 0;
}
