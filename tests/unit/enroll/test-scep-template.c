/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "enroll/scep-template.h"

#include "base/scep-error.h"

static char *
lookup (ScepTemplateVariable variable, const char *argument, gpointer user_data, GError **error)
{
  if (variable == SCEP_TEMPLATE_MAC)
    return g_strconcat ("mac-of-", argument, NULL);
  return g_strdup (user_data);
}

static void
test_refused (void)
{
  static const char *const bad[] = { "${}",     "${nonsense}", "${hostname", "${mac}",
                                     "${mac:}", "${mac:../x}", "${HOSTNAME}" };
  ScepTemplateSource source = { lookup, (gpointer) "value" };
  ScepTemplateSource empty = { lookup, (gpointer) "" };
  g_autoptr (GError) none = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++) {
    g_autoptr (GError) error = NULL;

    g_assert_null (scep_template_expand (bad[i], &source, &error));
    g_assert_error (error, SCEP_ERROR, SCEP_ERROR_INVALID_SETTING);
  }
  g_assert_null (scep_template_expand ("${hostname}", &empty, &none));
  g_assert_error (none, SCEP_ERROR, SCEP_ERROR_NOT_CONFIGURED);
}

static void
test_expand (void)
{
  ScepTemplateSource source = { lookup, (gpointer) "a,OU=b" };
  g_autofree char *plain = scep_template_expand ("$x ${mac:eth0}-${profile}.", &source, NULL);
  g_autofree char *dn = scep_template_expand_dn ("CN=${hostname},O=x", &source, NULL);

  g_assert_cmpstr (plain, ==, "$x mac-of-eth0-a,OU=b.");
  g_assert_cmpstr (dn, ==, "CN=a\\,OU\\=b,O=x");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/template/refused", test_refused);
  g_test_add_func ("/template/expand", test_expand);
  return g_test_run ();
}
