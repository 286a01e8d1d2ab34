/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "codec/scep-name.h"

#include "base/scep-error.h"

#include <openssl/x509v3.h>
#include <string.h>

static const char *const refused[] = {
  "",
  "gw.example.org",
  "dirName:CN=a",
  "DNS:",
  "DNS:a b",
  "DNS:a..b",
  "DNS:.a",
  "DNS:a.",
  "DNS:-a",
  "DNS:a-.b",
  "DNS:*",
  "DNS:a.*.b",
  "DNS:a*.b",
  "DNS:https://a",
  "DNS:aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffgggg",
  "IP:",
  "IP:192.0.2",
  "IP:192.0.2.256",
  "IP:192.0.2.7/24",
  "IP:fe80::1%eth0",
  "IP:gw",
  "email:",
  "email:a",
  "email:@b",
  "email:a@",
  "email:a b@c",
  "email:\303\244@b",
  "URI:",
  "URI:a",
  "URI:/a/b",
  "URI:http://a b",
  "URI:http://\303\244",
  "UPN:",
  "UPN:a\nb",
  "UPN:a\324\260b",
  "UPN:a\342\200\250b",
  "UPN:a\343\205\244b",
  "UPN:a\356\200\200b",
};

static void
test_refused (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (refused); i++) {
    const char *values[] = { "DNS:good", refused[i], NULL };
    g_autoptr (GError) error_a = NULL;
    g_autoptr (GError) error_b = NULL;

    g_test_message ("%s", refused[i]);
    g_assert_null (scep_alt_name_normalize (refused[i], &error_a));
    g_assert_error (error_a, SCEP_ERROR, SCEP_ERROR_INVALID_SETTING);
    g_assert_null (scep_alt_names_encode (values, &error_b));
    g_assert_error (error_b, SCEP_ERROR, SCEP_ERROR_INVALID_SETTING);
  }
}

static void
test_malformed (void)
{
  static const guint8 cut[] = { 0x30, 0x04, 0x82, 0x02, 'a' };
  g_autoptr (GBytes) der = g_bytes_new_static (cut, sizeof cut);
  g_autoptr (GError) error = NULL;

  g_assert_null (scep_alt_names_decode (der, &error));
  g_assert_error (error, SCEP_ERROR, SCEP_ERROR_MALFORMED_REPLY);
}

