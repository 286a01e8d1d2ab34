/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "codec/scep-der-time.h"

#include "codec/scep-cms.h"

#include <string.h>

#define NONE G_MININT64

static const struct {
  guint8 tag;
  const char *text;
  gint64 seconds;
} rows[] = {
  { SCEP_TAG_UTC_TIME, "", NONE },
  { SCEP_TAG_UTC_TIME, "Z", NONE },
  { SCEP_TAG_UTC_TIME, "7001010000Z", NONE },
  { SCEP_TAG_UTC_TIME, "700101000000", NONE },
  { SCEP_TAG_UTC_TIME, "7001010000000", NONE },
  { SCEP_TAG_UTC_TIME, "700101000000+0000", NONE },
  { SCEP_TAG_UTC_TIME, "19700101000000Z", NONE },
  { SCEP_TAG_UTC_TIME, "70010100000-Z", NONE },
  { SCEP_TAG_UTC_TIME, "700229000000Z", NONE },
  { SCEP_TAG_UTC_TIME, "701301000000Z", NONE },
  { SCEP_TAG_UTC_TIME, "700101240000Z", NONE },
  { SCEP_TAG_UTC_TIME, "700101006000Z", NONE },
  { SCEP_TAG_GENERALIZED_TIME, "700101000000Z", NONE },
  { SCEP_TAG_GENERALIZED_TIME, "19700101000000.5Z", NONE },
  { SCEP_TAG_PRINTABLE_STRING, "700101000000Z", NONE },
  { SCEP_TAG_UTC_TIME, "700101000000Z", 0 },
  { SCEP_TAG_UTC_TIME, "500101000000Z", -631152000 },
  { SCEP_TAG_UTC_TIME, "000229235959Z", 951868799 },
  { SCEP_TAG_UTC_TIME, "380119031408Z", 2147483648 },
  { SCEP_TAG_UTC_TIME, "491231235959Z", 2524607999 },
  { SCEP_TAG_GENERALIZED_TIME, "20500101000000Z", 2524608000 },
  { SCEP_TAG_GENERALIZED_TIME, "21060207062816Z", 4294967296 },
  { SCEP_TAG_GENERALIZED_TIME, "99991231235959Z", 253402300799 },
};

static void
test_parse (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    gint64 seconds = NONE;

    g_test_message ("%s", rows[i].text);
    g_assert_true (scep_der_time_parse (rows[i].tag, rows[i].text, strlen (rows[i].text),
                                        &seconds) == (rows[i].seconds != NONE));
    g_assert_cmpint (seconds, ==, rows[i].seconds);
  }
}

/* What GnuTLS says counts only where there is another form. */
static void
test_get (void)
{
  const gint64 by_gnutls = 2147483647;

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autoptr (ScepAsn1) validity = scep_asn1_create ("Validity");
    g_autoptr (GBytes) content = g_bytes_new_static (rows[i].text, strlen (rows[i].text));
    g_autoptr (GBytes) time = scep_der_wrap (rows[i].tag, content);
    gint64 seconds;

    scep_asn1_set_bytes (validity, "notBefore", time);
    scep_asn1_set_bytes (validity, "notAfter", time);
    seconds = scep_der_time_get (validity, "notAfter", by_gnutls);
    g_assert_cmpint (seconds, ==, rows[i].seconds != NONE ? rows[i].seconds : by_gnutls);
    g_assert_cmpint (scep_der_time_get (validity, "nothing", by_gnutls), ==, by_gnutls);
  }
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/der-time/parse", test_parse);
  g_test_add_func ("/der-time/get", test_get);
  return g_test_run ();
}
