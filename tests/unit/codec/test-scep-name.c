/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "codec/scep-name.h"

#include "base/scep-error.h"

#include <openssl/x509.h>
#include <string.h>

static GBytes *
parse (const char *text)
{
  g_autoptr (GError) error = NULL;
  GBytes *der = scep_name_parse (text, &error);

  g_assert_no_error (error);
  return der;
}

/* @text with what makes it wrong, and a word that the message must have */
static const struct {
  const char *text;
  const char *word;
} refused[] = {
  { "gateway", "gateway" },
  { "CN=a,b", "“b”" },
  { "CN=", "CN" },
  { "CN=,O=b", "CN" },
  { "O=b,CN=\"\"", "CN" },
  { "CN=  ", "CN" },
  { "CN=a,", "comma" },
  { "CN=a+", "attribute" },
  { ",CN=a", "attribute" },
  { "XX=a", "XX" },
  { "=a", "unknown" },
  { "1.40.3=a", "1.40.3" },
  { "3.1=a", "3.1" },
  { "1.2.03=a", "1.2.03" },
  { "1.2.=a", "1.2." },
  { "1.2.99999999999=a", "1.2.99999999999" },
  { "CN=a\\", "backslash" },
  { "CN=a\\x", "backslash" },
  { "CN=a\\4", "backslash" },
  { "CN=a;O=b", "character ;" },
  { "CN=a<b", "character <" },
  { "CN=a\"b", "character \"" },
  { "CN=\"a", "never closed" },
  { "CN=\"a\"b", "behind" },
  { "CN=\\FF\\FE", "UTF-8" },
  { "CN=a\\00b", "NUL character (\\00) in the value for CN" },
  { "O=\"\\00\"", "NUL character (\\00) in the value for O" },
  { "CN=#", "#" },
  { "CN=#1", "#" },
  { "CN=#1303666f", "#" },
  { "CN=#1303666f6f6f", "#" },
  { "CN=#1303666f6fxx", "#" },
  { "C=DEU", "DEU" },
  { "C=\303\244", "C" },
  { "emailAddress=\303\244@example.org", "ASCII" },
  { "DC=\303\244", "DC" },
  { "serialNumber=\303\244", "serialNumber" },
  { "CN=a,serialNumber=AB_1", "“AB_1”" },
  { "dnQualifier=a@b", "PrintableString" },
};

static void
test_refused (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (refused); i++) {
    g_autoptr (GError) error = NULL;

    g_test_message ("%s", refused[i].text);
    g_assert_null (scep_name_parse (refused[i].text, &error));
    g_assert_error (error, SCEP_ERROR, SCEP_ERROR_INVALID_SETTING);
    if (strstr (error->message, refused[i].word) == NULL)
      g_error ("“%s” does not say “%s”", error->message, refused[i].word);
  }
}

static void
test_malformed (void)
{
  static const guint8 short_name[] = { 0x30, 0x05, 0x31 };
  g_autoptr (GBytes) der = g_bytes_new_static (short_name, sizeof short_name);
  g_autoptr (GBytes) same = g_bytes_new_static (short_name, sizeof short_name);
  g_autoptr (GBytes) other = parse ("CN=a");
  g_autoptr (GError) error = NULL;

  g_assert_null (scep_name_to_string (der, &error));
  g_assert_error (error, SCEP_ERROR, SCEP_ERROR_MALFORMED_REPLY);
  g_assert_true (scep_name_equal (der, same));
  g_assert_false (scep_name_equal (der, other));
  g_assert_false (scep_name_equal (other, der));
}

/* A Name of @n times CN=a */
static GBytes *
repeat_rdn (guint n)
{
  static const guint8 rdn[] = { 0x31, 0x0a, 0x30, 0x08, 0x06, 0x03,
                                0x55, 0x04, 0x03, 0x13, 0x01, 'a' };
  gsize length = n * sizeof rdn;
  guint8 header[] = { 0x30, 0x83, (guint8) (length >> 16), (guint8) (length >> 8),
                      (guint8) length };
  GByteArray *array = g_byte_array_new ();

  g_byte_array_append (array, header, sizeof header);
  for (guint i = 0; i < n; i++)
    g_byte_array_append (array, rdn, sizeof rdn);
  return g_byte_array_free_to_bytes (array);
}