static void
test_normalize (void)
{
  static const char *const rows[][2] = {
    { "DNS:GW.Example.org", "DNS:gw.example.org" },
    { "dns:a", "DNS:a" },
    { "DNS:*.example.org", "DNS:*.example.org" },
    { "DNS:_sip.example.org", "DNS:_sip.example.org" },
    { "DNS:b\303\274cher.example", "DNS:xn--bcher-kva.example" },
    { "IP:192.0.2.7", "IP:192.0.2.7" },
    { "ip:2001:DB8:0:0::7", "IP:2001:db8::7" },
    { "EMAIL:A@example.org", "email:A@example.org" },
    { "URI:urn:uuid:7", "URI:urn:uuid:7" },
    { "uri:https://a.example/b?c=d", "URI:https://a.example/b?c=d" },
    { "upn:M\303\244rz$@example.org", "UPN:M\303\244rz$@example.org" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autoptr (GError) error = NULL;
    g_autofree char *normalized = scep_alt_name_normalize (rows[i][0], &error);

    g_assert_no_error (error);
    g_assert_cmpstr (normalized, ==, rows[i][1]);
  }
}

static const char *const all[] = { "DNS:gw.example.org",
                                   "IP:192.0.2.7",
                                   "IP:2001:db8::7",
                                   "email:a@example.org",
                                   "URI:urn:uuid:7",
                                   "UPN:M\303\244rz@example.org",
                                   NULL };

static void
test_round_trip (void)
{
  const char *const twice[] = { "DNS:a", "DNS:A", "dns:b", "DNS:a", NULL };
  const char *const once[] = { "DNS:a", "DNS:b", NULL };
  g_autoptr (GBytes) der_all = scep_alt_names_encode (all, NULL);
  g_autoptr (GBytes) der_twice = scep_alt_names_encode (twice, NULL);
  g_auto (GStrv) decoded_all = scep_alt_names_decode (der_all, NULL);
  g_auto (GStrv) decoded_twice = scep_alt_names_decode (der_twice, NULL);

  g_assert_cmpstrv (decoded_all, all);
  g_assert_cmpstrv (decoded_twice, once);
}

static void
assert_text (GENERAL_NAMES *names, int index, int kind, const char *expected, gsize length)
{
  int type;
  const ASN1_STRING *text = GENERAL_NAME_get0_value (sk_GENERAL_NAME_value (names, index), &type);

  g_assert_cmpint (type, ==, kind);
  g_assert_cmpmem (ASN1_STRING_get0_data (text), (gsize) ASN1_STRING_length (text), expected,
                   length);
}

static void
test_openssl (void)
{
  g_autoptr (GBytes) der = scep_alt_names_encode (all, NULL);
  const guint8 *p = g_bytes_get_data (der, NULL);
  GENERAL_NAMES *names = d2i_GENERAL_NAMES (NULL, &p, (long) g_bytes_get_size (der));
  ASN1_OBJECT *oid;
  ASN1_TYPE *value;

  g_assert_nonnull (names);
  g_assert_cmpint (sk_GENERAL_NAME_num (names), ==, 6);
  assert_text (names, 0, GEN_DNS, "gw.example.org", 14);
  assert_text (names, 1, GEN_IPADD, "\300\0\2\7", 4);
  assert_text (names, 2, GEN_IPADD, "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x07", 16);
  assert_text (names, 3, GEN_EMAIL, "a@example.org", 13);
  assert_text (names, 4, GEN_URI, "urn:uuid:7", 10);
  g_assert_cmpint (GENERAL_NAME_get0_otherName (sk_GENERAL_NAME_value (names, 5), &oid, &value), ==,
                   1);
  g_assert_cmpint (OBJ_obj2nid (oid), ==, NID_ms_upn);
  g_assert_cmpint (ASN1_TYPE_get (value), ==, V_ASN1_UTF8STRING);
  g_assert_cmpmem (ASN1_STRING_get0_data (value->value.utf8string),
                   (gsize) ASN1_STRING_length (value->value.utf8string), "M\303\244rz@example.org",
                   17);
  GENERAL_NAMES_free (names);
}

/* Nothing of what a CA wrote is passed over. */
static void
test_foreign (void)
{
  static const guint8 data[] = { 0x30, 0x1b, 0x82, 0x03, 'G',  'w',  '1', /* capitals */
                                 0x82, 0x03, 'a',  0x0a, 'b',             /* a control character */
                                 0x87, 0x03, 1,    2,    3,               /* no address */
                                 0x88, 0x02, 0x2a, 0x03,                  /* registeredID */
                                 0xa0, 0x06, 0x06, 0x02, 0x2a, 0x03, 0xa0, 0x00 };
  const char *const expected[] = {
    "DNS:gw1",        "other:8203610a62",       "other:8703010203",
    "other:88022a03", "other:a00606022a03a000", NULL,
  };
  g_autoptr (GBytes) der = g_bytes_new_static (data, sizeof data);
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) names = scep_alt_names_decode (der, &error);

  g_assert_no_error (error);
  g_assert_cmpstrv (names, expected);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/alt-name/refused", test_refused);
  g_test_add_func ("/alt-name/malformed", test_malformed);
  g_test_add_func ("/alt-name/normalize", test_normalize);
  g_test_add_func ("/alt-name/round-trip", test_round_trip);
  g_test_add_func ("/alt-name/openssl", test_openssl);
  g_test_add_func ("/alt-name/foreign", test_foreign);
  return g_test_run ();
}
