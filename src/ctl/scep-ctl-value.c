/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ctl/scep-ctl-value.h"

#include "ctl/scep-ctl-error.h"
#include "scep-proxy.h"

#include <errno.h>
#include <glib/gi18n-lib.h>

/* Settings whose value may be given as @FILE. */
static const char *const file_settings[] = { "CARootCertificate", "TLSCACertificates", NULL };

static const char *const true_words[] = { "true", "yes", "on", "1", NULL };
static const char *const false_words[] = { "false", "no", "off", "0", NULL };

static const GDBusPropertyInfo *
find_setting (const char *name, GError **error)
{
  const GDBusPropertyInfo *info =
      g_dbus_interface_info_lookup_property (scep_proxy_profile_interface_info (), name);

  if (info == NULL || (info->flags & G_DBUS_PROPERTY_INFO_FLAGS_WRITABLE) == 0) {
    scep_ctl_error_set (error, SCEP_CTL_EXIT_USAGE,
                        _ ("“%s” is not a setting; scepctl configure --help lists them."), name);
    return NULL;
  }
  return info;
}

static GVariant *
parse_boolean (const char *name, const char *text, GError **error)
{
  if (g_strv_contains (true_words, text))
    return g_variant_new_boolean (TRUE);
  if (g_strv_contains (false_words, text))
    return g_variant_new_boolean (FALSE);
  scep_ctl_error_set (error, SCEP_CTL_EXIT_USAGE, _ ("%s is true or false, not “%s”."), name, text);
  return NULL;
}

static GVariant *
parse_number (const char *name, const char *text, GError **error)
{
  guint64 number = 0;

  if (!g_ascii_string_to_unsigned (text, 10, 0, G_MAXUINT32, &number, NULL)) {
    scep_ctl_error_set (error, SCEP_CTL_EXIT_USAGE, _ ("%s is a whole number, not “%s”."), name,
                        text);
    return NULL;
  }
  return g_variant_new_uint32 ((guint32) number);
}

static GVariant *
parse_list (const char *text)
{
  g_auto (GStrv) words = g_strsplit (text, ";", -1);
  g_autoptr (GVariantBuilder) builder = g_variant_builder_new (G_VARIANT_TYPE_STRING_ARRAY);

  for (char **word = words; *word != NULL; word++) {
    g_strstrip (*word);
    if (**word != '\0')
      g_variant_builder_add (builder, "s", *word);
  }
  return g_variant_builder_end (builder);
}

static char *
read_file (const char *path, GError **error)
{
  char *content = NULL;

  if (!g_file_get_contents (path, &content, NULL, NULL))
    scep_ctl_error_set (error, SCEP_CTL_EXIT_FAILED, _ ("Could not read %s: %s."), path,
                        g_strerror (errno));
  return content;
}

static GVariant *
parse_text (const char *name, const char *text, GError **error)
{
  g_autofree char *content = NULL;

  if (text[0] == '@' && g_strv_contains (file_settings, name)) {
    content = read_file (text + 1, error);
    if (content == NULL)
      return NULL;
    text = content;
  }
  if (!g_utf8_validate (text, -1, NULL)) {
    scep_ctl_error_set (error, SCEP_CTL_EXIT_USAGE, _ ("The value of %s is not UTF-8 text."), name);
    return NULL;
  }
  return g_variant_new_string (text);
}

/**
 * scep_ctl_value_parse:
 * @name: a setting
 * @text: its value as typed: lists are separated by ";", a PEM setting may be
 *   "@FILE"
 *
 * Returns: (transfer floating): the value in the type that the interface has
 *   for it; whether it makes sense is the service's to say
 */
GVariant *
scep_ctl_value_parse (const char *name, const char *text, GError **error)
{
  const GDBusPropertyInfo *info = find_setting (name, error);

  if (info == NULL)
    return NULL;
  if (g_str_equal (info->signature, "b"))
    return parse_boolean (name, text, error);
  if (g_str_equal (info->signature, "u"))
    return parse_number (name, text, error);
  if (g_str_equal (info->signature, "as"))
    return parse_list (text);
  return parse_text (name, text, error);
}

static gboolean
parse_assignment (const char *assignment, GVariantDict *settings, GError **error)
{
  const char *equals = strchr (assignment, '=');
  g_autofree char *name = NULL;
  GVariant *value;

  if (equals == NULL || equals == assignment) {
    scep_ctl_error_set (error, SCEP_CTL_EXIT_USAGE,
                        _ ("“%s” is not of the form KEY=VALUE, for example Enabled=true."),
                        assignment);
    return FALSE;
  }
  name = g_strndup (assignment, (gsize) (equals - assignment));
  if (g_str_equal (name, "ChallengePassword")) {
    scep_ctl_error_set (error, SCEP_CTL_EXIT_USAGE,
                        _ ("The challenge password is not taken from the command line, where every "
                           "user of the machine can read it. Use --ask-challenge, or "
                           "--challenge-file with a file or “-” for standard input."));
    return FALSE;
  }
  if (g_variant_dict_contains (settings, name)) {
    scep_ctl_error_set (error, SCEP_CTL_EXIT_USAGE, _ ("%s is given twice."), name);
    return FALSE;
  }
  value = scep_ctl_value_parse (name, equals + 1, error);
  if (value == NULL)
    return FALSE;
  g_variant_dict_insert_value (settings, name, value);
  return TRUE;
}

/**
 * scep_ctl_settings_parse:
 * @assignments: (array zero-terminated=1): KEY=VALUE
 * @settings: what they say is added to it, ready for Configure
 *
 * The challenge password is refused here: arguments are public.
 */
gboolean
scep_ctl_settings_parse (char **assignments, GVariantDict *settings, GError **error)
{
  for (char **assignment = assignments; *assignment != NULL; assignment++) {
    if (!parse_assignment (*assignment, settings, error))
      return FALSE;
  }
  return TRUE;
}