static void
test_many_parts (void)
{
  g_autoptr (GString) text = g_string_new ("CN=a");
  g_autoptr (GBytes) good = NULL;
  g_autoptr (GBytes) bad = NULL;
  g_autofree char *written = NULL;
  g_autoptr (GError) error = NULL;

  for (guint i = 1; i < 64; i++)
    g_string_append (text, ",CN=a");
  good = parse (text->str);
  g_string_append (text, ",CN=a");
  g_assert_null (scep_name_parse (text->str, &error));
  g_assert_error (error, SCEP_ERROR, SCEP_ERROR_INVALID_SETTING);
  written = scep_name_to_string (good, NULL);
  g_assert_nonnull (written);
  bad = repeat_rdn (3000);
  g_clear_error (&error);
  g_assert_null (scep_name_to_string (bad, &error));
  g_assert_error (error, SCEP_ERROR, SCEP_ERROR_MALFORMED_REPLY);
  g_assert_false (scep_name_equal (bad, good));
}

/* The work for marks that stand on one letter grows with the square of their number. */
static void
test_long (void)
{
  g_autoptr (GString) text = g_string_new ("CN=");
  g_autoptr (GBytes) good = NULL;
  g_autoptr (GBytes) bad = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *written = NULL;

  for (guint i = 0; i < 1018; i++)
    g_string_append (text, "\xcc\xb4\xcc\x81");
  good = parse (text->str);
  written = scep_name_to_string (good, &error);
  g_assert_no_error (error);
  g_string_append (text, "aaaa");
  g_assert_null (scep_name_parse (text->str, &error));
  g_assert_error (error, SCEP_ERROR, SCEP_ERROR_INVALID_SETTING);
  g_clear_error (&error);
  bad = repeat_rdn (400);
  g_assert_cmpuint (g_bytes_get_size (bad), >, 4096);
  g_assert_null (scep_name_to_string (bad, &error));
  g_assert_error (error, SCEP_ERROR, SCEP_ERROR_MALFORMED_REPLY);
  g_assert_nonnull (strstr (error->message, "4096"));
  g_assert_false (scep_name_equal (bad, good));
}

/* What is read, and how it is written. */
static const struct {
  const char *text;
  const char *written;
} names[] = {
  { "", "" },
  { "CN=gateway 7,O=Example,C=DE", NULL },
  { " cn = gateway 7 , commonName=b", "CN=gateway 7,CN=b" },
  { "CN=a\\2Cb", "CN=a\\,b" },
  { "CN=M\\C3\\A4rz", "CN=M\303\244rz" },
  { "CN=\"a,b\\\"c\" , O=d", "CN=a\\,b\\\"c,O=d" },
  { "CN=\\#a\\+\\<\\>\\;\\\\=#", "CN=\\#a\\+\\<\\>\\;\\\\=#" },
  { "CN=\\ a b\\ ", NULL },
  { "CN=a\\20\\20", "CN=a \\ " },
  { "CN=\\ ", NULL },
  { "CN=a\\0Ab", NULL },
  { "CN=a\\E2\\80\\AEb", NULL },
  { "CN=#1303666f6f", "CN=foo" },
  { "CN=#0402abcd", NULL },
  { "1.2.3.4=foo", "1.2.3.4=#1303666f6f" },
  { "OID.2.5.4.3=foo", "CN=foo" },
  { "2.5.4.42=foo", "GN=foo" },
  { "GN=Jo,SN=Do,E=j@example.org,UID=7,serialNumber=42,title=Dr",
    "GN=Jo,SN=Do,emailAddress=j@example.org,UID=7,serialNumber=42,title=Dr" },
  { "CN=a,DC=example,DC=org", NULL },
  { "CN=a+serialNumber=7,O=b", NULL },
  { "C=de", NULL },
};

static void
test_round_trip (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (names); i++) {
    const char *expected = names[i].written != NULL ? names[i].written : names[i].text;
    g_autoptr (GBytes) der = parse (names[i].text);
    g_autofree char *text = scep_name_to_string (der, NULL);
    g_autoptr (GBytes) again = NULL;

    g_assert_cmpstr (text, ==, expected);
    again = parse (text);
    g_assert_true (g_bytes_equal (der, again));
  }
}

static X509_NAME *
load (const char *text)
{
  g_autoptr (GBytes) der = parse (text);
  const guint8 *p = g_bytes_get_data (der, NULL);
  X509_NAME *name = d2i_X509_NAME (NULL, &p, (long) g_bytes_get_size (der));

  g_assert_nonnull (name);
  return name;
}

