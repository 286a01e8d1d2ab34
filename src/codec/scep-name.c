/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "codec/scep-name.h"

#include "base/scep-error.h"
#include "base/scep-text.h"

#include "codec/scep-asn1.h"
#include "codec/scep-cms.h"
#include "codec/scep-der-string.h"
#include "codec/scep-name-attribute.h"
#include "codec/scep-name-private.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#define SPECIALS ",+\"\\<>;"

/* Bytes of DER. To compare text can take time that grows with the square of its length. */
#define MAX_LENGTH 4096

/* Where the reader of an RFC 4514 string is. */
typedef struct {
  const char *text;
  const char *next;
} NameReader;

/* @format: "it has …", about the name */
G_GNUC_PRINTF (3, 4)
static void
refuse (NameReader *reader, GError **error, const char *format, ...)
{
  g_autofree char *what = NULL;
  va_list args;

  va_start (args, format);
  what = g_strdup_vprintf (format, args);
  va_end (args);
  scep_error_set (error, SCEP_ERROR_INVALID_SETTING, _ ("the name “%s” is not valid: %s"),
                  reader->text, what);
}

static void
skip_spaces (NameReader *reader)
{
  while (*reader->next == ' ')
    reader->next++;
}

/* (nullable): the OID of the attribute before the next "=" */
static char *
read_type (NameReader *reader, GError **error)
{
  gsize length = strcspn (reader->next, "=" SPECIALS);
  g_autofree char *type = g_strndup (reader->next, length);
  const char *oid;

  g_strstrip (type);
  if (reader->next[length] != '=') {
    refuse (reader, error,
            _ ("it has “%s” where an attribute and its value are due, such as CN=value; a comma or "
               "plus sign within a value is written with a backslash before it"),
            type);
    return NULL;
  }
  oid = scep_name_attribute_to_oid (type);
  if (oid == NULL) {
    refuse (reader, error,
            _ ("it has the unknown attribute “%s”; use one such as CN, O, OU, C, DC, serialNumber "
               "or an OID"),
            type);
    return NULL;
  }
  reader->next += length + 1;
  return g_strdup (oid);
}

/* The character or byte after a backslash. */
static gboolean
read_escape (NameReader *reader, GString *value, GError **error)
{
  const char *p = reader->next + 1;

  if (g_ascii_isxdigit (p[0]) && g_ascii_isxdigit (p[1])) {
    g_string_append_c (value,
                       (char) (g_ascii_xdigit_value (p[0]) << 4 | g_ascii_xdigit_value (p[1])));
    reader->next += 3;
    return TRUE;
  }
  if (*p == '\0' || strchr (SPECIALS " #=", *p) == NULL) {
    refuse (reader, error,
            _ ("it has a backslash that escapes nothing; write a backslash itself as two of them"));
    return FALSE;
  }
  g_string_append_c (value, *p);
  reader->next += 2;
  return TRUE;
}

static gboolean
read_quoted (NameReader *reader, GString *value, GError **error)
{
  reader->next++;
  while (*reader->next != '"') {
    if (*reader->next == '\0') {
      refuse (reader, error, _ ("it has a quotation mark that is never closed"));
      return FALSE;
    }
    if (*reader->next != '\\')
      g_string_append_c (value, *reader->next++);
    else if (!read_escape (reader, value, error))
      return FALSE;
  }
  reader->next++;
  return TRUE;
}

static gboolean
read_plain (NameReader *reader, GString *value, GError **error)
{
  gsize kept = 0;

  while (*reader->next != '\0' && *reader->next != ',' && *reader->next != '+') {
    char c = *reader->next;

    if (c == '\\') {
      if (!read_escape (reader, value, error))
        return FALSE;
    } else if (strchr (SPECIALS, c) != NULL) {
      refuse (reader, error,
              _ ("it has the character %c within a value; write a backslash before it"), c);
      return FALSE;
    } else {
      g_string_append_c (value, c);
      reader->next++;
    }
    if (c != ' ')
      kept = value->len;
  }
  /* Spaces at the end are no part of the value, unless they were escaped. */
  g_string_truncate (value, kept);
  return TRUE;
}

/* The DER of a value written in hexadecimal digits, which stand after a "#". */
static GBytes *
read_hex (NameReader *reader, GError **error)
{
  g_autoptr (GByteArray) array = g_byte_array_new ();
  g_autoptr (GBytes) der = NULL;
  g_autoptr (GBytes) content = NULL;
  const char *p = reader->next + 1;

  for (; g_ascii_isxdigit (p[0]) && g_ascii_isxdigit (p[1]); p += 2) {
    guint8 octet = (guint8) (g_ascii_xdigit_value (p[0]) << 4 | g_ascii_xdigit_value (p[1]));

    g_byte_array_append (array, &octet, 1);
  }
  reader->next = p;
  skip_spaces (reader);
  der = g_byte_array_free_to_bytes (g_steal_pointer (&array));
  if (g_bytes_get_size (der) > 0 && strchr (",+", *reader->next) != NULL &&
      scep_ber_check_limits (der, NULL))
    content = scep_cms_get_primitive (der, ((const guint8 *) g_bytes_get_data (der, NULL))[0]);
  if (content == NULL) {
    refuse (reader, error,
            _ ("it has a value that begins with #, but is not the hexadecimal form of one DER "
               "element; write \\# where the number sign itself is meant"));
    return NULL;
  }
  return g_steal_pointer (&der);
}

