/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/scep-error.h"
#include "codec/scep-private-key.h"
#include "scep-keystore-fake.h"

static void
on_done (GObject *source, GAsyncResult *result, gpointer user_data)
{
  *(GAsyncResult **) user_data = g_object_ref (result);
}

static gboolean
create (ScepKeystore *keystore, const char *alias, GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;

  scep_keystore_create_key_pair_async (keystore, alias, 2048, FALSE, NULL, on_done, &result);
  g_assert_null (result);
  while (result == NULL)
    g_main_context_iteration (NULL, TRUE);
  return scep_keystore_write_finish (keystore, result, error);
}

static void
test_failures (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) pkcs8 = scep_private_key_generate (2048, &error);
  g_autoptr (ScepKeystoreFake) fake = scep_keystore_fake_new (pkcs8);
  g_autoptr (ScepKeystoreEntry) entry = NULL;
  ScepKeystore *keystore = SCEP_KEYSTORE (fake);

  scep_keystore_fake_fail_next_write (fake,
                                      g_error_new (SCEP_ERROR, SCEP_ERROR_STORAGE_FAILED, "full"));
  g_assert_false (create (keystore, "one", &error));
  g_assert_error (error, SCEP_ERROR, SCEP_ERROR_STORAGE_FAILED);
  g_clear_error (&error);
  g_assert_null (scep_keystore_lookup (keystore, "one", &error));
  g_assert_error (error, SCEP_ERROR, SCEP_ERROR_NO_SUCH_ENTRY);
  g_clear_error (&error);
  g_assert_true (create (keystore, "one", &error));
  entry = scep_keystore_lookup (keystore, "one", &error);
  g_assert_no_error (error);
  g_assert_cmpuint (scep_keystore_entry_get_key_bits (entry), ==, 2048);
  g_assert_false (create (keystore, "one", &error));
  g_assert_error (error, SCEP_ERROR, SCEP_ERROR_ENTRY_EXISTS);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/keystore-fake/failures", test_failures);
  return g_test_run ();
}