static void
assert_entry (X509_NAME *name, int index, int nid, int type, const char *value)
{
  X509_NAME_ENTRY *entry = X509_NAME_get_entry (name, index);
  const ASN1_STRING *data = X509_NAME_ENTRY_get_data (entry);

  g_assert_cmpint (OBJ_obj2nid (X509_NAME_ENTRY_get_object (entry)), ==, nid);
  g_assert_cmpint (ASN1_STRING_type (data), ==, type);
  g_assert_cmpmem (ASN1_STRING_get0_data (data), (gsize) ASN1_STRING_length (data), value,
                   strlen (value));
}

/* The DER has the most general attribute first. */
static void
test_openssl (void)
{
  X509_NAME *name = load ("CN=M\\C3\\A4rz,serialNumber=42+E=a_b@example.org,UID=x_y,"
                          "O=Example\\, Inc.,DC=example,C=DE");

  g_assert_cmpint (X509_NAME_entry_count (name), ==, 7);
  assert_entry (name, 0, NID_countryName, V_ASN1_PRINTABLESTRING, "DE");
  assert_entry (name, 1, NID_domainComponent, V_ASN1_IA5STRING, "example");
  assert_entry (name, 2, NID_organizationName, V_ASN1_PRINTABLESTRING, "Example, Inc.");
  assert_entry (name, 3, NID_userId, V_ASN1_UTF8STRING, "x_y");
  assert_entry (name, 4, NID_serialNumber, V_ASN1_PRINTABLESTRING, "42");
  assert_entry (name, 5, NID_pkcs9_emailAddress, V_ASN1_IA5STRING, "a_b@example.org");
  assert_entry (name, 6, NID_commonName, V_ASN1_UTF8STRING, "M\303\244rz");
  g_assert_cmpint (X509_NAME_ENTRY_set (X509_NAME_get_entry (name, 4)), ==,
                   X509_NAME_ENTRY_set (X509_NAME_get_entry (name, 5)));
  g_assert_cmpint (X509_NAME_ENTRY_set (X509_NAME_get_entry (name, 5)), <,
                   X509_NAME_ENTRY_set (X509_NAME_get_entry (name, 6)));
  X509_NAME_free (name);
}

