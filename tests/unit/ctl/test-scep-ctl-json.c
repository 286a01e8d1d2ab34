/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ctl/scep-ctl-json.h"

static void
test_values (void)
{
  const struct {
    const char *variant;
    const char *json;
  } cases[] = {
    { "true", "true" },
    { "false", "false" },
    { "byte 0x0a", "10" },
    { "uint32 4294967295", "4294967295" },
    { "uint64 18446744073709551615", "18446744073709551615" },
    { "-5", "-5" },
    { "''", "\"\"" },
    { "'a \"quoted\" \\\\ word'", "\"a \\\"quoted\\\" \\\\ word\"" },
    { "'two\\nlines\\tand \\u001b[31m\\u007f'", "\"two\\nlines\\u0009and \\u001b[31m\\u007f\"" },
    { "'Ä€'", "\"Ä€\"" },
    { "objectpath '/org/example'", "\"/org/example\"" },
    { "@as []", "[]" },
    { "['a', 'b']", "[\"a\", \"b\"]" },
    { "('a', uint32 1)", "[\"a\", 1]" },
    { "@a{sv} {}", "{}" },
    { "{'b': <true>, 'l': <['x']>}", "{\"b\": true, \"l\": [\"x\"]}" },
    { "[{'n': <uint64 7>}]", "[{\"n\": 7}]" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GError) error = NULL;
    g_autoptr (GVariant) value = g_variant_parse (NULL, cases[i].variant, NULL, NULL, &error);
    g_autofree char *json = NULL;

    g_assert_no_error (error);
    json = scep_ctl_json (value);
    g_assert_cmpstr (json, ==, cases[i].json);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/ctl/json/values", test_values);
  return g_test_run ();
}
