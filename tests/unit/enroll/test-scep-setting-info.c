/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "enroll/scep-setting-info.h"

#include "base/scep-names.h"

#include <gio/gio.h>
#include <string.h>

static GDBusInterfaceInfo *interface;

static const char *
get_signature (ScepSettingType type)
{
  switch (type) {
  case SCEP_SETTING_TYPE_BOOLEAN:
    return "b";
  case SCEP_SETTING_TYPE_UINT:
    return "u";
  case SCEP_SETTING_TYPE_STRV:
    return "as";
  case SCEP_SETTING_TYPE_STRING:
  default:
    return "s";
  }
}

/* Every setting is a property that can be written. */
static void
test_properties (void)
{
  for (guint i = 0; i < SCEP_N_SETTINGS; i++) {
    const ScepSettingInfo *info = scep_setting_info ((ScepSettingId) i);
    GDBusPropertyInfo *property = g_dbus_interface_info_lookup_property (interface, info->name);

    g_assert_nonnull (property);
    g_assert_cmpstr (property->signature, ==, get_signature (info->type));
    g_assert_true (property->flags & G_DBUS_PROPERTY_INFO_FLAGS_WRITABLE);
    g_assert_cmpint ((property->flags & G_DBUS_PROPERTY_INFO_FLAGS_READABLE) == 0, ==,
                     (info->flags & SCEP_SETTING_SECRET) != 0);
  }
}

/* Every property that can be written is a setting. */
static void
test_nothing_else (void)
{
  guint n_writable = 0;

  for (guint i = 0; interface->properties[i] != NULL; i++) {
    ScepSettingId id = SCEP_N_SETTINGS;
    gboolean writable =
        (interface->properties[i]->flags & G_DBUS_PROPERTY_INFO_FLAGS_WRITABLE) != 0;

    n_writable += writable ? 1 : 0;
    g_assert_cmpint (scep_setting_from_name (interface->properties[i]->name, &id), ==, writable);
    if (writable)
      g_assert_cmpstr (scep_setting_info (id)->name, ==, interface->properties[i]->name);
    else
      g_assert_cmpint (id, ==, SCEP_N_SETTINGS);
  }
  g_assert_cmpuint (n_writable, ==, SCEP_N_SETTINGS);
}

static void
test_unknown (void)
{
  ScepSettingId id = SCEP_SETTING_ENABLED;

  g_assert_false (scep_setting_from_name ("enabled", &id));
  g_assert_false (scep_setting_from_name ("", &id));
  g_assert_false (scep_setting_from_name (NULL, &id));
  g_assert_cmpint (id, ==, SCEP_SETTING_ENABLED);
}

static void
test_defaults_in_range (void)
{
  for (guint i = 0; i < SCEP_N_SETTINGS; i++) {
    const ScepSettingInfo *info = scep_setting_info ((ScepSettingId) i);

    if (info->type == SCEP_SETTING_TYPE_STRING) {
      g_assert_nonnull (info->default_string);
      g_assert_cmpuint (strlen (info->default_string), <=, info->maximum);
    } else if (info->type == SCEP_SETTING_TYPE_UINT) {
      g_assert_cmpuint (info->default_number, >=, info->minimum);
      g_assert_cmpuint (info->default_number, <=, info->maximum);
    }
  }
}

static guint
count_flag (ScepSettingFlags flag)
{
  guint count = 0;

  for (guint i = 0; i < SCEP_N_SETTINGS; i++)
    count += (scep_setting_info ((ScepSettingId) i)->flags & flag) != 0 ? 1 : 0;
  return count;
}

/* Who writes these decides who gets the challenge. */
static void
test_flags (void)
{
  static const ScepSettingId trust[] = { SCEP_SETTING_SERVER_ENDPOINT,
                                         SCEP_SETTING_CA_ROOT_VERIFICATION_METHOD,
                                         SCEP_SETTING_CA_ROOT_CERTIFICATE,
                                         SCEP_SETTING_CA_ROOT_FINGERPRINT,
                                         SCEP_SETTING_RA_CERTIFICATE_FINGERPRINT,
                                         SCEP_SETTING_ALGORITHM_POLICY,
                                         SCEP_SETTING_TLS_CA_CERTIFICATES };
  static const ScepSettingId bootstrap[] = { SCEP_SETTING_SERVER_ENDPOINT,
                                             SCEP_SETTING_CA_ROOT_CERTIFICATE,
                                             SCEP_SETTING_CA_ROOT_FINGERPRINT };

  for (guint i = 0; i < G_N_ELEMENTS (trust); i++)
    g_assert_true (scep_setting_info (trust[i])->flags & SCEP_SETTING_TRUST);
  g_assert_cmpuint (count_flag (SCEP_SETTING_TRUST), ==, G_N_ELEMENTS (trust));
  for (guint i = 0; i < G_N_ELEMENTS (bootstrap); i++)
    g_assert_true (scep_setting_info (bootstrap[i])->flags & SCEP_SETTING_BOOTSTRAP);
  g_assert_cmpuint (count_flag (SCEP_SETTING_BOOTSTRAP), ==, G_N_ELEMENTS (bootstrap));
  g_assert_cmpuint (count_flag (SCEP_SETTING_SECRET), ==, 1);
}

static GDBusNodeInfo *
load_interface (void)
{
  g_autofree char *xml = NULL;
  g_autoptr (GError) error = NULL;
  GDBusNodeInfo *node;

  g_file_get_contents (TEST_DBUS_DIR "/" SCEP_INTERFACE ".xml", &xml, NULL, &error);
  g_assert_no_error (error);
  node = g_dbus_node_info_new_for_xml (xml, &error);
  g_assert_no_error (error);
  interface = g_dbus_node_info_lookup_interface (node, SCEP_INTERFACE);
  g_assert_nonnull (interface);
  return node;
}

int
main (int argc, char **argv)
{
  g_autoptr (GDBusNodeInfo) node = NULL;

  g_test_init (&argc, &argv, NULL);
  node = load_interface ();
  g_test_add_func ("/setting-info/properties", test_properties);
  g_test_add_func ("/setting-info/nothing-else", test_nothing_else);
  g_test_add_func ("/setting-info/unknown", test_unknown);
  g_test_add_func ("/setting-info/defaults-in-range", test_defaults_in_range);
  g_test_add_func ("/setting-info/flags", test_flags);
  return g_test_run ();
}