static GBytes *
encode_value (NameReader *reader, const char *oid, GString *value, GError **error)
{
  const char *name = scep_name_attribute_from_oid (oid);

  name = name != NULL ? name : oid;
  if (value->len == 0) {
    refuse (reader, error, _ ("it has no value for %s; give one or leave the attribute out"), name);
    return NULL;
  }
  if (memchr (value->str, '\0', value->len) != NULL) {
    refuse (
        reader, error,
        _ ("it has a NUL character (\\00) in the value for %s, which no name can have; leave it "
           "out"),
        name);
    return NULL;
  }
  if (!g_utf8_validate (value->str, (gssize) value->len, NULL)) {
    refuse (reader, error, _ ("it has a value for %s that is not UTF-8 text"), name);
    return NULL;
  }
  return scep_name_attribute_encode (oid, value->str, error);
}

static GBytes *
read_value (NameReader *reader, const char *oid, GError **error)
{
  g_autoptr (GString) value = g_string_new (NULL);
  gboolean is_good;

  skip_spaces (reader);
  if (*reader->next == '#')
    return read_hex (reader, error);
  if (*reader->next == '"')
    is_good = read_quoted (reader, value, error);
  else
    is_good = read_plain (reader, value, error);
  if (!is_good)
    return NULL;
  skip_spaces (reader);
  if (*reader->next != '\0' && *reader->next != ',' && *reader->next != '+') {
    refuse (reader, error, _ ("it has text behind a quoted value; put a comma between them"));
    return NULL;
  }
  return encode_value (reader, oid, value, error);
}

/* The DER of one RelativeDistinguishedName, with the comma behind it. */
static GBytes *
read_rdn (NameReader *reader, GError **error)
{
  g_autoptr (ScepAsn1) rdn = scep_asn1_create ("RelativeDistinguishedName");
  gboolean more = TRUE;

  for (guint n = 1; more; n++) {
    g_autofree char *oid = read_type (reader, error);
    g_autoptr (GBytes) value = oid != NULL ? read_value (reader, oid, error) : NULL;

    if (value == NULL)
      return NULL;
    scep_asn1_append (rdn, "");
    scep_asn1_set_string (rdn, "?LAST.type", oid);
    scep_asn1_set_bytes (rdn, "?LAST.value", value);
    more = *reader->next == '+';
    if (more && n == SCEP_CMS_MAX_ELEMENTS) {
      refuse (reader, error, _ ("it has more than %d parts"), SCEP_CMS_MAX_ELEMENTS);
      return NULL;
    }
    if (more)
      reader->next++;
  }
  return scep_asn1_encode (rdn);
}

/* @rdns: (element-type GBytes): the most specific first, DER has it last */
static GBytes *
encode_name (GPtrArray *rdns)
{
  g_autoptr (GByteArray) array = g_byte_array_new ();
  g_autoptr (GBytes) content = NULL;

  for (guint i = rdns->len; i > 0; i--) {
    gsize length;
    const guint8 *data = g_bytes_get_data (g_ptr_array_index (rdns, i - 1), &length);

    g_byte_array_append (array, data, (guint) length);
  }
  content = g_byte_array_free_to_bytes (g_steal_pointer (&array));
  return scep_der_wrap (SCEP_TAG_SEQUENCE, content);
}

/**
 * scep_name_parse:
 * @rfc4514: UTF-8, for example "CN=gateway 7,O=Example\, Inc.,C=DE"; spaces
 *   around its signs and values in quotation marks are accepted too
 *
 * Reads the string form of a distinguished name (RFC 4514), which is written
 * most specific first. The empty string is the empty name.
 *
 * Returns: (transfer full): the DER of a Name (RFC 5280 section 4.1.2.4), or
 *   %NULL with %SCEP_ERROR_INVALID_SETTING
 */
GBytes *
scep_name_parse (const char *rfc4514, GError **error)
{
  g_autoptr (GPtrArray) rdns = g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
  g_autoptr (GBytes) name = NULL;
  NameReader reader = { rfc4514, rfc4514 };

  skip_spaces (&reader);
  while (*reader.next != '\0') {
    GBytes *rdn = read_rdn (&reader, error);

    if (rdn == NULL)
      return NULL;
    g_ptr_array_add (rdns, rdn);
    if (rdns->len > SCEP_CMS_MAX_ELEMENTS) {
      refuse (&reader, error, _ ("it has more than %d parts"), SCEP_CMS_MAX_ELEMENTS);
      return NULL;
    }
    if (*reader.next != ',')
      break;
    reader.next++;
    if (reader.next[strspn (reader.next, " ")] == '\0') {
      refuse (&reader, error, _ ("it ends with a comma; remove it"));
      return NULL;
    }
  }
  name = encode_name (rdns);
  if (g_bytes_get_size (name) > MAX_LENGTH) {
    refuse (&reader, error, _ ("it is longer than %d bytes"), MAX_LENGTH);
    return NULL;
  }
  return g_steal_pointer (&name);
}

