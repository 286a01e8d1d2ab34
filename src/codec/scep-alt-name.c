/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "codec/scep-name.h"

#include "base/scep-error.h"
#include "base/scep-text.h"

#include "codec/scep-asn1.h"
#include "codec/scep-cms.h"
#include "codec/scep-der-string.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#define OID_UPN "1.3.6.1.4.1.311.20.2.3"
#define MAX_NAMES 500
#define MAX_DNS_NAME 253
#define MAX_DNS_LABEL 63
#define NOT_IN_URI " \"<>\\^`{|}"

/* The alternatives of GeneralName, RFC 5280 section 4.2.1.6. */
#define TAG_OTHER_NAME 0xa0
#define TAG_RFC822_NAME 0x81
#define TAG_DNS_NAME 0x82
#define TAG_URI 0x86
#define TAG_IP_ADDRESS 0x87

typedef char *(*Normalize) (const char *name, GError **error);
typedef GBytes *(*Encode) (guint8 tag, const char *name);
typedef char *(*Decode) (GBytes *tlv, guint8 tag);

typedef struct {
  const char *prefix;
  guint8 tag;
  Normalize normalize;
  Encode encode;
  Decode decode;
} Kind;

static gboolean
is_dns_label (const char *label)
{
  gsize length = strlen (label);

  if (length == 0 || length > MAX_DNS_LABEL || label[0] == '-' || label[length - 1] == '-')
    return FALSE;
  for (const char *p = label; *p != '\0'; p++) {
    if (!g_ascii_isalnum (*p) && *p != '-' && *p != '_')
      return FALSE;
  }
  return TRUE;
}

static gboolean
is_dns_name (const char *name)
{
  g_auto (GStrv) labels = g_strsplit (name, ".", -1);

  if (labels[0] == NULL || strlen (name) > MAX_DNS_NAME)
    return FALSE;
  for (guint i = 0; labels[i] != NULL; i++) {
    gboolean is_wildcard = i == 0 && strcmp (labels[i], "*") == 0 && labels[1] != NULL;

    if (!is_wildcard && !is_dns_label (labels[i]))
      return FALSE;
  }
  return TRUE;
}

static char *
normalize_dns (const char *name, GError **error)
{
  g_autofree char *ascii = g_hostname_to_ascii (name);
  g_autofree char *lower = ascii != NULL ? g_ascii_strdown (ascii, -1) : NULL;

  if (lower == NULL || !is_dns_name (lower))
    return scep_error_refuse (
        error,
        _ ("“DNS:%s” is no host name; it has labels of letters, digits and hyphens with "
           "dots between them and none at the end"),
        name);
  return g_steal_pointer (&lower);
}

static char *
normalize_ip (const char *name, GError **error)
{
  g_autoptr (GInetAddress) address = NULL;

  if (strchr (name, '%') == NULL)
    address = g_inet_address_new_from_string (name);
  if (address == NULL)
    return scep_error_refuse (
        error,
        _ ("“IP:%s” is no address; write one such as 192.0.2.7 or 2001:db8::7, without "
           "prefix length and interface"),
        name);
  return g_inet_address_to_string (address);
}

static char *
normalize_email (const char *name, GError **error)
{
  const char *at = strrchr (name, '@');

  if (at == NULL || at == name || at[1] == '\0' || strchr (name, ' ') != NULL ||
      !scep_text_is_ia5 (name, strlen (name)))
    return scep_error_refuse (
        error, _ ("“email:%s” is no mail address; write one such as admin@example.org, in ASCII"),
        name);
  return g_strdup (name);
}

static char *
normalize_uri (const char *name, GError **error)
{
  g_autoptr (GError) reason = NULL;

  if (!scep_text_is_ia5 (name, strlen (name)) || strpbrk (name, NOT_IN_URI) != NULL)
    return scep_error_refuse (
        error, _ ("“URI:%s” has characters that a URI writes with percent signs"), name);
  if (!g_uri_is_valid (name, G_URI_FLAGS_NONE, &reason))
    return scep_error_refuse (error, _ ("“URI:%s” is no absolute URI: %s"), name, reason->message);
  return g_strdup (name);
}

static char *
normalize_upn (const char *name, GError **error)
{
  if (!scep_text_is_all_visible (name))
    return scep_error_refuse (
        error,
        _ ("the user principal name “UPN:…” has a character that cannot be shown; remove it"));
  return g_strdup (name);
}

static GBytes *
encode_text (guint8 tag, const char *name)
{
  g_autoptr (GBytes) content = g_bytes_new_static (name, strlen (name));

  return scep_der_wrap (tag, content);
}

static GBytes *
encode_ip (guint8 tag, const char *name)
{
  g_autoptr (GInetAddress) address = g_inet_address_new_from_string (name);
  g_autoptr (GBytes) content =
      g_bytes_new (g_inet_address_to_bytes (address), g_inet_address_get_native_size (address));

  return scep_der_wrap (tag, content);
}