/* Every string type of a CA's name is read. */
static void
test_foreign (void)
{
  static const struct {
    int type;
    const char *octets;
    int length;
  } rows[] = {
    { V_ASN1_UTF8STRING, "M\303\244rz", 5 },
    { V_ASN1_T61STRING, "M\344rz", 4 },
    { V_ASN1_BMPSTRING, "\0M\0\344\0r\0z", 8 },
    { V_ASN1_UNIVERSALSTRING, "\0\0\0M\0\0\0\344\0\0\0r\0\0\0z", 16 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    X509_NAME *name = X509_NAME_new ();
    unsigned char *data = NULL;
    int length;
    g_autoptr (GBytes) der = NULL;
    g_autoptr (GBytes) own = parse ("CN=m\303\204RZ");
    g_autofree char *text = NULL;

    g_assert_cmpint (X509_NAME_add_entry_by_NID (name, NID_commonName, rows[i].type,
                                                 (const unsigned char *) rows[i].octets,
                                                 rows[i].length, -1, 0),
                     ==, 1);
    length = i2d_X509_NAME (name, &data);
    der = g_bytes_new (data, (gsize) length);
    text = scep_name_to_string (der, NULL);
    g_assert_cmpstr (text, ==, "CN=M\303\244rz");
    g_assert_true (scep_name_equal (der, own));
    OPENSSL_free (data);
    X509_NAME_free (name);
  }
}

/* What nobody sees, or what would end the line, is escaped, and is the same when read again. */
static void
test_invisible (void)
{
  static const struct {
    const char *text;
    const char *shown;
  } rows[] = {
    { "\342\200\250", "\\E2\\80\\A8" },         /* U+2028 line separator */
    { "\342\200\251", "\\E2\\80\\A9" },         /* U+2029 paragraph separator */
    { "\343\205\244", "\\E3\\85\\A4" },         /* U+3164 Hangul filler */
    { "\341\205\237", "\\E1\\85\\9F" },         /* U+115F */
    { "\341\205\240", "\\E1\\85\\A0" },         /* U+1160 */
    { "\357\276\240", "\\EF\\BE\\A0" },         /* U+FFA0 */
    { "\357\270\217", "\\EF\\B8\\8F" },         /* U+FE0F variation selector */
    { "\315\270", "\\CD\\B8" },                 /* U+0378, not assigned */
    { "\356\200\200", "\\EE\\80\\80" },         /* U+E000, private */
    { "\363\260\200\200", "\\F3\\B0\\80\\80" }, /* U+F0000, private */
    { "\342\200\213", "\\E2\\80\\8B" },         /* U+200B zero width space */
    { "\342\200\256", "\\E2\\80\\AE" },         /* U+202E, turns the line around */
    { "\303\244", "\303\244" },
    { "\352\260\200", "\352\260\200" }, /* U+AC00, a Hangul syllable */
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autofree char *text = g_strdup_printf ("CN=a%sb", rows[i].text);
    g_autofree char *expected = g_strdup_printf ("CN=a%sb", rows[i].shown);
    g_autoptr (GBytes) der = parse (text);
    g_autofree char *shown = scep_name_to_string (der, NULL);
    g_autoptr (GBytes) again = parse (shown);

    g_assert_cmpstr (shown, ==, expected);
    g_assert_true (g_bytes_equal (der, again));
  }
}

static gboolean
equal (const char *a, const char *b)
{
  g_autoptr (GBytes) der_a = parse (a);
  g_autoptr (GBytes) der_b = parse (b);

  g_assert_cmpint (scep_name_equal (der_a, der_b), ==, scep_name_equal (der_b, der_a));
  return scep_name_equal (der_a, der_b);
}

static void
test_equal (void)
{
  g_assert_false (equal ("CN=a", "CN=b"));
  g_assert_false (equal ("CN=a", "O=a"));
  g_assert_false (equal ("CN=a", ""));
  g_assert_false (equal ("CN=a,O=b", "O=b,CN=a"));
  g_assert_false (equal ("CN=a,O=b", "CN=a+O=b"));
  g_assert_false (equal ("CN=a,O=b", "CN=a\\,O=b"));
  g_assert_false (equal ("CN=ab", "CN=a b"));
  g_assert_false (equal ("CN=#0402abcd", "CN=0402abcd"));
  g_assert_true (equal ("CN=a", "CN=a"));
  g_assert_true (equal ("CN=Gate Way,O=b", "CN=gate  way,O=B"));
  g_assert_true (equal ("CN=foo", "CN=#0c03666f6f"));
  g_assert_true (equal ("CN=a+O=b", "O=B+CN=A"));
}

static void
test_key_usage (void)
{
  guint bit = 99;

  g_assert_false (scep_key_usage_from_name ("", &bit));
  g_assert_false (scep_key_usage_from_name ("signing", &bit));
  g_assert_cmpuint (bit, ==, 99);
  g_assert_true (scep_key_usage_from_name ("digitalSignature", &bit));
  g_assert_cmpuint (bit, ==, 0);
  g_assert_true (scep_key_usage_from_name ("contentCommitment", &bit));
  g_assert_cmpuint (bit, ==, 1);
  g_assert_true (scep_key_usage_from_name ("cRLSign", &bit));
  g_assert_cmpuint (bit, ==, 6);
  g_assert_true (scep_key_usage_from_name ("decipherOnly", &bit));
  g_assert_cmpuint (bit, ==, 8);
}

static void
test_extended_key_usage (void)
{
  g_assert_null (scep_extended_key_usage_to_oid (""));
  g_assert_null (scep_extended_key_usage_to_oid ("clients"));
  g_assert_null (scep_extended_key_usage_to_oid ("1"));
  g_assert_null (scep_extended_key_usage_to_oid ("1.2.3 "));
  g_assert_null (scep_extended_key_usage_to_oid ("1.2..3"));
  g_assert_cmpstr (scep_extended_key_usage_to_oid ("clientAuth"), ==, "1.3.6.1.5.5.7.3.2");
  g_assert_cmpstr (scep_extended_key_usage_to_oid ("1.2.3"), ==, "1.2.3");
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/name/refused", test_refused);
  g_test_add_func ("/name/malformed", test_malformed);
  g_test_add_func ("/name/many-parts", test_many_parts);
  g_test_add_func ("/name/long", test_long);
  g_test_add_func ("/name/round-trip", test_round_trip);
  g_test_add_func ("/name/openssl", test_openssl);
  g_test_add_func ("/name/foreign", test_foreign);
  g_test_add_func ("/name/invisible", test_invisible);
  g_test_add_func ("/name/equal", test_equal);
  g_test_add_func ("/name/key-usage", test_key_usage);
  g_test_add_func ("/name/extended-key-usage", test_extended_key_usage);
  return g_test_run ();
}
