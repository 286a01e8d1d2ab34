/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cleared.h"
#include "codec/scep-private-key.h"
#include "keystore-fixture.h"
#include "keystore/scep-keyfile-pem.h"

#include <gnutls/x509.h>
#include <string.h>

typedef struct {
  char *key;         /* PEM */
  char *other_key;   /* PEM */
  char *certificate; /* of @key */
  char *other_certificate;
} Texts;

static char *
to_text (GBytes *bytes)
{
  return g_strndup (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes));
}

static void
make (char **key, char **certificate, guint8 serial)
{
  g_autoptr (GBytes) pem = test_key_pem_ec ();
  g_autoptr (GPtrArray) chain = test_certify (pem, serial);

  *key = to_text (pem);
  *certificate = scep_certificate_list_to_pem (chain);
}

static void
set_up (Texts *t, gconstpointer data)
{
  make (&t->key, &t->certificate, 1);
  make (&t->other_key, &t->other_certificate, 2);
}

static void
tear_down (Texts *t, gconstpointer data)
{
  g_free (t->key);
  g_free (t->other_key);
  g_free (t->certificate);
  g_free (t->other_certificate);
}

/* @... are texts that stand one after the other, then NULL. */
static gboolean
parse (GBytes **pkcs8, GPtrArray **chain, GError **error, const char *first, ...)
{
  g_autoptr (GBytes) pem = NULL;
  GString *text = g_string_new (NULL);
  gsize length;
  va_list args;

  va_start (args, first);
  for (const char *part = first; part != NULL; part = va_arg (args, const char *))
    g_string_append (text, part);
  va_end (args);
  length = text->len;
  pem = g_bytes_new_take (g_string_free (text, FALSE), length);
  return scep_keyfile_pem_parse (pem, pkcs8, chain, error);
}

#define assert_refused(said, ...)                                                                  \
  G_STMT_START                                                                                     \
  {                                                                                                \
    g_autoptr (GBytes) refused_key = NULL;                                                         \
    g_autoptr (GPtrArray) refused_chain = NULL;                                                    \
    g_autoptr (GError) refused = NULL;                                                             \
                                                                                                   \
    g_assert_false (parse (&refused_key, &refused_chain, &refused, __VA_ARGS__, NULL));            \
    g_assert_error (refused, SCEP_ERROR, SCEP_ERROR_INVALID_ENTRY);                                \
    g_assert_null (refused_key);                                                                   \
    g_assert_null (refused_chain);                                                                 \
    if (strstr (refused->message, said) == NULL)                                                   \
      g_error ("“%s” does not say “%s”", refused->message, said);                                  \
  }                                                                                                \
  G_STMT_END

static char *
encrypt (const char *key_pem)
{
  gnutls_datum_t pem = { (guchar *) key_pem, (guint) strlen (key_pem) };
  gnutls_datum_t encrypted = { NULL, 0 };
  gnutls_x509_privkey_t key;
  char *text;

  gnutls_x509_privkey_init (&key);
  g_assert_cmpint (gnutls_x509_privkey_import2 (key, &pem, GNUTLS_X509_FMT_PEM, NULL, 0), ==, 0);
  g_assert_cmpint (gnutls_x509_privkey_export2_pkcs8 (key, GNUTLS_X509_FMT_PEM, "password",
                                                      GNUTLS_PKCS_PBES2_AES_256, &encrypted),
                   ==, 0);
  text = g_strndup ((const char *) encrypted.data, encrypted.size);
  gnutls_free (encrypted.data);
  gnutls_x509_privkey_deinit (key);
  return text;
}

static void
test_encrypted (Texts *t, gconstpointer data)
{
  g_autofree char *encrypted = encrypt (t->key);

  assert_refused ("without a password", encrypted);
  assert_refused ("without a password", encrypted, t->certificate);
  assert_refused ("without a password",
                  "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n"
                  "DEK-Info: AES-128-CBC,00112233445566778899AABBCCDDEEFF\n\nAAAA\n"
                  "-----END RSA PRIVATE KEY-----\n");
}

static void
test_no_key (Texts *t, gconstpointer data)
{
  g_autofree char *half = g_strndup (t->key, strlen (t->key) / 2);

  assert_refused ("key first", "");
  assert_refused ("key first", "rubbish");
  assert_refused ("key first", half);
  assert_refused ("key first", t->certificate);
  assert_refused ("key first", t->certificate, t->key);
  assert_refused ("no unencrypted private key",
                  "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n");
  assert_refused ("no unencrypted private key", "-----END PRIVATE KEY-----\n");
}

