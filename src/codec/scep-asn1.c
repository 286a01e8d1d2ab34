/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "codec/scep-asn1.h"

#include "base/scep-error.h"
#include "base/scep-secret.h"

#include "codec/scep-asn1-complete.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#define MODULE "SCEP."
#define MAX_FIELD_NAME 128

/* Made by asn1Parser from scep.asn. */
extern const asn1_static_node scep_asn1_tab[];

static asn1_node
get_definitions (void)
{
  static gsize definitions = 0;

  if (g_once_init_enter (&definitions)) {
    asn1_node tree = NULL;
    char message[ASN1_MAX_ERROR_DESCRIPTION_SIZE] = "";

    if (asn1_array2tree (scep_asn1_tab, &tree, message) != ASN1_SUCCESS)
      g_error ("The built-in ASN.1 definitions are damaged: %s", message);
    g_once_init_leave (&definitions, (gsize) tree);
  }
  return (asn1_node) definitions;
}

/**
 * scep_asn1_free:
 * @node: (transfer full) (nullable): zeroed, for it may hold a secret
 */
void
scep_asn1_free (ScepAsn1 *node)
{
  asn1_delete_structure2 (&node, ASN1_DELETE_FLAG_ZEROIZE);
}

/**
 * scep_asn1_create:
 * @type: a type of scep.asn
 *
 * Returns: (transfer full): an empty structure, to be filled and encoded
 */
ScepAsn1 *
scep_asn1_create (const char *type)
{
  g_autofree char *name = g_strconcat (MODULE, type, NULL);
  asn1_node node = NULL;

  if (asn1_create_element (get_definitions (), name, &node) != ASN1_SUCCESS)
    g_error ("There is no ASN.1 type %s", type);
  return node;
}

static ScepAsn1 *
decode_prefix (const char *type, GBytes *ber, gsize *used, GError **error)
{
  g_autoptr (ScepAsn1) node = NULL;
  gsize length;
  const guint8 *data = g_bytes_get_data (ber, &length);
  char message[ASN1_MAX_ERROR_DESCRIPTION_SIZE] = "";
  int consumed;
  int rc;

  if (!scep_ber_measure (ber, used, error))
    return NULL;
  node = scep_asn1_create (type);
  consumed = (int) length;
  rc = asn1_der_decoding2 (&node, data, &consumed, ASN1_DECODE_FLAG_ALLOW_PADDING, message);
  if (rc != ASN1_SUCCESS || (gsize) consumed != *used || !scep_asn1_is_complete (node, type)) {
    /* The decoder's words are for who can read the structure himself. */
    g_debug ("No %s: %s %s", type, asn1_strerror (rc), message);
    scep_error_set (error, SCEP_ERROR_MALFORMED_REPLY,
                    /* TRANSLATORS: a type of ASN.1, such as SignedData */
                    _ ("What should be a %s structure cannot be read: it is damaged, or no such "
                       "structure at all."),
                    type);
    return NULL;
  }
  return g_steal_pointer (&node);
}

/**
 * scep_asn1_decode:
 * @type: a type of scep.asn
 * @ber: exactly one element
 *
 * Reads BER (X.690) after scep_ber_check_limits(). What it gives is complete:
 * every field that is not optional is there.
 *
 * Returns: (transfer full): the structure, or %NULL with
 *   %SCEP_ERROR_MALFORMED_REPLY
 */
ScepAsn1 *
scep_asn1_decode (const char *type, GBytes *ber, GError **error)
{
  gsize used = 0;
  g_autoptr (ScepAsn1) node = decode_prefix (type, ber, &used, error);
  gsize length = g_bytes_get_size (ber);

  if (node == NULL)
    return NULL;
  if (used != length) {
    scep_error_set (error, SCEP_ERROR_MALFORMED_REPLY,
                    g_dngettext (GETTEXT_PACKAGE,
                                 "A %s structure is followed by %u byte that does not belong "
                                 "there.",
                                 "A %s structure is followed by %u bytes that do not belong "
                                 "there.",
                                 length - used),
                    type, (guint) (length - used));
    return NULL;
  }
  return g_steal_pointer (&node);
}

/**
 * scep_asn1_encode:
 * @node: with every field set that is not optional
 *
 * Returns: (transfer full): the DER, zeroed on free
 */
GBytes *
scep_asn1_encode (ScepAsn1 *node)
{
  char message[ASN1_MAX_ERROR_DESCRIPTION_SIZE] = "";
  g_autofree guint8 *der = NULL;
  int length = 0;
  int rc = asn1_der_coding (node, "", NULL, &length, message);

  if (rc == ASN1_MEM_ERROR) {
    der = g_malloc ((gsize) length);
    rc = asn1_der_coding (node, "", der, &length, message);
  }
  if (rc != ASN1_SUCCESS) {
    g_critical ("An ASN.1 structure is incomplete: %s %s", asn1_strerror (rc), message);
    return NULL;
  }
  return scep_secret_bytes_new_take (g_steal_pointer (&der), (gsize) length);
}

/* %NULL where the field is absent. The length of a BIT STRING is in bits. */
static guint8 *
read_value (ScepAsn1 *node, const char *field, int *length, guint *type)
{
  g_autofree guint8 *value = NULL;
  int rc;

  *length = 0;
  rc = asn1_read_value_type (node, field, NULL, length, type);
  if (rc == ASN1_SUCCESS)
    return g_malloc0 (1);
  if (rc != ASN1_MEM_ERROR)
    return NULL;
  /* libtasn1 counts bits here, and reads that many bytes at most. */
  value = g_malloc0 ((gsize) *length + 1);
  rc = asn1_read_value_type (node, field, value, length, type);
  return rc == ASN1_SUCCESS ? g_steal_pointer (&value) : NULL;
}

