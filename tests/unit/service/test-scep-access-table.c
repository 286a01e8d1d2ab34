/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/scep-names.h"
#include "scep-interface-info.h"
#include "service/scep-access-table.h"

#include <string.h>

static const GDBusInterfaceInfo *
get_interface (guint index)
{
  const GDBusInterfaceInfo *all[] = { &scep_bus_profile_interface, &scep_bus_manager_interface,
                                      &scep_bus_keystore_interface };

  return index < G_N_ELEMENTS (all) ? all[index] : NULL;
}

static gboolean
is_writable (const GDBusPropertyInfo *property)
{
  return (property->flags & G_DBUS_PROPERTY_INFO_FLAGS_WRITABLE) != 0;
}

static void
expect_row (const GDBusInterfaceInfo *interface, const char *member)
{
  ScepActions actions;

  g_test_message ("%s.%s", interface->name, member);
  g_assert_true (scep_access_lookup (interface->name, member, &actions));
}

/* Every member that can be called or written has its row. */
static void
test_complete (void)
{
  const GDBusInterfaceInfo *interface;

  for (guint i = 0; (interface = get_interface (i)) != NULL; i++) {
    for (guint j = 0; interface->methods != NULL && interface->methods[j] != NULL; j++)
      expect_row (interface, interface->methods[j]->name);
    for (guint j = 0; interface->properties != NULL && interface->properties[j] != NULL; j++) {
      if (is_writable (interface->properties[j]))
        expect_row (interface, interface->properties[j]->name);
    }
  }
}

static gboolean
names_something (const ScepAccessRow *row)
{
  const GDBusInterfaceInfo *interface;

  for (guint i = 0; (interface = get_interface (i)) != NULL; i++) {
    GDBusPropertyInfo *property;

    if (!g_str_equal (interface->name, row->interface))
      continue;
    property =
        g_dbus_interface_info_lookup_property ((GDBusInterfaceInfo *) interface, row->member);
    return g_dbus_interface_info_lookup_method ((GDBusInterfaceInfo *) interface, row->member) !=
               NULL ||
           (property != NULL && is_writable (property));
  }
  return g_str_equal (row->interface, "org.freedesktop.DBus.ObjectManager");
}

/* Every row is of a member that can be called or written, and there is one of it. */
static void
test_nothing_else (void)
{
  guint n_rows;
  const ScepAccessRow *rows = scep_access_table (&n_rows);

  for (guint i = 0; i < n_rows; i++) {
    g_test_message ("%s.%s", rows[i].interface, rows[i].member);
    g_assert_true (names_something (&rows[i]));
    for (guint j = 0; j < i; j++)
      g_assert_false (g_str_equal (rows[i].interface, rows[j].interface) &&
                      g_str_equal (rows[i].member, rows[j].member));
  }
}

static void
test_unknown_is_denied (void)
{
  ScepActions actions;

  g_assert_false (scep_access_lookup (SCEP_INTERFACE, "Unheard", &actions));
  g_assert_false (scep_access_lookup (SCEP_INTERFACE, "enroll", &actions));
  g_assert_false (scep_access_lookup (SCEP_INTERFACE, "State", &actions));
  g_assert_false (scep_access_lookup (SCEP_INTERFACE_MANAGER, "Enroll", &actions));
  g_assert_false (scep_access_lookup ("org.example.Other", "Enroll", &actions));
}

static ScepActions
actions_of (const char *interface, const char *member, GVariant *parameters)
{
  g_autoptr (GVariant) kept = g_variant_ref_sink (parameters);
  ScepActions actions;

  g_assert_true (scep_access_for_call (interface, member, kept, &actions));
  return actions;
}

/* The rows that are not about mere configuration, as the design has them: action, interface and
 * members. */
static const struct {
  ScepActions actions;
  const char *interface;
  const char *members;
} special[] = {
  { SCEP_ACTION_TRUST_CA, SCEP_INTERFACE,
    "AcceptCA ServerEndpoint CARootVerificationMethod CARootCertificate CARootFingerprint "
    "RACertificateFingerprint AlgorithmPolicy TLSCACertificates" },
  { SCEP_ACTION_ENROLL, SCEP_INTERFACE,
    "Enroll Renew Check Cancel GetCRL GetCertificate Diagnose" },
  { SCEP_ACTION_NONE, SCEP_INTERFACE, "GetCertificateChain GetHistory" },
  { SCEP_ACTION_NONE, SCEP_INTERFACE_MANAGER, "ListProfiles" },
  { SCEP_ACTION_NONE, "org.freedesktop.DBus.ObjectManager", "GetManagedObjects" },
  { SCEP_ACTION_MANAGE_KEYSTORE, SCEP_INTERFACE_KEYSTORE,
    "CreateKeyPair GetCSR ImportCertificate ImportKeyPair DeleteEntry" },
  { SCEP_ACTION_EXPORT_PRIVATE_KEY, SCEP_INTERFACE_KEYSTORE, "ExportKeyPair" },
  { SCEP_ACTION_NONE, SCEP_INTERFACE_KEYSTORE, "ListEntries GetEntry GetCertificateChain" },
};