static void
test_mismatch (Texts *t, gconstpointer data)
{
  assert_refused ("another key", t->key, t->other_certificate);
  assert_refused ("another key", t->key, t->other_certificate, t->certificate);
}

static void
test_broken_chain (Texts *t, gconstpointer data)
{
  g_autofree char *half = g_strndup (t->certificate, strlen (t->certificate) / 2);

  assert_refused ("certificates after the key", t->key, half);
  assert_refused ("certificates after the key", t->key,
                  "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
  assert_refused ("certificates after the key", t->key, t->other_key);
}

static void
test_size (Texts *t, gconstpointer data)
{
  g_autofree char *blanks = g_strnfill (64 * 1024 - strlen (t->key), '\n');
  g_autoptr (GBytes) key = NULL;
  g_autoptr (GPtrArray) chain = NULL;
  g_autoptr (GError) error = NULL;

  assert_refused ("64 KiB", t->key, blanks, "\n");
  g_assert_true (parse (&key, &chain, &error, t->key, blanks, NULL));
  g_assert_no_error (error);
}

static void
test_good (Texts *t, gconstpointer data)
{
  g_autoptr (GBytes) key = NULL;
  g_autoptr (GBytes) again = NULL;
  g_autoptr (GBytes) alone = NULL;
  g_autoptr (GBytes) key_alone = NULL;
  g_autoptr (GPtrArray) none = NULL;
  g_autoptr (GPtrArray) chain = NULL;
  g_autoptr (GPtrArray) nothing = g_ptr_array_new ();
  g_autoptr (GError) error = NULL;
  g_autofree char *text = NULL;
  g_autofree char *text_alone = NULL;
  g_autofree char *expected = g_strconcat (t->key, t->certificate, t->other_certificate, NULL);

  g_assert_true (parse (&key_alone, &none, &error, t->key, NULL));
  g_assert_no_error (error);
  g_assert_null (none);
  g_assert_true (parse (&key, &chain, &error, t->key, t->certificate, t->other_certificate, NULL));
  g_assert_no_error (error);
  g_assert_true (g_bytes_equal (key, key_alone));
  g_assert_cmpuint (chain->len, ==, 2);
  again = scep_keyfile_pem_build (key, chain, &error);
  alone = scep_keyfile_pem_build (key, nothing, &error);
  g_assert_no_error (error);
  text = to_text (again);
  text_alone = to_text (alone);
  g_assert_cmpstr (text, ==, expected);
  g_assert_cmpstr (text_alone, ==, t->key);
}

/* The text of the key that came, and of one that goes, is zeroed. */
static void
test_secrets (Texts *t, gconstpointer data)
{
  gsize length = strlen (t->key) - strlen ("\n");
  g_autoptr (GPtrArray) chain = NULL;
  g_autoptr (GBytes) key = NULL;
  g_autoptr (GError) error = NULL;
  GBytes *text;
  guint n_before;

  test_cleared_begin ();
  g_assert_true (parse (&key, &chain, &error, t->key, t->certificate, NULL));
  g_assert_cmpuint (test_cleared_count (t->key, length), >=, 2);
  text = scep_keyfile_pem_build (key, chain, &error);
  g_assert_no_error (error);
  n_before = test_cleared_count (t->key, length);
  g_bytes_unref (text);
  g_assert_cmpuint (test_cleared_count (t->key, length), ==, n_before + 1);
}

static void
test_build_fails (Texts *t, gconstpointer data)
{
  g_autoptr (GBytes) rubbish = g_bytes_new_static ("key", 3);
  g_autoptr (GPtrArray) nothing = g_ptr_array_new ();
  g_autoptr (GError) error = NULL;

  g_assert_null (scep_keyfile_pem_build (rubbish, nothing, &error));
  g_assert_error (error, SCEP_ERROR, SCEP_ERROR_INVALID_ENTRY);
}

#define ADD(path, function) g_test_add (path, Texts, NULL, set_up, function, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("/keyfile-pem/encrypted", test_encrypted);
  ADD ("/keyfile-pem/secrets", test_secrets);
  ADD ("/keyfile-pem/no-key", test_no_key);
  ADD ("/keyfile-pem/mismatch", test_mismatch);
  ADD ("/keyfile-pem/broken-chain", test_broken_chain);
  ADD ("/keyfile-pem/size", test_size);
  ADD ("/keyfile-pem/build-fails", test_build_fails);
  ADD ("/keyfile-pem/good", test_good);
  return g_test_run ();
}
