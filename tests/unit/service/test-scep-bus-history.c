/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "service/scep-bus-history.h"

#include "enroll/scep-history.h"

static void
expect (ScepHistory *history, const char *text)
{
  g_autoptr (GVariant) shown =
      g_variant_ref_sink (scep_bus_history_to_variant (scep_history_get_events (history)));
  g_autoptr (GVariant) expected =
      g_variant_parse (G_VARIANT_TYPE ("a(tsa{sv})"), text, NULL, NULL, NULL);
  g_autofree char *printed = g_variant_print (shown, TRUE);

  g_assert_nonnull (expected);
  g_test_message ("%s", printed);
  g_assert_true (g_variant_equal (shown, expected));
}

static void
test_nothing (void)
{
  g_autoptr (ScepHistory) history = scep_history_new ();

  expect (history, "[]");
}

static void
test_not_a_number (void)
{
  g_autoptr (ScepHistory) history = scep_history_new ();

  scep_history_add_event (history, -1, "enrolled", "NotAfter", "soon", "Fingerprint", "ab", NULL);
  expect (history, "[(0, 'enrolled', {'Fingerprint': <'ab'>})]");
}

static void
test_types (void)
{
  g_autoptr (ScepHistory) history = scep_history_new ();

  scep_history_add_event (history, 10, "reset", NULL);
  scep_history_add_event (history, 11, "enrolled", "NotAfter", "1798761600", "SerialNumber", "0f",
                          NULL);
  scep_history_add_event (history, 12, "ca-certificates-changed", "CAFingerprints", "ab;cd", NULL);
  scep_history_add_event (history, 13, "failed", "Message", "12", "FromTheFuture", "7", NULL);
  scep_history_add_event (history, 14, "failed", "Message", "12", "FromTheFuture", "7", NULL);
  expect (history, "[(10, 'reset', @a{sv} {}),"
                   " (11, 'enrolled', {'NotAfter': <uint64 1798761600>, 'SerialNumber': <'0f'>}),"
                   " (12, 'ca-certificates-changed', {'CAFingerprints': <['ab', 'cd']>}),"
                   " (14, 'failed', {'Count': <uint32 2>, 'FirstTime': <uint64 13>,"
                   "  'FromTheFuture': <'7'>, 'Message': <'12'>})]");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/bus-history/nothing", test_nothing);
  g_test_add_func ("/bus-history/not-a-number", test_not_a_number);
  g_test_add_func ("/bus-history/types", test_types);
  return g_test_run ();
}
