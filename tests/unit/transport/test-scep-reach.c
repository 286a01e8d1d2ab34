/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "transport/scep-reach.h"

#define HOSTS                                                                                      \
  "# 127.0.0.1 commented.example\n"                                                                \
  "127.0.0.1\tlocalhost  inner.example # 127.0.0.1 late.example\n"                                 \
  "192.0.2.1 outer.example inner.example\n"                                                        \
  "\n"                                                                                             \
  "::1 six.example\r\n"

static void
test_far (void)
{
  static const char *const hosts[] = { "192.0.2.1",     "2001:db8::1",       "10.0.0.1",
                                       "ca.example",    "localhost.example", "commented.example",
                                       "outer.example", "late.example",      "inner" };

  for (guint i = 0; i < G_N_ELEMENTS (hosts); i++) {
    g_test_message ("%s", hosts[i]);
    g_assert_false (scep_reach_is_near (hosts[i], HOSTS));
  }
  g_assert_false (scep_reach_is_near ("inner.example", NULL));
}

static void
test_near (void)
{
  static const char *const hosts[] = {
    "127.0.0.1",    "::1",         "127.1",        "localhost",     "ca.localhost",   "169.254.7.6",
    "fe80::1%eth0", "plant.local", "PLANT.LOCAL.", "INNER.example", "inner.example.", "six.example"
  };

  for (guint i = 0; i < G_N_ELEMENTS (hosts); i++) {
    g_test_message ("%s", hosts[i]);
    g_assert_true (scep_reach_is_near (hosts[i], HOSTS));
  }
  g_assert_true (scep_reach_is_near (g_get_host_name (), NULL));
}

static void
test_proxy (void)
{
  g_setenv ("HTTPS_PROXY", "http://127.0.0.1:3128", TRUE);
  g_assert_true (scep_reach_check ("http://ca.example/scep"));
  g_unsetenv ("HTTPS_PROXY");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/reach/far", test_far);
  g_test_add_func ("/reach/near", test_near);
  g_test_add_func ("/reach/proxy", test_proxy);
  return g_test_run ();
}
