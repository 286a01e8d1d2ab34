/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "enroll/scep-path.h"

#include "base/scep-error.h"
#include "certificate-factory.h"
#include "path-cases.h"

#include <openssl/x509_vfy.h>

#define NOW G_GINT64_CONSTANT (1760000000)
#define N_MAX 4

/* Each place in a path has its key. */
static EVP_PKEY *keys[N_MAX];

/* A path of 2 to 4 certificates, the anchor first. */
typedef struct {
  TestCertificate *certificates[N_MAX];
  guint length;
} Path;

static void
path_clear (Path *path)
{
  for (guint i = 0; i < path->length; i++)
    test_certificate_free (path->certificates[i]);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Path, path_clear)

static void
add (Path *path, const char *subject, const char *extensions, EVP_PKEY *key)
{
  TestCertificate *issuer = path->length > 0 ? path->certificates[path->length - 1] : NULL;
  TestCertificateSpec spec = {
    .subject = subject,
    .serial = 1 + (long) path->length,
    .extensions = extensions,
    .not_before = NOW - 86400,
    .not_after = NOW + 86400,
  };

  path->certificates[path->length++] = test_certificate_new (&spec, issuer, key);
}

static const char *
or_default (const char *given, const char *usual)
{
  return given != NULL ? given : usual;
}

static void
path_build (Path *path, const PathCase *row)
{
  *path = (Path){ .length = 0 };
  add (path, "/O=Test/CN=Root", or_default (row->root, PATH_ROOT), keys[0]);
  add (path, "/O=Test/CN=CA", or_default (row->ca, PATH_CA), keys[1]);
  if (row->lower != NULL)
    add (path, or_default (row->lower_subject, "/O=Test/CN=Lower"), row->lower, keys[2]);
  add (path, or_default (row->end_subject, "/O=Test/CN=end"), or_default (row->end, PATH_END),
       keys[3]);
}

/* Does the service take the last one for an RA, or for the CA that it is? */
static gboolean
judge (const Path *path, GError **error)
{
  ScepPathRules rules = { SCEP_POLICY_DEFAULT, NOW };
  ScepChainLink links[N_MAX];
  ScepWarnings warnings = SCEP_WARNING_NONE;

  for (guint i = 0; i < path->length; i++) {
    ScepDigest digest;

    links[i] = (ScepChainLink){ path->certificates[i]->certificate, i > 0 ? &links[i - 1] : NULL };
    if (i == 0) {
      if (!scep_path_check_anchor (links[0].certificate, &rules, &warnings, error))
        return FALSE;
      continue;
    }
    if (!scep_certificate_is_issued_by (links[i].certificate, links[i - 1].certificate, &digest,
                                        error) ||
        !scep_path_check (links[i].certificate, &links[i - 1], digest, &rules, &warnings, error))
      return FALSE;
  }
  g_assert_cmpint (warnings, ==, SCEP_WARNING_NONE);
  return TRUE;
}

/* What OpenSSL says of the same path; 0 is a yes. */
static int
ask_openssl (const Path *path)
{
  X509_STORE *store = X509_STORE_new ();
  X509_STORE_CTX *context = X509_STORE_CTX_new ();
  STACK_OF (X509) *others = sk_X509_new_null ();
  int result;

  X509_STORE_add_cert (store, path->certificates[0]->x509);
  for (guint i = 1; i + 1 < path->length; i++)
    sk_X509_push (others, path->certificates[i]->x509);
  g_assert_true (
      X509_STORE_CTX_init (context, store, path->certificates[path->length - 1]->x509, others));
  X509_STORE_CTX_set_time (context, 0, (time_t) NOW);
  X509_STORE_CTX_set_flags (context, X509_V_FLAG_X509_STRICT);
  X509_verify_cert (context);
  result = X509_STORE_CTX_get_error (context);
  sk_X509_free (others);
  X509_STORE_CTX_free (context);
  X509_STORE_free (store);
  return result;
}

/* Whether this OpenSSL does not refuse any more what an earlier one did. */
static gboolean
has_agreed (const PathCase *row)
{
  return row->openssl_agrees_from != 0 && OpenSSL_version_num () >= row->openssl_agrees_from;
}

static void
test_case (gconstpointer data)
{
  const PathCase *row = data;
  g_auto (Path) path;
  g_autoptr (GError) error = NULL;
  gboolean accepted;
  int verdict;

  path_build (&path, row);
  accepted = judge (&path, &error);
  verdict = ask_openssl (&path);
  g_test_message ("we: %s; OpenSSL: %s", accepted ? "yes" : error->message,
                  X509_verify_cert_error_string (verdict));
  g_assert_true (accepted == row->accepted);
  if (!accepted)
    g_assert_error (error, SCEP_ERROR, SCEP_ERROR_UNTRUSTED_CA);
  /* Whatever is trusted here is to be of use to who verifies it with OpenSSL. */
  if (accepted && row->openssl_refuses == NULL)
    g_assert_cmpint (verdict, ==, X509_V_OK);
  if (row->openssl_refuses != NULL)
    g_assert_true ((verdict == X509_V_OK) == has_agreed (row));
  if (row->openssl_accepts != NULL)
    g_assert_cmpint (verdict, ==, X509_V_OK);
  else if (!accepted)
    g_assert_cmpint (verdict, !=, X509_V_OK);
}

int
main (int argc, char **argv)
{
  guint n_cases;
  const PathCase *cases = path_cases_get (&n_cases);
  int result;

  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < N_MAX; i++)
    keys[i] = test_key_new (0);
  for (guint i = 0; i < n_cases; i++) {
    g_autofree char *name = g_strconcat ("/path/", cases[i].name, NULL);

    g_test_add_data_func (name, &cases[i], test_case);
  }
  result = g_test_run ();
  for (guint i = 0; i < N_MAX; i++)
    EVP_PKEY_free (keys[i]);
  return result;
}
