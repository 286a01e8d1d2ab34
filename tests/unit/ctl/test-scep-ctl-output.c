/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ctl/scep-ctl-output.h"

static void
test_time (void)
{
  g_autofree char *none = scep_ctl_format_time (0);
  g_autofree char *some = scep_ctl_format_time (1767225600);
  g_autofree char *far = scep_ctl_format_time (G_MAXUINT64);

  g_assert_null (none);
  g_assert_cmpstr (some, ==, "2026-01-01 00:00:00 UTC");
  g_assert_cmpstr (far, ==, "18446744073709551615 seconds after 1970");
}

static void
test_value (void)
{
  const struct {
    const char *variant;
    const char *text;
  } cases[] = {
    { "'text'", "text" },      { "true", "yes" },      { "false", "no" },
    { "['a', 'b']", "a, b" },  { "@as []", "" },       { "uint64 0", "none" },
    { "uint32 2048", "2048" }, { "(1, 2)", "(1, 2)" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GVariant) value = g_variant_parse (NULL, cases[i].variant, NULL, NULL, NULL);
    g_autofree char *text = scep_ctl_format_value (value);

    g_assert_cmpstr (text, ==, cases[i].text);
  }
}

int
main (int argc, char **argv)
{
  g_setenv ("TZ", "UTC", TRUE);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/ctl/output/time", test_time);
  g_test_add_func ("/ctl/output/value", test_value);
  return g_test_run ();
}
