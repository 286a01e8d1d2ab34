/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "codec/scep-private-key.h"
#include "keystore-fixture.h"
#include "keystore/scep-keyfile-key.h"

static ScepKey *
make_key (KeystoreFixture *f, GBytes *pem)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) pkcs8 = scep_private_key_from_pem (pem, &error);
  g_autoptr (GBytes) spki = NULL;

  g_assert_no_error (error);
  spki = scep_private_key_get_spki (pkcs8, &error);
  g_assert_no_error (error);
  return scep_keyfile_key_new (pkcs8, spki, f->crypto);
}

static void
test_key_pair (KeystoreFixture *f, gconstpointer data)
{
  g_autoptr (GBytes) pem = test_key_pem_ec ();
  g_autoptr (ScepKey) key = make_key (f, pem);
  g_autoptr (ScepKeystoreEntry) entry = scep_keystore_entry_new ("a", key, NULL, TRUE);
  g_autoptr (ScepKeystoreEntry) kept = scep_keystore_entry_new ("b", key, NULL, FALSE);

  g_assert_cmpstr (scep_keystore_entry_get_alias (entry), ==, "a");
  g_assert_cmpint (scep_keystore_entry_get_kind (entry), ==, SCEP_ENTRY_KEY_PAIR);
  g_assert_true (scep_keystore_entry_get_key (entry) == key);
  g_assert_cmpuint (scep_keystore_entry_get_chain (entry)->len, ==, 0);
  g_assert_null (scep_keystore_entry_get_certificate (entry));
  g_assert_cmpstr (scep_keystore_entry_get_key_type (entry), ==, "EC");
  g_assert_cmpuint (scep_keystore_entry_get_key_bits (entry), ==, 256);
  g_assert_true (scep_keystore_entry_is_exportable (entry));
  g_assert_false (scep_keystore_entry_is_exportable (kept));
}

static void
test_private_key_entry (KeystoreFixture *f, gconstpointer data)
{
  g_autoptr (ScepKeystoreEntry) pair = NULL;
  g_autoptr (ScepKeystoreEntry) entry = NULL;
  g_autoptr (GPtrArray) chain = NULL;
  ScepCertificate *leaf;

  keystore_fixture_create (f, "a", 1024, FALSE, KEYSTORE_FIXTURE_DONE);
  chain = keystore_fixture_certify (f, "a", 1);
  leaf = chain->pdata[0];
  g_ptr_array_add (chain, g_object_ref (leaf));
  pair = keystore_fixture_lookup (f, "a", KEYSTORE_FIXTURE_DONE);
  entry = scep_keystore_entry_new ("b", scep_keystore_entry_get_key (pair), chain, TRUE);
  /* It does not change with what it was made from. */
  g_ptr_array_set_size (chain, 1);
  g_assert_cmpint (scep_keystore_entry_get_kind (entry), ==, SCEP_ENTRY_PRIVATE_KEY_ENTRY);
  g_assert_cmpuint (scep_keystore_entry_get_chain (entry)->len, ==, 2);
  g_assert_true (scep_keystore_entry_get_certificate (entry) == leaf);
  g_assert_cmpstr (scep_keystore_entry_get_key_type (entry), ==, "RSA");
  g_assert_cmpuint (scep_keystore_entry_get_key_bits (entry), ==, 1024);
}

static void
test_trusted_certificate (KeystoreFixture *f, gconstpointer data)
{
  g_autoptr (GBytes) pem = test_key_pem_ec ();
  g_autoptr (GPtrArray) chain = test_certify (pem, 1);
  g_autoptr (ScepKeystoreEntry) entry = scep_keystore_entry_new ("ca", NULL, chain, TRUE);

  g_assert_cmpint (scep_keystore_entry_get_kind (entry), ==, SCEP_ENTRY_TRUSTED_CERTIFICATE);
  g_assert_null (scep_keystore_entry_get_key (entry));
  g_assert_false (scep_keystore_entry_is_exportable (entry));
  g_assert_cmpstr (scep_keystore_entry_get_key_type (entry), ==, "EC");
  g_assert_cmpuint (scep_keystore_entry_get_key_bits (entry), ==, 256);
}

static void
test_unknown_key (KeystoreFixture *f, gconstpointer data)
{
  g_autoptr (GBytes) rubbish = g_bytes_new_static ("key", 3);
  g_autoptr (ScepKey) key = scep_keyfile_key_new (rubbish, rubbish, f->crypto);
  g_autoptr (ScepKeystoreEntry) entry = scep_keystore_entry_new ("a", key, NULL, TRUE);

  g_assert_cmpstr (scep_keystore_entry_get_key_type (entry), ==, "");
  g_assert_cmpuint (scep_keystore_entry_get_key_bits (entry), ==, 0);
}

static void
test_kinds (KeystoreFixture *f, gconstpointer data)
{
  g_assert_cmpstr (scep_entry_kind_to_string (SCEP_ENTRY_KEY_PAIR), ==, "key-pair");
  g_assert_cmpstr (scep_entry_kind_to_string (SCEP_ENTRY_PRIVATE_KEY_ENTRY), ==,
                   "private-key-entry");
  g_assert_cmpstr (scep_entry_kind_to_string (SCEP_ENTRY_TRUSTED_CERTIFICATE), ==,
                   "trusted-certificate");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  test_warnings_count ();
  keystore_test_add ("/keystore-entry/unknown-key", test_unknown_key);
  keystore_test_add ("/keystore-entry/key-pair", test_key_pair);
  keystore_test_add ("/keystore-entry/private-key-entry", test_private_key_entry);
  keystore_test_add ("/keystore-entry/trusted-certificate", test_trusted_certificate);
  keystore_test_add ("/keystore-entry/kinds", test_kinds);
  return g_test_run ();
}