static ScepActions
get_designed (const ScepAccessRow *row)
{
  for (guint i = 0; i < G_N_ELEMENTS (special); i++) {
    g_auto (GStrv) members = g_strsplit (special[i].members, " ", -1);

    if (g_str_equal (special[i].interface, row->interface) &&
        g_strv_contains ((const char *const *) members, row->member))
      return special[i].actions;
  }
  return SCEP_ACTION_CONFIGURE;
}

static void
test_actions (void)
{
  guint n_rows;
  const ScepAccessRow *rows = scep_access_table (&n_rows);

  for (guint i = 0; i < n_rows; i++) {
    g_test_message ("%s.%s", rows[i].interface, rows[i].member);
    g_assert_cmpuint (rows[i].actions, ==, get_designed (&rows[i]));
  }
}

/* A call needs every action that its keys need. */
static void
test_keys (void)
{
  g_assert_cmpuint (actions_of (SCEP_INTERFACE, "Configure",
                                g_variant_new_parsed ("({'ServerEndpoint': <'x'>},)")),
                    ==, SCEP_ACTION_CONFIGURE | SCEP_ACTION_TRUST_CA);
  g_assert_cmpuint (actions_of (SCEP_INTERFACE, "Configure",
                                g_variant_new_parsed ("({'Enabled': <true>, 'Unheard': <1>},)")),
                    ==, SCEP_ACTION_CONFIGURE);
  g_assert_cmpuint (actions_of (SCEP_INTERFACE, "ResetSettings",
                                g_variant_new_parsed ("(['Enabled', 'AlgorithmPolicy'],)")),
                    ==, SCEP_ACTION_CONFIGURE | SCEP_ACTION_TRUST_CA);
  g_assert_cmpuint (actions_of (SCEP_INTERFACE_MANAGER, "CreateProfile",
                                g_variant_new_parsed ("('a', {'TLSCACertificates': <'x'>})")),
                    ==, SCEP_ACTION_CONFIGURE | SCEP_ACTION_TRUST_CA);
  /* The options of a keystore are no settings, whatever their names. */
  g_assert_cmpuint (actions_of (SCEP_INTERFACE_KEYSTORE, "GetCSR",
                                g_variant_new_parsed ("('a', {'ServerEndpoint': <'x'>})")),
                    ==, SCEP_ACTION_MANAGE_KEYSTORE);
}

/* What the policy file says of one action. */
typedef struct {
  char *id;
  char *owner;
  char *any, *inactive, *active;
} Action;

typedef struct {
  GPtrArray *actions;
  char *key; /* (nullable): of the annotation that is open */
} Policy;

static void
action_free (gpointer data)
{
  Action *action = data;

  g_free (action->id);
  g_free (action->owner);
  g_free (action->any);
  g_free (action->inactive);
  g_free (action->active);
  g_free (action);
}

static void
on_start (GMarkupParseContext *context, const char *element, const char **names,
          const char **values, gpointer user_data, GError **error)
{
  Policy *policy = user_data;

  g_clear_pointer (&policy->key, g_free);
  for (guint i = 0; names[i] != NULL; i++) {
    if (g_str_equal (element, "action") && g_str_equal (names[i], "id")) {
      Action *action = g_new0 (Action, 1);

      action->id = g_strdup (values[i]);
      g_ptr_array_add (policy->actions, action);
    } else if (g_str_equal (element, "annotate") && g_str_equal (names[i], "key")) {
      policy->key = g_strdup (values[i]);
    }
  }
}

