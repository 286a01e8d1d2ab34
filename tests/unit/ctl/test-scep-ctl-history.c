/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ctl/scep-ctl-history.h"

static void
test_details (void)
{
  const struct {
    const char *details;
    const char *text;
  } cases[] = {
    { "@a{sv} {}", "" },
    { "{'Error': <'org.example.X'>, 'Message': <'It is down.'>}", "It is down." },
    { "{'Count': <uint32 3>, 'FirstTime': <uint64 1767225600>, 'Message': <'No.'>}",
      "No., times 3, since 2026-01-01 00:00:00 UTC" },
    { "{'NotAfter': <uint64 1767225600>, 'Fingerprint': <'ab'>, 'SerialNumber': <'0f'>}",
      "fingerprint ab, serial number 0f, valid until 2026-01-01 00:00:00 UTC" },
    { "{'CAFingerprints': <['ab', 'cd']>}", "ab, cd" },
    { "{'FromTheFuture': <true>, 'Subject': <'CN=a'>}", "CN=a, FromTheFuture yes" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GVariant) details = g_variant_parse (NULL, cases[i].details, NULL, NULL, NULL);
    g_autofree char *text = scep_ctl_format_details (details);

    g_assert_cmpstr (text, ==, cases[i].text);
  }
}

int
main (int argc, char **argv)
{
  g_setenv ("TZ", "UTC", TRUE);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/ctl/history/details", test_details);
  return g_test_run ();
}
