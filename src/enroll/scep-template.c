/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "enroll/scep-template.h"

#include "base/scep-error.h"
#include "base/scep-text.h"

#include <glib/gi18n-lib.h>
#include <string.h>

/* Linux: IFNAMSIZ less the terminating NUL. */
#define MAX_INTERFACE_NAME 15
/* A value of a machine is never longer than this. */
#define MAX_VALUE 255

static const char *const names[] = {
  [SCEP_TEMPLATE_HOSTNAME] = "hostname",         [SCEP_TEMPLATE_FQDN] = "fqdn",
  [SCEP_TEMPLATE_MACHINE_ID] = "machine-id",     [SCEP_TEMPLATE_PRODUCT_SERIAL] = "product-serial",
  [SCEP_TEMPLATE_PRODUCT_UUID] = "product-uuid", [SCEP_TEMPLATE_MAC] = "mac",
  [SCEP_TEMPLATE_PROFILE] = "profile",
};

/**
 * scep_template_is_template:
 *
 * Returns: whether there is something to expand in @text
 */
gboolean
scep_template_is_template (const char *text)
{
  return strstr (text, "${") != NULL;
}

static gboolean
interface_name_is_valid (const char *name)
{
  gsize length = strlen (name);

  if (length == 0 || length > MAX_INTERFACE_NAME || strcmp (name, ".") == 0 ||
      strcmp (name, "..") == 0)
    return FALSE;
  for (const char *p = name; *p != '\0'; p++) {
    if (!g_ascii_isgraph (*p) || *p == '/' || *p == ':')
      return FALSE;
  }
  return TRUE;
}

static gboolean
parse_variable (const char *text, ScepTemplateVariable *variable, const char **argument,
                GError **error)
{
  *argument = NULL;
  if (g_str_has_prefix (text, "mac:")) {
    *variable = SCEP_TEMPLATE_MAC;
    *argument = text + strlen ("mac:");
    if (interface_name_is_valid (*argument))
      return TRUE;
  } else {
    for (guint i = 0; i < G_N_ELEMENTS (names); i++) {
      if (i != SCEP_TEMPLATE_MAC && strcmp (text, names[i]) == 0) {
        *variable = (ScepTemplateVariable) i;
        return TRUE;
      }
    }
  }
  scep_error_set (error, SCEP_ERROR_INVALID_SETTING,
                  _ ("“${%s}” is not known; write ${hostname}, ${fqdn}, ${machine-id}, "
                     "${product-serial}, ${product-uuid}, ${mac:INTERFACE} or ${profile}"),
                  text);
  return FALSE;
}

/* RFC 4514 section 2.4; every special character, wherever it stands. */
static void
append_escaped (GString *out, const char *value)
{
  gsize length = strlen (value);

  for (gsize i = 0; i < length; i++) {
    gboolean at_edge = i == 0 || i == length - 1;

    if (strchr (",+\"\\<>;=#", value[i]) != NULL || (value[i] == ' ' && at_edge))
      g_string_append_c (out, '\\');
    g_string_append_c (out, value[i]);
  }
}

static gboolean
value_is_usable (const char *value)
{
  return value[0] != '\0' && strlen (value) <= MAX_VALUE && g_utf8_validate (value, -1, NULL) &&
         scep_text_is_all_visible (value);
}

static gboolean
append_variable (GString *out, const char *text, gboolean escape, const ScepTemplateSource *source,
                 GError **error)
{
  ScepTemplateVariable variable;
  const char *argument;
  g_autofree char *value = NULL;

  if (!parse_variable (text, &variable, &argument, error))
    return FALSE;
  value = source->lookup (variable, argument, source->user_data, error);
  if (value == NULL)
    return FALSE;
  if (!value_is_usable (value)) {
    scep_error_set (error, SCEP_ERROR_NOT_CONFIGURED,
                    _ ("This machine has no usable value for “${%s}”; set one, or write the name "
                       "itself into SubjectDN or SubjectAltNames"),
                    text);
    return FALSE;
  }
  if (escape)
    append_escaped (out, value);
  else
    g_string_append (out, value);
  return TRUE;
}

static char *
expand (const char *text, gboolean escape, const ScepTemplateSource *source, GError **error)
{
  g_autoptr (GString) out = g_string_new (NULL);
  const char *rest = text;

  for (const char *open = strstr (rest, "${"); open != NULL; open = strstr (rest, "${")) {
    const char *close = strchr (open, '}');
    g_autofree char *inner = NULL;

    if (close == NULL) {
      scep_error_set (error, SCEP_ERROR_INVALID_SETTING, _ ("“%s” has a “${” without its “}”"),
                      text);
      return NULL;
    }
    g_string_append_len (out, rest, open - rest);
    inner = g_strndup (open + 2, (gsize) (close - open - 2));
    if (!append_variable (out, inner, escape, source, error))
      return NULL;
    rest = close + 1;
  }
  g_string_append (out, rest);
  return g_string_free (g_steal_pointer (&out), FALSE);
}

/**
 * scep_template_expand:
 * @text: perhaps with ${...} in it
 * @source: where the values come from
 *
 * Returns: (transfer full) (nullable): @text with this machine's values, or
 *   %NULL with %SCEP_ERROR_INVALID_SETTING for an unknown variable,
 *   %SCEP_ERROR_NOT_CONFIGURED for one without a usable value, or the error
 *   of @source
 */
char *
scep_template_expand (const char *text, const ScepTemplateSource *source, GError **error)
{
  return expand (text, FALSE, source, error);
}

/**
 * scep_template_expand_dn:
 * @dn: an RFC 4514 string, perhaps with ${...} in it
 * @source: where the values come from
 *
 * scep_template_expand() with values escaped: none of them can add an
 * attribute to the name.
 *
 * Returns: (transfer full) (nullable): an RFC 4514 string, or %NULL
 */
char *
scep_template_expand_dn (const char *dn, const ScepTemplateSource *source, GError **error)
{
  return expand (dn, TRUE, source, error);
}

/**
 * scep_template_expand_list:
 * @texts: %NULL-terminated
 * @source: where the values come from
 *
 * Returns: (transfer full) (nullable): each of @texts expanded, or %NULL
 */
char **
scep_template_expand_list (const char *const *texts, const ScepTemplateSource *source,
                           GError **error)
{
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();

  for (guint i = 0; texts[i] != NULL; i++) {
    g_autofree char *expanded = expand (texts[i], FALSE, source, error);

    if (expanded == NULL)
      return NULL;
    g_strv_builder_add (builder, expanded);
  }
  return g_strv_builder_end (builder);
}