static void
on_text (GMarkupParseContext *context, const char *text, gsize length, gpointer user_data,
         GError **error)
{
  Policy *policy = user_data;
  const char *element = g_markup_parse_context_get_element (context);
  Action *action;

  if (policy->actions->len == 0)
    return;
  action = policy->actions->pdata[policy->actions->len - 1];
  if (g_str_equal (element, "allow_any"))
    action->any = g_strndup (text, length);
  else if (g_str_equal (element, "allow_inactive"))
    action->inactive = g_strndup (text, length);
  else if (g_str_equal (element, "allow_active"))
    action->active = g_strndup (text, length);
  else if (g_str_equal (element, "annotate") &&
           g_strcmp0 (policy->key, "org.freedesktop.policykit.owner") == 0)
    action->owner = g_strndup (text, length);
}

static GPtrArray *
read_policy (void)
{
  const GMarkupParser parser = { .start_element = on_start, .text = on_text };
  g_autofree char *path = g_build_filename (g_getenv ("TEST_SRCDIR"), "..", "polkit",
                                            "org.example.SCEPEnrollment.policy.in", NULL);
  Policy policy = { g_ptr_array_new_with_free_func (action_free), NULL };
  g_autoptr (GMarkupParseContext) context =
      g_markup_parse_context_new (&parser, G_MARKUP_IGNORE_QUALIFIED, &policy, NULL);
  g_autofree char *text = NULL;
  g_autoptr (GError) error = NULL;
  gsize length;

  g_file_get_contents (path, &text, &length, &error);
  g_assert_no_error (error);
  g_markup_parse_context_parse (context, text, (gssize) length, &error);
  g_assert_no_error (error);
  g_free (policy.key);
  return policy.actions;
}

/* More names than there are settings are not looked at, and need everything. */
static void
test_many_keys (void)
{
  GVariantBuilder dict, list;
  ScepActions actions;
  g_autoptr (GVariant) named = NULL, given = NULL;

  g_variant_builder_init (&dict, G_VARIANT_TYPE ("a{sv}"));
  g_variant_builder_init (&list, G_VARIANT_TYPE ("as"));
  for (guint i = 0; i < 1000; i++) {
    g_variant_builder_add (&dict, "{sv}", "x", g_variant_new_boolean (TRUE));
    g_variant_builder_add (&list, "s", "x");
  }
  given = g_variant_ref_sink (g_variant_new ("(a{sv})", &dict));
  named = g_variant_ref_sink (g_variant_new ("(as)", &list));
  g_assert_true (scep_access_for_call (SCEP_INTERFACE, "Configure", given, &actions));
  g_assert_cmpuint (actions, ==, SCEP_ACTION_CONFIGURE | SCEP_ACTION_TRUST_CA);
  g_assert_true (scep_access_for_call (SCEP_INTERFACE, "ResetSettings", named, &actions));
  g_assert_cmpuint (actions, ==, SCEP_ACTION_CONFIGURE | SCEP_ACTION_TRUST_CA);
}

/* The same actions in the table and in the policy file, with the design's defaults. */
static void
test_policy_file (void)
{
  static const char *const active[SCEP_N_ACTIONS] = { "auth_admin_keep", "auth_admin",
                                                      "auth_admin_keep", "auth_admin_keep",
                                                      "auth_admin" };
  g_autoptr (GPtrArray) actions = read_policy ();
  guint n_rows;
  const ScepAccessRow *rows = scep_access_table (&n_rows);
  guint used = 0;

  g_assert_cmpuint (actions->len, ==, SCEP_N_ACTIONS);
  for (guint i = 0; i < SCEP_N_ACTIONS; i++) {
    const Action *action = actions->pdata[i];

    g_assert_cmpstr (action->id, ==, scep_action_get_id (i));
    g_assert_cmpstr (action->any, ==, "auth_admin");
    g_assert_cmpstr (action->inactive, ==, "auth_admin");
    g_assert_cmpstr (action->active, ==, active[i]);
    g_assert_cmpstr (action->owner, ==, "unix-user:@system_user@");
  }
  for (guint i = 0; i < n_rows; i++)
    used |= rows[i].actions;
  g_assert_cmpuint (used, ==, (1U << SCEP_N_ACTIONS) - 1);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/access-table/unknown-is-denied", test_unknown_is_denied);
  g_test_add_func ("/access-table/complete", test_complete);
  g_test_add_func ("/access-table/nothing-else", test_nothing_else);
  g_test_add_func ("/access-table/actions", test_actions);
  g_test_add_func ("/access-table/keys", test_keys);
  g_test_add_func ("/access-table/many-keys", test_many_keys);
  g_test_add_func ("/access-table/policy-file", test_policy_file);
  return g_test_run ();
}
