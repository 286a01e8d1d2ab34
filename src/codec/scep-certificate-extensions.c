/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "codec/scep-certificate-extensions.h"

#include "codec/scep-cms.h"
#include "codec/scep-der.h"

#define MAX_EXTENDED_KEY_USAGES 64

#define TAG_BOOLEAN 0x01
#define TAG_KEY_IDENTIFIER 0x80
#define TAG_AUTHORITY_ISSUER 0xa1
#define TAG_AUTHORITY_SERIAL 0x82

/* Reads the extension's value: %FALSE where it is not what RFC 5280 says. */
typedef gboolean (*ReadExtension) (ScepCertificateExtensions *self, GBytes *value);

typedef struct {
  const char *oid;
  const char *name;
  ReadExtension read;
} KnownExtension;

/* @value is one element with @tag and nothing else. */
static gboolean
enter_value (GBytes *value, guint8 tag, ScepDerReader *inside)
{
  ScepDerReader whole;

  scep_der_reader_init (&whole, value);
  return scep_der_reader_enter (&whole, tag, inside) && scep_der_reader_is_at_end (&whole);
}

static GBytes *
read_content (GBytes *value, guint8 tag)
{
  ScepDerReader whole;
  g_autoptr (GBytes) content = NULL;

  scep_der_reader_init (&whole, value);
  content = scep_der_reader_take_content (&whole, tag);
  return scep_der_reader_is_at_end (&whole) ? g_steal_pointer (&content) : NULL;
}

/* One bit at least must be set (section 4.2.1.3). */
static gboolean
read_key_usage (ScepCertificateExtensions *self, GBytes *value)
{
  g_autoptr (GBytes) content = read_content (value, SCEP_TAG_BIT_STRING);
  gsize length = 0;
  const guint8 *octets = content != NULL ? g_bytes_get_data (content, &length) : NULL;

  if (length < 2 || octets[0] > 7)
    return FALSE;
  self->has_key_usage = TRUE;
  self->key_usage = octets[1];
  if (length > 2)
    self->key_usage |= (guint) octets[2] << 8;
  return self->key_usage != 0;
}

/* A number from 0 on: the MAX of RFC 5280 is more than any path has. */
static gboolean
read_number (ScepDerReader *reader, gint *number)
{
  g_autoptr (GBytes) content = scep_der_reader_take_content (reader, SCEP_TAG_INTEGER);
  gsize length = 0;
  const guint8 *octets = content != NULL ? g_bytes_get_data (content, &length) : NULL;

  if (length == 0 || (octets[0] & 0x80) != 0 ||
      (length > 1 && octets[0] == 0 && (octets[1] & 0x80) == 0))
    return FALSE;
  *number = 0;
  for (gsize i = 0; i < length && *number <= G_MAXINT16; i++)
    *number = *number << 8 | octets[i];
  return TRUE;
}

static gboolean
read_basic_constraints (ScepCertificateExtensions *self, GBytes *value)
{
  ScepDerReader fields;
  gint path_length = -1;

  self->has_basic_constraints = TRUE;
  if (!enter_value (value, SCEP_TAG_SEQUENCE, &fields))
    return FALSE;
  if (scep_der_reader_peek (&fields) == TAG_BOOLEAN) {
    g_autoptr (GBytes) content = scep_der_reader_take_content (&fields, TAG_BOOLEAN);

    if (content == NULL || g_bytes_get_size (content) != 1)
      return FALSE;
    self->is_ca = *(const guint8 *) g_bytes_get_data (content, NULL) != 0;
  }
  if (!scep_der_reader_is_at_end (&fields) && !read_number (&fields, &path_length))
    return FALSE;
  self->path_length = self->is_ca ? path_length : -1;
  return scep_der_reader_is_at_end (&fields);
}

static gboolean
read_extended_key_usage (ScepCertificateExtensions *self, GBytes *value)
{
  g_autoptr (ScepAsn1) usages = scep_asn1_decode ("ExtKeyUsage", value, NULL);
  guint count = usages != NULL ? scep_asn1_count (usages, "") : 0;

  if (count == 0 || count > MAX_EXTENDED_KEY_USAGES)
    return FALSE;
  for (guint i = 1; i <= count; i++) {
    g_autofree char *field = g_strdup_printf ("?%u", i);
    char *oid = scep_asn1_get_oid (usages, field);

    if (oid == NULL)
      return FALSE;
    g_ptr_array_add (self->extended_key_usage, oid);
  }
  return TRUE;
}

