/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ctl/scep-ctl-value.h"

#include "ctl/scep-ctl-error.h"

#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

static void
assert_refused (const char *assignment, const char *part)
{
  char *assignments[] = { (char *) "Enabled=true", (char *) assignment, NULL };
  GVariantDict settings = G_VARIANT_DICT_INIT (NULL);
  g_autoptr (GError) error = NULL;

  g_assert_false (scep_ctl_settings_parse (assignments, &settings, &error));
  g_assert_error (error, SCEP_CTL_ERROR, (int) SCEP_CTL_EXIT_USAGE);
  g_assert_nonnull (strstr (error->message, part));
  g_variant_dict_clear (&settings);
}

static void
test_refused (void)
{
  assert_refused ("SubjectDN", "KEY=VALUE");
  assert_refused ("=x", "KEY=VALUE");
  assert_refused ("NoSuchSetting=x", "NoSuchSetting");
  assert_refused ("State=enrolled", "State");
  assert_refused ("CARollover=perhaps", "CARollover");
  assert_refused ("RSAKeyLength=long", "RSAKeyLength");
  assert_refused ("RSAKeyLength=-1", "RSAKeyLength");
  assert_refused ("RSAKeyLength=4294967296", "RSAKeyLength");
  assert_refused ("SubjectDN=CN=\xff", "UTF-8");
  assert_refused ("Enabled=false", "twice");
}

static void
test_challenge (void)
{
  char *assignments[] = { (char *) "ChallengePassword=sesame", NULL };
  GVariantDict settings = G_VARIANT_DICT_INIT (NULL);
  g_autoptr (GError) error = NULL;

  g_assert_false (scep_ctl_settings_parse (assignments, &settings, &error));
  g_assert_error (error, SCEP_CTL_ERROR, (int) SCEP_CTL_EXIT_USAGE);
  g_assert_nonnull (strstr (error->message, "--challenge-file"));
  g_assert_null (strstr (error->message, "sesame"));
  g_variant_dict_clear (&settings);
}

static void
test_parsed (void)
{
  const struct {
    const char *name;
    const char *text;
    const char *variant;
  } cases[] = {
    { "Enabled", "true", "true" },
    { "Enabled", "off", "false" },
    { "RSAKeyLength", "3072", "uint32 3072" },
    { "SubjectDN", "CN=a,O=b", "'CN=a,O=b'" },
    { "SubjectDN", "", "''" },
    { "ServerEndpoint", "http://a/?x=y", "'http://a/?x=y'" },
    { "SubjectAltNames", "DNS:a; IP:192.0.2.1;", "['DNS:a', 'IP:192.0.2.1']" },
    { "KeyUsage", "", "@as []" },
    { "SubjectDN", "@not-a-file", "'@not-a-file'" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GError) error = NULL;
    g_autoptr (GVariant) expected = g_variant_parse (NULL, cases[i].variant, NULL, NULL, NULL);
    g_autoptr (GVariant) value = scep_ctl_value_parse (cases[i].name, cases[i].text, &error);

    g_assert_no_error (error);
    g_variant_ref_sink (value);
    g_assert_cmpvariant (value, expected);
  }
}

static void
test_file (void)
{
  g_autofree char *path = NULL;
  g_autofree char *argument = NULL;
  g_autoptr (GVariant) value = NULL;
  g_autoptr (GError) error = NULL;
  int fd = g_file_open_tmp ("scep-ctl-XXXXXX", &path, NULL);

  g_assert_null (scep_ctl_value_parse ("CARootCertificate", "@/nonexistent/ca.pem", &error));
  g_assert_error (error, SCEP_CTL_ERROR, SCEP_CTL_EXIT_FAILED);
  g_assert_nonnull (strstr (error->message, " /nonexistent/ca.pem: "));
  g_clear_error (&error);

  g_assert_cmpint (write (fd, "PEM\n", 4), ==, 4);
  close (fd);
  argument = g_strconcat ("@", path, NULL);
  value = scep_ctl_value_parse ("CARootCertificate", argument, &error);
  g_assert_no_error (error);
  g_variant_ref_sink (value);
  g_assert_cmpstr (g_variant_get_string (value, NULL), ==, "PEM\n");
  g_unlink (path);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/ctl/value/refused", test_refused);
  g_test_add_func ("/ctl/value/challenge", test_challenge);
  g_test_add_func ("/ctl/value/parsed", test_parsed);
  g_test_add_func ("/ctl/value/file", test_file);
  return g_test_run ();
}