/**
 * scep_asn1_get:
 * @field: for example "encapContentInfo.eContent" or "certificates.?1"
 *
 * Returns: (transfer full) (nullable): the content octets, of a field declared
 *   ANY the whole element, or %NULL where the field is absent
 */
GBytes *
scep_asn1_get (ScepAsn1 *node, const char *field)
{
  int length;
  guint type;
  guint8 *value = read_value (node, field, &length, &type);

  if (value == NULL)
    return NULL;
  if (type == ASN1_ETYPE_BIT_STRING)
    length = (length + 7) / 8;
  return g_bytes_new_take (value, (gsize) length);
}

/**
 * scep_asn1_get_oid:
 *
 * Returns: (transfer full) (nullable): an OBJECT IDENTIFIER with dots, or
 *   %NULL where the field is absent
 */
char *
scep_asn1_get_oid (ScepAsn1 *node, const char *field)
{
  int length;
  guint type;

  return (char *) read_value (node, field, &length, &type);
}

/**
 * scep_asn1_get_choice:
 *
 * Returns: (transfer full) (nullable): the name of the alternative that is
 *   present, or %NULL where there is none
 */
char *
scep_asn1_get_choice (ScepAsn1 *node, const char *field)
{
  int length;
  guint type;

  return (char *) read_value (node, field, &length, &type);
}

/**
 * scep_asn1_count:
 *
 * Returns: the number of elements of a SET OF or SEQUENCE OF, 0 where it is
 *   absent
 */
guint
scep_asn1_count (ScepAsn1 *node, const char *field)
{
  int count = 0;

  if (asn1_number_of_elements (node, field, &count) != ASN1_SUCCESS)
    return 0;
  return (guint) count;
}

/**
 * scep_asn1_get_raw:
 * @node: decoded from @ber
 * @field: a field of it
 *
 * Returns: (transfer full) (nullable): the element with tag and length exactly
 *   as it was received, or %NULL where it is absent
 */
GBytes *
scep_asn1_get_raw (ScepAsn1 *node, const char *field, GBytes *ber)
{
  gsize length;
  const guint8 *data = g_bytes_get_data (ber, &length);
  int start = 0;
  int end = 0;

  if (asn1_der_decoding_startEnd (node, data, (int) length, field, &start, &end) != ASN1_SUCCESS)
    return NULL;
  if (end < start || (gsize) end >= length)
    return NULL;
  return g_bytes_new_from_bytes (ber, (gsize) start, (gsize) (end - start) + 1);
}

static gboolean
is_bit_string (ScepAsn1 *node, const char *field)
{
  asn1_data_node_st info = { 0 };
  asn1_node found = asn1_find_node (node, field);

  return found != NULL && asn1_read_node_value (found, &info) == ASN1_SUCCESS &&
         (info.type & 0xff) == ASN1_ETYPE_BIT_STRING;
}

static void
write_value (ScepAsn1 *node, const char *field, gconstpointer value, gsize length)
{
  int rc;

  g_return_if_fail (length <= G_MAXINT / 8);
  rc = asn1_write_value (node, field, value, (int) length);
  if (rc != ASN1_SUCCESS)
    g_critical ("The ASN.1 field %s cannot be set: %s", field, asn1_strerror (rc));
}

/**
 * scep_asn1_set:
 * @data: the content octets; of a field declared ANY the whole element
 * @length: in bytes, of a BIT STRING too
 */
void
scep_asn1_set (ScepAsn1 *node, const char *field, gconstpointer data, gsize length)
{
  /* To libtasn1 a length of 0 means a terminated string. */
  if (length == 0)
    write_value (node, field, "", 0);
  else
    write_value (node, field, data, is_bit_string (node, field) ? 8 * length : length);
}

/**
 * scep_asn1_set_bytes:
 *
 * As scep_asn1_set().
 */
void
scep_asn1_set_bytes (ScepAsn1 *node, const char *field, GBytes *bytes)
{
  gsize length;
  gconstpointer data = g_bytes_get_data (bytes, &length);

  scep_asn1_set (node, field, data, length);
}

/**
 * scep_asn1_set_string:
 * @value: an OBJECT IDENTIFIER with dots, an INTEGER in decimal, "TRUE" or
 *   "FALSE", or the name of an alternative of a CHOICE
 */
void
scep_asn1_set_string (ScepAsn1 *node, const char *field, const char *value)
{
  write_value (node, field, value, 0);
}

/**
 * scep_asn1_set_absent:
 *
 * Leaves out an optional field.
 */
void
scep_asn1_set_absent (ScepAsn1 *node, const char *field)
{
  write_value (node, field, NULL, 0);
}

/**
 * scep_asn1_append:
 *
 * Adds an element to a SET OF or SEQUENCE OF; its name is "?LAST".
 */
void
scep_asn1_append (ScepAsn1 *node, const char *field)
{
  write_value (node, field, "NEW", 1);
}

/**
 * scep_der_wrap:
 * @tag: the tag octet, for example 0x30
 *
 * Returns: (transfer full): the DER element with @content, zeroed on free
 */
GBytes *
scep_der_wrap (guint8 tag, GBytes *content)
{
  gsize length;
  gconstpointer data = g_bytes_get_data (content, &length);
  guint8 octets[ASN1_MAX_LENGTH_SIZE];
  int n_octets = 0;
  guint8 *der;

  asn1_length_der (length, octets, &n_octets);
  der = g_malloc (1 + (gsize) n_octets + length);
  der[0] = tag;
  memcpy (der + 1, octets, (gsize) n_octets);
  if (length > 0)
    memcpy (der + 1 + n_octets, data, length);
  return scep_secret_bytes_new_take (der, 1 + (gsize) n_octets + length);
}
