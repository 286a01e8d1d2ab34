/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "codec/scep-name.h"

#include "fuzz.h"

#include <string.h>

/* A name that an administrator wrote stays the same when it is shown and written again. */
static void
read_text (const char *text)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) der = scep_name_parse (text, &error);
  g_autofree char *shown = NULL;
  g_autoptr (GBytes) again = NULL;

  g_assert_true ((der == NULL) == (error != NULL));
  if (der == NULL)
    return;
  shown = scep_name_to_string (der, &error);
  g_assert_no_error (error);
  again = scep_name_parse (shown, &error);
  g_assert_no_error (error);
  g_assert_true (scep_name_equal (der, again));
}

static void
read_der (GBytes *der)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *shown = scep_name_to_string (der, &error);

  g_assert_true ((shown == NULL) == (error != NULL));
  if (error != NULL)
    fuzz_assert_error (error);
  if (shown == NULL)
    return;
  g_assert_true (g_utf8_validate (shown, -1, NULL));
  g_assert_true (scep_name_equal (der, der));
  fuzz_assert_name (der);
}

static void
read_alt_names (GBytes *der)
{
  g_auto (GStrv) names = scep_alt_names_decode (der, NULL);

  for (guint i = 0; names != NULL && names[i] != NULL; i++)
    g_assert_true (g_utf8_validate (names[i], -1, NULL));
}

static void
read_alt_name (const char *text)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *normal = scep_alt_name_normalize (text, &error);
  g_autofree char *again = NULL;
  g_autoptr (GBytes) der = NULL;
  g_auto (GStrv) decoded = NULL;

  g_assert_true ((normal == NULL) == (error != NULL));
  if (normal == NULL)
    return;
  again = scep_alt_name_normalize (normal, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (normal, ==, again);
  der = scep_alt_names_encode ((const char *const[]){ normal, NULL }, &error);
  g_assert_no_error (error);
  decoded = scep_alt_names_decode (der, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (decoded[0], ==, normal);
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  g_autoptr (GBytes) bytes = g_bytes_new_static (data, size);
  g_autofree char *text = g_strndup ((const char *) data, size);

  fuzz_note_input (data, size);
  read_der (bytes);
  read_alt_names (bytes);
  /* Settings are UTF-8: GLib does not let others in. */
  if (g_utf8_validate (text, -1, NULL)) {
    /* Of a value in hexadecimal nothing is checked. */
    if (strchr (text, '#') == NULL)
      read_text (text);
    read_alt_name (text);
  }
  return 0;
}