/* One attribute of a decoded Name, counted from 1. */
gboolean
scep_name_get_attribute (ScepAsn1 *name, guint rdn, guint attribute, char **oid, GBytes **value)
{
  g_autofree char *type_field = g_strdup_printf ("?%u.?%u.type", rdn, attribute);
  g_autofree char *value_field = g_strdup_printf ("?%u.?%u.value", rdn, attribute);

  *oid = scep_asn1_get_oid (name, type_field);
  *value = scep_asn1_get (name, value_field);
  return *oid != NULL && *value != NULL;
}

guint
scep_name_count_attributes (ScepAsn1 *name, guint rdn)
{
  g_autofree char *field = g_strdup_printf ("?%u", rdn);

  return scep_asn1_count (name, field);
}

/* The work grows with the square of these numbers: what nobody needs is refused. */
static gboolean
has_few_parts (ScepAsn1 *name)
{
  guint n_rdns = scep_asn1_count (name, "");

  if (n_rdns > SCEP_CMS_MAX_ELEMENTS)
    return FALSE;
  for (guint rdn = 1; rdn <= n_rdns; rdn++) {
    if (scep_name_count_attributes (name, rdn) > SCEP_CMS_MAX_ELEMENTS)
      return FALSE;
  }
  return TRUE;
}

ScepAsn1 *
scep_name_decode (GBytes *der, GError **error)
{
  g_autoptr (ScepAsn1) name = NULL;

  if (g_bytes_get_size (der) > MAX_LENGTH) {
    scep_error_set (error, SCEP_ERROR_MALFORMED_REPLY,
                    _ ("A distinguished name is longer than %d bytes."), MAX_LENGTH);
    return NULL;
  }
  name = scep_asn1_decode ("Name", der, error);
  if (name == NULL)
    return NULL;
  if (!has_few_parts (name)) {
    scep_error_set (error, SCEP_ERROR_MALFORMED_REPLY,
                    _ ("A distinguished name has more than %d parts."), SCEP_CMS_MAX_ELEMENTS);
    return NULL;
  }
  return g_steal_pointer (&name);
}

static void
append_escaped (GString *string, const char *text)
{
  for (const char *p = text; *p != '\0'; p = g_utf8_next_char (p)) {
    gsize length = (gsize) (g_utf8_next_char (p) - p);
    gboolean outer = p == text || p[1] == '\0';

    if (!scep_text_is_visible (g_utf8_get_char (p))) {
      for (gsize i = 0; i < length; i++)
        g_string_append_printf (string, "\\%02X", (guint8) p[i]);
      continue;
    }
    if (strchr (SPECIALS, *p) != NULL || (outer && *p == ' ') || (p == text && *p == '#'))
      g_string_append_c (string, '\\');
    g_string_append_len (string, p, (gssize) length);
  }
}

static void
append_attribute (GString *string, const char *oid, GBytes *value)
{
  const char *name = scep_name_attribute_from_oid (oid);
  g_autofree char *text = name != NULL ? scep_der_string_to_utf8 (value) : NULL;
  g_autofree char *hex = NULL;

  g_string_append_printf (string, "%s=", name != NULL ? name : oid);
  if (text != NULL) {
    append_escaped (string, text);
    return;
  }
  hex = scep_hex_encode (g_bytes_get_data (value, NULL), g_bytes_get_size (value));
  g_string_append_printf (string, "#%s", hex);
}

/**
 * scep_name_to_string:
 * @der: a Name
 *
 * The inverse of scep_name_parse(). What nobody could read is escaped, so that
 * the result is one line of printable characters; it may be long.
 *
 * Returns: (transfer full): the string form (RFC 4514), or %NULL with
 *   %SCEP_ERROR_MALFORMED_REPLY
 */
char *
scep_name_to_string (GBytes *der, GError **error)
{
  g_autoptr (ScepAsn1) name = scep_name_decode (der, error);
  g_autoptr (GString) string = g_string_new (NULL);

  if (name == NULL)
    return NULL;
  for (guint rdn = scep_asn1_count (name, ""); rdn > 0; rdn--) {
    guint n_attributes = scep_name_count_attributes (name, rdn);

    for (guint i = 1; i <= n_attributes; i++) {
      g_autofree char *oid = NULL;
      g_autoptr (GBytes) value = NULL;

      if (!scep_name_get_attribute (name, rdn, i, &oid, &value))
        continue;
      if (string->len > 0)
        g_string_append_c (string, i > 1 ? '+' : ',');
      append_attribute (string, oid, value);
    }
  }
  return g_string_free (g_steal_pointer (&string), FALSE);
}