static gboolean
read_key_id (ScepCertificateExtensions *self, GBytes *value)
{
  self->key_id = read_content (value, SCEP_TAG_OCTET_STRING);
  return self->key_id != NULL && g_bytes_get_size (self->key_id) > 0;
}

/* None of the fields must be there. */
static gboolean
read_authority_key_id (ScepCertificateExtensions *self, GBytes *value)
{
  ScepDerReader fields;

  if (!enter_value (value, SCEP_TAG_SEQUENCE, &fields))
    return FALSE;
  if (scep_der_reader_peek (&fields) == TAG_KEY_IDENTIFIER)
    self->authority_key_id = scep_der_reader_take_content (&fields, TAG_KEY_IDENTIFIER);
  scep_der_reader_skip (&fields, TAG_AUTHORITY_ISSUER);
  scep_der_reader_skip (&fields, TAG_AUTHORITY_SERIAL);
  return scep_der_reader_is_at_end (&fields);
}

/* GeneralNames, one at least: each alternative is of the context-specific class. */
static gboolean
are_general_names (GBytes *value)
{
  static const guint8 tags[] = { 0xa0, 0x81, 0x82, 0xa3, 0xa4, 0xa5, 0x86, 0x87, 0x88 };
  ScepDerReader names;

  if (!enter_value (value, SCEP_TAG_SEQUENCE, &names) || scep_der_reader_is_at_end (&names))
    return FALSE;
  while (!scep_der_reader_is_at_end (&names)) {
    guint8 tag = scep_der_reader_peek (&names);

    if ((tag & 0x1f) >= G_N_ELEMENTS (tags) || tags[tag & 0x1f] != tag ||
        !scep_der_reader_skip (&names, tag))
      return FALSE;
  }
  return TRUE;
}

static gboolean
read_subject_alt_names (ScepCertificateExtensions *self, GBytes *value)
{
  if (are_general_names (value))
    self->alt_names = g_bytes_ref (value);
  return self->alt_names != NULL;
}

static gboolean
read_issuer_alt_names (ScepCertificateExtensions *self, GBytes *value)
{
  return are_general_names (value);
}

static gboolean
read_name_constraints (ScepCertificateExtensions *self, GBytes *value)
{
  self->name_constraints = scep_name_constraints_new (value);
  return self->name_constraints != NULL;
}

/* Access descriptions, policies and points: they are read when they are needed, or never. */
static gboolean
read_sequences (ScepCertificateExtensions *self, GBytes *value)
{
  ScepDerReader items;

  if (!enter_value (value, SCEP_TAG_SEQUENCE, &items) || scep_der_reader_is_at_end (&items))
    return FALSE;
  while (!scep_der_reader_is_at_end (&items)) {
    if (!scep_der_reader_skip (&items, SCEP_TAG_SEQUENCE))
      return FALSE;
  }
  return TRUE;
}

static gboolean
read_distribution_points (ScepCertificateExtensions *self, GBytes *value)
{
  self->distribution_points = g_bytes_ref (value);
  return read_sequences (self, value);
}

static gboolean
read_policy_constraints (ScepCertificateExtensions *self, GBytes *value)
{
  ScepDerReader fields;

  return enter_value (value, SCEP_TAG_SEQUENCE, &fields) && !scep_der_reader_is_at_end (&fields);
}

static gboolean
read_inhibit_any_policy (ScepCertificateExtensions *self, GBytes *value)
{
  ScepDerReader whole;
  gint unused;

  scep_der_reader_init (&whole, value);
  return read_number (&whole, &unused) && scep_der_reader_is_at_end (&whole);
}

