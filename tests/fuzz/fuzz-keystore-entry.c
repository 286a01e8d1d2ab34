/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "keystore/scep-keyfile-file.h"

#include "fuzz.h"

static ScepWorker *worker;

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  g_autoptr (GBytes) contents = g_bytes_new_static (data, size);
  g_autoptr (GKeyFile) file = g_key_file_new ();
  g_autoptr (GError) error = NULL;
  g_autoptr (ScepKeystoreEntry) entry = NULL;
  ScepKey *key;

  if (worker == NULL)
    worker = scep_worker_new (1);
  if (!fuzz_is_key_file (data, size) ||
      !g_key_file_load_from_bytes (file, contents, G_KEY_FILE_KEEP_COMMENTS, NULL))
    return 0;
  entry = scep_keyfile_file_parse (file, "alias", worker, &error);
  g_assert_true ((entry == NULL) == (error != NULL));
  if (entry == NULL)
    return 0;
  key = scep_keystore_entry_get_key (entry);
  g_assert_true (key != NULL || scep_keystore_entry_get_certificate (entry) != NULL);
  scep_keystore_entry_get_key_bits (entry);
  fuzz_look_at_certificates (scep_keystore_entry_get_chain (entry));
  return 0;
}
