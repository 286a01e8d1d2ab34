/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "codec/scep-name-attribute.h"

#include "base/scep-error.h"

#include "codec/scep-asn1.h"
#include "codec/scep-cms.h"
#include "codec/scep-der-string.h"

#include <glib/gi18n-lib.h>
#include <string.h>

typedef enum {
  SYNTAX_DIRECTORY, /* a DirectoryString, RFC 5280 appendix A.1 */
  SYNTAX_COUNTRY,   /* a PrintableString of two letters */
  SYNTAX_PRINTABLE, /* a PrintableString, whatever is in it */
  SYNTAX_IA5,
} Syntax;

/* The first row of an OID has the name that is written. */
static const struct {
  const char *name;
  const char *oid;
  Syntax syntax;
} attributes[] = {
  { "CN", "2.5.4.3", SYNTAX_DIRECTORY },
  { "L", "2.5.4.7", SYNTAX_DIRECTORY },
  { "ST", "2.5.4.8", SYNTAX_DIRECTORY },
  { "O", "2.5.4.10", SYNTAX_DIRECTORY },
  { "OU", "2.5.4.11", SYNTAX_DIRECTORY },
  { "C", "2.5.4.6", SYNTAX_COUNTRY },
  { "STREET", "2.5.4.9", SYNTAX_DIRECTORY },
  { "DC", "0.9.2342.19200300.100.1.25", SYNTAX_IA5 },
  { "UID", "0.9.2342.19200300.100.1.1", SYNTAX_DIRECTORY },
  { "emailAddress", "1.2.840.113549.1.9.1", SYNTAX_IA5 },
  { "serialNumber", "2.5.4.5", SYNTAX_PRINTABLE },
  { "title", "2.5.4.12", SYNTAX_DIRECTORY },
  { "GN", "2.5.4.42", SYNTAX_DIRECTORY },
  { "SN", "2.5.4.4", SYNTAX_DIRECTORY },
  { "initials", "2.5.4.43", SYNTAX_DIRECTORY },
  { "generationQualifier", "2.5.4.44", SYNTAX_DIRECTORY },
  { "dnQualifier", "2.5.4.46", SYNTAX_PRINTABLE },
  { "pseudonym", "2.5.4.65", SYNTAX_DIRECTORY },
  { "name", "2.5.4.41", SYNTAX_DIRECTORY },
  { "description", "2.5.4.13", SYNTAX_DIRECTORY },
  { "businessCategory", "2.5.4.15", SYNTAX_DIRECTORY },
  { "postalCode", "2.5.4.17", SYNTAX_DIRECTORY },
  { "organizationIdentifier", "2.5.4.97", SYNTAX_DIRECTORY },
  { "unstructuredName", "1.2.840.113549.1.9.2", SYNTAX_DIRECTORY },
  { "unstructuredAddress", "1.2.840.113549.1.9.8", SYNTAX_DIRECTORY },
  { "commonName", "2.5.4.3", SYNTAX_DIRECTORY },
  { "localityName", "2.5.4.7", SYNTAX_DIRECTORY },
  { "stateOrProvinceName", "2.5.4.8", SYNTAX_DIRECTORY },
  { "S", "2.5.4.8", SYNTAX_DIRECTORY },
  { "organizationName", "2.5.4.10", SYNTAX_DIRECTORY },
  { "organizationalUnitName", "2.5.4.11", SYNTAX_DIRECTORY },
  { "countryName", "2.5.4.6", SYNTAX_COUNTRY },
  { "streetAddress", "2.5.4.9", SYNTAX_DIRECTORY },
  { "domainComponent", "0.9.2342.19200300.100.1.25", SYNTAX_IA5 },
  { "userId", "0.9.2342.19200300.100.1.1", SYNTAX_DIRECTORY },
  { "E", "1.2.840.113549.1.9.1", SYNTAX_IA5 },
  { "email", "1.2.840.113549.1.9.1", SYNTAX_IA5 },
  { "T", "2.5.4.12", SYNTAX_DIRECTORY },
  { "givenName", "2.5.4.42", SYNTAX_DIRECTORY },
  { "G", "2.5.4.42", SYNTAX_DIRECTORY },
  { "surname", "2.5.4.4", SYNTAX_DIRECTORY },
};

/**
 * scep_name_attribute_to_oid:
 * @name_or_oid: "CN", "commonName", "2.5.4.3" or "OID.2.5.4.3", in any case
 *
 * Returns: (nullable): the OID, which may lie in @name_or_oid, or %NULL where
 *   it is unknown
 */
const char *
scep_name_attribute_to_oid (const char *name_or_oid)
{
  for (guint i = 0; i < G_N_ELEMENTS (attributes); i++) {
    if (g_ascii_strcasecmp (name_or_oid, attributes[i].name) == 0)
      return attributes[i].oid;
  }
  if (g_ascii_strncasecmp (name_or_oid, "OID.", 4) == 0)
    name_or_oid += 4;
  return scep_oid_is_valid (name_or_oid) ? name_or_oid : NULL;
}

/**
 * scep_name_attribute_from_oid:
 *
 * Returns: (nullable): the attribute's name, or %NULL where it has none
 */
const char *
scep_name_attribute_from_oid (const char *oid)
{
  for (guint i = 0; i < G_N_ELEMENTS (attributes); i++) {
    if (strcmp (oid, attributes[i].oid) == 0)
      return attributes[i].name;
  }
  return NULL;
}

static Syntax
get_syntax (const char *oid)
{
  for (guint i = 0; i < G_N_ELEMENTS (attributes); i++) {
    if (strcmp (oid, attributes[i].oid) == 0)
      return attributes[i].syntax;
  }
  return SYNTAX_DIRECTORY;
}

static gboolean
is_country (const char *text)
{
  return strlen (text) == 2 && g_ascii_isalpha (text[0]) && g_ascii_isalpha (text[1]);
}

/**
 * scep_name_attribute_encode:
 * @oid: of the attribute
 * @text: its value, UTF-8, not empty
 *
 * Returns: (transfer full): the DER of the value in the string type that is
 *   due to the attribute, or %NULL with %SCEP_ERROR_INVALID_SETTING
 */
GBytes *
scep_name_attribute_encode (const char *oid, const char *text, GError **error)
{
  gsize length = strlen (text);
  g_autoptr (GBytes) content = NULL;

  switch (get_syntax (oid)) {
  case SYNTAX_COUNTRY:
    if (is_country (text))
      break;
    scep_error_set (
        error, SCEP_ERROR_INVALID_SETTING,
        _ ("the country C in the name is “%s”; it must be a code of two letters, such as DE"),
        text);
    return NULL;
  case SYNTAX_IA5:
    if (scep_text_is_ia5 (text, length)) {
      content = g_bytes_new_static (text, length);
      return scep_der_wrap (SCEP_TAG_IA5_STRING, content);
    }
    scep_error_set (error, SCEP_ERROR_INVALID_SETTING,
                    _ ("the attribute %s in the name is “%s”; it can hold ASCII characters only"),
                    scep_name_attribute_from_oid (oid), text);
    return NULL;
  case SYNTAX_PRINTABLE:
    if (scep_text_is_printable (text, length))
      break;
    scep_error_set (
        error, SCEP_ERROR_INVALID_SETTING,
        _ ("the attribute %s in the name is “%s”; it can hold letters and digits of ASCII, blanks "
           "and '()+,-./:=? only (a PrintableString, RFC 5280)"),
        scep_name_attribute_from_oid (oid), text);
    return NULL;
  case SYNTAX_DIRECTORY:
  default:
    break;
  }
  return scep_directory_string_encode (text, length);
}