static const KnownExtension known_extensions[] = {
  { "2.5.29.14", "subjectKeyIdentifier", read_key_id },
  { "2.5.29.15", "keyUsage", read_key_usage },
  { "2.5.29.17", "subjectAltName", read_subject_alt_names },
  { "2.5.29.18", "issuerAltName", read_issuer_alt_names },
  { "2.5.29.19", "basicConstraints", read_basic_constraints },
  { "2.5.29.30", "nameConstraints", read_name_constraints },
  { "2.5.29.31", "cRLDistributionPoints", read_distribution_points },
  { "2.5.29.32", "certificatePolicies", read_sequences },
  { "2.5.29.33", "policyMappings", read_sequences },
  { "2.5.29.35", "authorityKeyIdentifier", read_authority_key_id },
  { "2.5.29.36", "policyConstraints", read_policy_constraints },
  { "2.5.29.37", "extKeyUsage", read_extended_key_usage },
  { "2.5.29.46", "freshestCRL", read_sequences },
  { "2.5.29.54", "inhibitAnyPolicy", read_inhibit_any_policy },
  { "1.3.6.1.5.5.7.1.1", "authorityInfoAccess", read_sequences },
};

static const KnownExtension *
find_known (const char *oid)
{
  for (guint i = 0; i < G_N_ELEMENTS (known_extensions); i++) {
    if (g_str_equal (oid, known_extensions[i].oid))
      return &known_extensions[i];
  }
  return NULL;
}

/* None may be there twice (section 4.2): nobody can know which one counts. */
static gboolean
is_first (GHashTable *seen, const char *oid)
{
  return oid != NULL && g_hash_table_add (seen, g_strdup (oid));
}

static void
read_extension (ScepCertificateExtensions *self, ScepAsn1 *certificate, const char *field,
                GHashTable *seen)
{
  g_autofree char *id_field = g_strconcat (field, ".extnID", NULL);
  g_autofree char *critical_field = g_strconcat (field, ".critical", NULL);
  g_autofree char *value_field = g_strconcat (field, ".extnValue", NULL);
  g_autofree char *oid = scep_asn1_get_oid (certificate, id_field);
  g_autofree char *critical = scep_asn1_get_choice (certificate, critical_field);
  g_autoptr (GBytes) value = scep_asn1_get (certificate, value_field);
  const KnownExtension *known = oid != NULL ? find_known (oid) : NULL;

  if (oid != NULL && known == NULL && g_strcmp0 (critical, "TRUE") == 0)
    g_ptr_array_add (self->unknown_critical, g_strdup (oid));
  if (is_first (seen, oid) && value != NULL && (known == NULL || known->read (self, value)))
    return;
  if (self->unreadable == NULL)
    self->unreadable = g_strdup (known != NULL ? known->name : oid != NULL ? oid : "?");
}

/**
 * scep_certificate_extensions_read:
 * @certificate: a decoded structure
 * @field: a field of it of type Extensions
 *
 * Returns: (transfer full): what they say; no extension that is malformed counts
 *   as absent
 */
ScepCertificateExtensions *
scep_certificate_extensions_read (ScepAsn1 *certificate, const char *field)
{
  ScepCertificateExtensions *self = g_new0 (ScepCertificateExtensions, 1);
  g_autoptr (GHashTable) seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  guint count = scep_asn1_count (certificate, field);

  self->extended_key_usage = g_ptr_array_new_with_free_func (g_free);
  self->unknown_critical = g_ptr_array_new_with_free_func (g_free);
  self->path_length = -1;
  for (guint i = 1; i <= count; i++) {
    g_autofree char *element = g_strdup_printf ("%s.?%u", field, i);

    read_extension (self, certificate, element, seen);
  }
  g_ptr_array_add (self->extended_key_usage, NULL);
  g_ptr_array_add (self->unknown_critical, NULL);
  return self;
}

/**
 * scep_certificate_extensions_free:
 * @extensions: (transfer full) (nullable):
 */
void
scep_certificate_extensions_free (ScepCertificateExtensions *extensions)
{
  if (extensions == NULL)
    return;
  g_clear_pointer (&extensions->key_id, g_bytes_unref);
  g_clear_pointer (&extensions->authority_key_id, g_bytes_unref);
  g_clear_pointer (&extensions->alt_names, g_bytes_unref);
  g_clear_pointer (&extensions->name_constraints, scep_name_constraints_free);
  g_clear_pointer (&extensions->distribution_points, g_bytes_unref);
  g_clear_pointer (&extensions->extended_key_usage, g_ptr_array_unref);
  g_clear_pointer (&extensions->unknown_critical, g_ptr_array_unref);
  g_clear_pointer (&extensions->unreadable, g_free);
  g_free (extensions);
}
