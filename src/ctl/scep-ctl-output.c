/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ctl/scep-ctl-output.h"

#include "ctl/scep-ctl-json.h"

#include <glib/gi18n-lib.h>
#include <stdio.h>

#define LABEL_WIDTH 18

/* Letters of East Asia take two columns of a terminal, combining marks none. */
static gsize
count_columns (const char *text)
{
  gsize columns = 0;

  for (const char *p = text; *p != '\0'; p = g_utf8_next_char (p)) {
    gunichar c = g_utf8_get_char (p);

    if (!g_unichar_iszerowidth (c))
      columns += g_unichar_iswide (c) ? 2 : 1;
  }
  return columns;
}

/**
 * scep_ctl_pad:
 * @text: in UTF-8
 * @width: in columns of a terminal
 *
 * Returns: (transfer full): @text with spaces up to @width, where it is shorter
 */
char *
scep_ctl_pad (const char *text, gsize width)
{
  gsize columns = count_columns (text);
  g_autofree char *spaces = g_strnfill (columns < width ? width - columns : 0, ' ');

  return g_strconcat (text, spaces, NULL);
}

/**
 * scep_ctl_print_row:
 * @text: (nullable): nothing is printed where there is none
 *
 * Prints a label and what belongs to it.
 */
void
scep_ctl_print_row (const char *label, const char *text)
{
  g_autofree char *padded = scep_ctl_pad (label, LABEL_WIDTH);

  if (text != NULL && *text != '\0')
    g_print ("%s %s\n", padded, text);
}

/**
 * scep_ctl_print_json:
 * @value: (transfer floating):
 *
 * Prints @value as one line of JSON, at once also into a pipe.
 */
void
scep_ctl_print_json (GVariant *value)
{
  g_autoptr (GVariant) owned = g_variant_ref_sink (value);
  g_autofree char *json = scep_ctl_json (owned);

  g_print ("%s\n", json);
  fflush (stdout);
}

/* A time that no calendar has. */
static char *
format_number_of_seconds (guint64 seconds)
{
  g_autofree char *number = g_strdup_printf ("%" G_GUINT64_FORMAT, seconds);

  return g_strdup_printf (_ ("%s seconds after 1970"), number);
}

/**
 * scep_ctl_format_time:
 * @seconds: since 1970, 0 for none
 *
 * Returns: (transfer full) (nullable): the time in the local zone
 */
char *
scep_ctl_format_time (guint64 seconds)
{
  g_autoptr (GDateTime) utc = NULL;
  g_autoptr (GDateTime) local = NULL;

  if (seconds == 0)
    return NULL;
  utc = seconds <= G_MAXINT64 ? g_date_time_new_from_unix_utc ((gint64) seconds) : NULL;
  if (utc == NULL)
    return format_number_of_seconds (seconds);
  local = g_date_time_to_local (utc);
  return g_date_time_format (local, "%Y-%m-%d %H:%M:%S %Z");
}

/**
 * scep_ctl_format_value:
 *
 * Returns: (transfer full): @value for people: times as such, lists with commas
 */
char *
scep_ctl_format_value (GVariant *value)
{
  if (g_variant_is_of_type (value, G_VARIANT_TYPE_STRING))
    return g_variant_dup_string (value, NULL);
  if (g_variant_is_of_type (value, G_VARIANT_TYPE_BOOLEAN))
    return g_strdup (g_variant_get_boolean (value) ? _ ("yes") : _ ("no"));
  if (g_variant_is_of_type (value, G_VARIANT_TYPE_UINT64)) {
    char *time = scep_ctl_format_time (g_variant_get_uint64 (value));

    return time != NULL ? time : g_strdup (_ ("none"));
  }
  if (g_variant_is_of_type (value, G_VARIANT_TYPE_STRING_ARRAY)) {
    g_autofree const char **words = g_variant_get_strv (value, NULL);

    return g_strjoinv (", ", (char **) words);
  }
  return g_variant_print (value, FALSE);
}

/**
 * scep_ctl_begin_pem:
 * @argv: (inout): as of scep_ctl_parse()
 * @output: (out) (nullable): the file for scep_ctl_give_pem()
 *
 * Begins a verb that asks a profile for something in PEM.
 *
 * Returns: (transfer full) (nullable): the profile
 */
ScepProxyProfile *
scep_ctl_begin_pem (ScepCtl *self, const ScepCtlVerb *verb, GStrv *argv, char **output,
                    GError **error)
{
  const GOptionEntry options[] = {
    { "output", 'o', 0, G_OPTION_ARG_FILENAME, output,
      N_ ("The file to write, instead of standard output"), N_ ("FILE") },
    G_OPTION_ENTRY_NULL,
  };

  return scep_ctl_parse (self, verb, options, argv, error) ? scep_ctl_get_profile (self, error)
                                                           : NULL;
}

/**
 * scep_ctl_give_pem:
 * @name: what JSON calls it
 * @output: (nullable): the file to write, instead of standard output
 *
 * Gives out what a verb was asked for.
 */
gboolean
scep_ctl_give_pem (ScepCtl *self, const char *name, const char *pem, const char *output,
                   GError **error)
{
  GVariantDict dict = G_VARIANT_DICT_INIT (NULL);
  g_autoptr (GError) local_error = NULL;

  if (output != NULL) {
    if (g_file_set_contents (output, pem, -1, &local_error))
      return TRUE;
    scep_ctl_error_set (error, SCEP_CTL_EXIT_FAILED, _ ("%s could not be written: %s"), output,
                        local_error->message);
    return FALSE;
  }
  if (self->json) {
    g_variant_dict_insert (&dict, name, "s", pem);
    scep_ctl_print_json (g_variant_dict_end (&dict));
  } else {
    g_print ("%s", pem);
  }
  return TRUE;
}