static GBytes *
encode_upn (guint8 tag, const char *name)
{
  g_autoptr (ScepAsn1) other = scep_asn1_create ("OtherName");
  g_autoptr (GBytes) value = encode_text (SCEP_TAG_UTF8_STRING, name);
  g_autoptr (GBytes) der = NULL;
  g_autoptr (GBytes) content = NULL;

  scep_asn1_set_string (other, "type-id", OID_UPN);
  scep_asn1_set_bytes (other, "value", value);
  der = scep_asn1_encode (other);
  /* The tag of the alternative stands in place of the SEQUENCE's. */
  content = scep_cms_get_primitive (der, SCEP_TAG_SEQUENCE);
  return scep_der_wrap (tag, content);
}

static char *
decode_text (GBytes *tlv, guint8 tag)
{
  g_autoptr (GBytes) content = scep_cms_get_primitive (tlv, tag);
  gsize length = 0;
  const char *text = content != NULL ? g_bytes_get_data (content, &length) : NULL;

  if (text == NULL || !scep_text_is_ia5 (text, length))
    return NULL;
  return g_strndup (text, length);
}

static char *
decode_dns (GBytes *tlv, guint8 tag)
{
  g_autofree char *text = decode_text (tlv, tag);

  return text != NULL ? g_ascii_strdown (text, -1) : NULL;
}

static char *
decode_ip (GBytes *tlv, guint8 tag)
{
  g_autoptr (GBytes) content = scep_cms_get_primitive (tlv, tag);
  g_autoptr (GInetAddress) address = NULL;
  gsize length = 0;
  const guint8 *octets = content != NULL ? g_bytes_get_data (content, &length) : NULL;

  if (length != 4 && length != 16)
    return NULL;
  address = g_inet_address_new_from_bytes (octets, length == 4 ? G_SOCKET_FAMILY_IPV4
                                                               : G_SOCKET_FAMILY_IPV6);
  return g_inet_address_to_string (address);
}

static char *
decode_upn (GBytes *tlv, guint8 tag)
{
  g_autoptr (GBytes) content = scep_cms_get_primitive (tlv, tag);
  g_autoptr (GBytes) der = content != NULL ? scep_der_wrap (SCEP_TAG_SEQUENCE, content) : NULL;
  g_autoptr (ScepAsn1) other = der != NULL ? scep_asn1_decode ("OtherName", der, NULL) : NULL;
  g_autofree char *oid = other != NULL ? scep_asn1_get_oid (other, "type-id") : NULL;
  g_autoptr (GBytes) value = NULL;
  g_autofree char *text = NULL;

  if (g_strcmp0 (oid, OID_UPN) != 0)
    return NULL;
  value = scep_asn1_get (other, "value");
  text = value != NULL ? scep_der_string_to_utf8 (value) : NULL;
  if (text == NULL || !scep_text_is_all_visible (text))
    return NULL;
  return g_steal_pointer (&text);
}

static const Kind kinds[] = {
  { "DNS:", TAG_DNS_NAME, normalize_dns, encode_text, decode_dns },
  { "IP:", TAG_IP_ADDRESS, normalize_ip, encode_ip, decode_ip },
  { "email:", TAG_RFC822_NAME, normalize_email, encode_text, decode_text },
  { "URI:", TAG_URI, normalize_uri, encode_text, decode_text },
  { "UPN:", TAG_OTHER_NAME, normalize_upn, encode_upn, decode_upn },
};

static const Kind *
find_kind (const char *value)
{
  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++) {
    if (g_ascii_strncasecmp (value, kinds[i].prefix, strlen (kinds[i].prefix)) == 0)
      return &kinds[i];
  }
  return NULL;
}

/**
 * scep_alt_name_normalize:
 * @value: UTF-8, "DNS:", "IP:", "email:", "URI:" or "UPN:" and a name
 *
 * Checks a subject alternative name. Host names become lower-case ASCII,
 * addresses their shortest form.
 *
 * Returns: (transfer full): @value in the form of scep_alt_names_decode(), or
 *   %NULL with %SCEP_ERROR_INVALID_SETTING
 */
char *
scep_alt_name_normalize (const char *value, GError **error)
{
  const Kind *kind = find_kind (value);
  const char *name;
  g_autofree char *normalized = NULL;

  if (kind == NULL)
    return scep_error_refuse (
        error,
        _ ("the alternative name “%s” is of no known kind; it begins with DNS:, IP:, "
           "email:, URI: or UPN:"),
        value);
  name = value + strlen (kind->prefix);
  if (*name == '\0')
    return scep_error_refuse (
        error, _ ("the alternative name “%s” is empty; write a name after its colon"), value);
  normalized = kind->normalize (name, error);
  return normalized != NULL ? g_strconcat (kind->prefix, normalized, NULL) : NULL;
}

static gboolean
contains_all (char **set, char **items)
{
  for (guint i = 0; items[i] != NULL; i++) {
    if (!g_strv_contains ((const char *const *) set, items[i]))
      return FALSE;
  }
  return TRUE;
}

/* What cannot be read stays as it is. */
static char **
normalize_all (const char *const *values)
{
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();

  for (guint i = 0; values[i] != NULL; i++) {
    g_autofree char *normalized = scep_alt_name_normalize (values[i], NULL);

    g_strv_builder_add (builder, normalized != NULL ? normalized : values[i]);
  }
  return g_strv_builder_end (builder);
}

/**
 * scep_alt_names_equal:
 * @a: as scep_alt_name_normalize() takes them
 * @b: the same
 *
 * Returns: whether both have the same names, in whatever order and spelling
 */
gboolean
scep_alt_names_equal (const char *const *a, const char *const *b)
{
  g_auto (GStrv) names_a = normalize_all (a);
  g_auto (GStrv) names_b = normalize_all (b);

  return contains_all (names_a, names_b) && contains_all (names_b, names_a);
}

/* Appends the GeneralName of @value, unless it is among @done already. */
static gboolean
append_name (GByteArray *names, GPtrArray *done, const char *value, GError **error)
{
  g_autofree char *normalized = scep_alt_name_normalize (value, error);
  g_autoptr (GBytes) der = NULL;
  const Kind *kind;
  gsize length;
  const guint8 *data;

  if (normalized == NULL)
    return FALSE;
  if (g_ptr_array_find_with_equal_func (done, normalized, g_str_equal, NULL))
    return TRUE;
  kind = find_kind (normalized);
  der = kind->encode (kind->tag, normalized + strlen (kind->prefix));
  data = g_bytes_get_data (der, &length);
  g_byte_array_append (names, data, (guint) length);
  g_ptr_array_add (done, g_steal_pointer (&normalized));
  return TRUE;
}

/**
 * scep_alt_names_encode:
 * @values: as scep_alt_name_normalize() takes them; what stands there twice is
 *   encoded once
 *
 * Returns: (transfer full): the DER of GeneralNames (RFC 5280 section
 *   4.2.1.6), or %NULL with %SCEP_ERROR_INVALID_SETTING
 */
GBytes *
scep_alt_names_encode (const char *const *values, GError **error)
{
  g_autoptr (GByteArray) names = g_byte_array_new ();
  g_autoptr (GPtrArray) done = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GBytes) content = NULL;

  for (guint i = 0; values[i] != NULL; i++) {
    if (!append_name (names, done, values[i], error))
      return NULL;
  }
  content = g_byte_array_free_to_bytes (g_steal_pointer (&names));
  return scep_der_wrap (SCEP_TAG_SEQUENCE, content);
}

static char *
decode_name (GBytes *tlv)
{
  gsize length;
  const guint8 *data = g_bytes_get_data (tlv, &length);
  g_autofree char *hex = NULL;

  for (guint i = 0; length > 0 && i < G_N_ELEMENTS (kinds); i++) {
    g_autofree char *name = kinds[i].tag == data[0] ? kinds[i].decode (tlv, data[0]) : NULL;

    if (name != NULL)
      return g_strconcat (kinds[i].prefix, name, NULL);
  }
  hex = scep_hex_encode (data, length);
  return g_strconcat ("other:", hex, NULL);
}

/**
 * scep_alt_names_decode:
 * @der: GeneralNames
 *
 * Returns: (transfer full): its names in the form of
 *   scep_alt_name_normalize(), of other kinds "other:" and the hexadecimal
 *   digits of their DER; or %NULL with %SCEP_ERROR_MALFORMED_REPLY
 */
char **
scep_alt_names_decode (GBytes *der, GError **error)
{
  g_autoptr (ScepAsn1) names = scep_asn1_decode ("GeneralNames", der, error);
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  guint n_names;

  if (names == NULL)
    return NULL;
  n_names = scep_asn1_count (names, "");
  if (n_names > MAX_NAMES) {
    scep_error_set (error, SCEP_ERROR_MALFORMED_REPLY,
                    _ ("There are more than %d alternative names."), MAX_NAMES);
    return NULL;
  }
  for (guint i = 1; i <= n_names; i++) {
    g_autofree char *field = g_strdup_printf ("?%u", i);
    g_autoptr (GBytes) tlv = scep_asn1_get (names, field);
    g_autofree char *name = tlv != NULL ? decode_name (tlv) : NULL;

    if (name != NULL)
      g_strv_builder_add (builder, name);
  }
  return g_strv_builder_end (builder);
}
