/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "service/scep-access-table.h"

#include "base/scep-names.h"

/* A call that names more settings than there are needs all that any of them needs; looking up
 * thousands of names for whom it may concern would keep the others waiting. */
#define MAX_NAMES 256

#define OPEN SCEP_ACTION_NONE
#define CONFIGURE SCEP_ACTION_CONFIGURE
#define TRUST_CA SCEP_ACTION_TRUST_CA
#define ENROLL SCEP_ACTION_ENROLL
#define MANAGE SCEP_ACTION_MANAGE_KEYSTORE
#define EXPORT SCEP_ACTION_EXPORT_PRIVATE_KEY

static const char *const action_ids[SCEP_N_ACTIONS] = {
  SCEP_BUS_NAME ".configure",       SCEP_BUS_NAME ".trust-ca",           SCEP_BUS_NAME ".enroll",
  SCEP_BUS_NAME ".manage-keystore", SCEP_BUS_NAME ".export-private-key",
};

/* The whole policy of the service. What is not here is denied. */
static const ScepAccessRow table[] = {
  /* property writes */
  { SCEP_INTERFACE, "KeystoreServiceTarget", CONFIGURE },
  { SCEP_INTERFACE, "Enabled", CONFIGURE },
  { SCEP_INTERFACE, "ServerEndpoint", TRUST_CA },
  { SCEP_INTERFACE, "CARootVerificationMethod", TRUST_CA },
  { SCEP_INTERFACE, "CARootCertificate", TRUST_CA },
  { SCEP_INTERFACE, "CARootFingerprint", TRUST_CA },
  { SCEP_INTERFACE, "CARollover", CONFIGURE },
  { SCEP_INTERFACE, "CertificateCheckInterval", CONFIGURE },
  { SCEP_INTERFACE, "ConnectRetryInterval", CONFIGURE },
  { SCEP_INTERFACE, "ChallengePassword", CONFIGURE },
  { SCEP_INTERFACE, "ChallengePasswordOneTime", CONFIGURE },
  { SCEP_INTERFACE, "ClientCertificateRenew", CONFIGURE },
  { SCEP_INTERFACE, "SubjectDN", CONFIGURE },
  { SCEP_INTERFACE, "RSAKeyLength", CONFIGURE },
  { SCEP_INTERFACE, "SubjectAltNames", CONFIGURE },
  { SCEP_INTERFACE, "CAIdentifier", CONFIGURE },
  { SCEP_INTERFACE, "RACertificateFingerprint", TRUST_CA },
  { SCEP_INTERFACE, "AlgorithmPolicy", TRUST_CA },
  { SCEP_INTERFACE, "RenewalThreshold", CONFIGURE },
  { SCEP_INTERFACE, "RenewalSendsChallenge", CONFIGURE },
  { SCEP_INTERFACE, "KeyUsage", CONFIGURE },
  { SCEP_INTERFACE, "ExtendedKeyUsage", CONFIGURE },
  { SCEP_INTERFACE, "CertificateTemplate", CONFIGURE },
  { SCEP_INTERFACE, "SubjectChange", CONFIGURE },
  { SCEP_INTERFACE, "TLSCACertificates", TRUST_CA },

  /* methods; the first two and CreateProfile need what their keys need, too */
  { SCEP_INTERFACE, "Configure", CONFIGURE },
  { SCEP_INTERFACE, "ResetSettings", CONFIGURE },
  { SCEP_INTERFACE, "SetChallengePassword", CONFIGURE },
  { SCEP_INTERFACE, "Enroll", ENROLL },
  { SCEP_INTERFACE, "Renew", ENROLL },
  { SCEP_INTERFACE, "Check", ENROLL },
  { SCEP_INTERFACE, "Cancel", ENROLL },
  { SCEP_INTERFACE, "AcceptCA", TRUST_CA },
  { SCEP_INTERFACE, "GetCertificateChain", OPEN },
  { SCEP_INTERFACE, "SwitchBack", CONFIGURE },
  { SCEP_INTERFACE, "GetHistory", OPEN },
  { SCEP_INTERFACE, "GetCRL", ENROLL },
  { SCEP_INTERFACE, "GetCertificate", ENROLL },
  { SCEP_INTERFACE, "Diagnose", ENROLL },
  { SCEP_INTERFACE, "Reset", CONFIGURE },

  { SCEP_INTERFACE_MANAGER, "CreateProfile", CONFIGURE },
  { SCEP_INTERFACE_MANAGER, "DeleteProfile", CONFIGURE },
  { SCEP_INTERFACE_MANAGER, "ListProfiles", OPEN },
  { SCEP_INTERFACE_MANAGER, "Reload", CONFIGURE },

  { SCEP_INTERFACE_KEYSTORE, "ListEntries", OPEN },
  { SCEP_INTERFACE_KEYSTORE, "GetEntry", OPEN },
  { SCEP_INTERFACE_KEYSTORE, "GetCertificateChain", OPEN },
  { SCEP_INTERFACE_KEYSTORE, "CreateKeyPair", MANAGE },
  { SCEP_INTERFACE_KEYSTORE, "GetCSR", MANAGE },
  { SCEP_INTERFACE_KEYSTORE, "ImportCertificate", MANAGE },
  { SCEP_INTERFACE_KEYSTORE, "ImportKeyPair", MANAGE },
  { SCEP_INTERFACE_KEYSTORE, "ExportKeyPair", EXPORT },
  { SCEP_INTERFACE_KEYSTORE, "DeleteEntry", MANAGE },

  { "org.freedesktop.DBus.ObjectManager", "GetManagedObjects", OPEN },
};

/**
 * scep_access_table:
 * @n_rows: (out): how many rows there are
 *
 * Returns: (transfer none): the whole policy, to be compared with what others
 *   say of it
 */
const ScepAccessRow *
scep_access_table (guint *n_rows)
{
  *n_rows = G_N_ELEMENTS (table);
  return table;
}

/**
 * scep_action_get_id:
 * @index: number of the bit in #ScepActions
 *
 * Returns: (transfer none): what polkit calls the action
 */
const char *
scep_action_get_id (guint index)
{
  g_assert (index < SCEP_N_ACTIONS);
  return action_ids[index];
}

/**
 * scep_access_lookup:
 * @interface: name of an interface
 * @member: a method, or a property that is to be written
 * @actions: (out): what the caller must be allowed
 *
 * Returns: %FALSE where nobody may do it
 */
gboolean
scep_access_lookup (const char *interface, const char *member, ScepActions *actions)
{
  for (guint i = 0; i < G_N_ELEMENTS (table); i++) {
    if (g_str_equal (table[i].interface, interface) && g_str_equal (table[i].member, member)) {
      *actions = table[i].actions;
      return TRUE;
    }
  }
  return FALSE;
}

static void
add_setting (const char *name, ScepActions *actions)
{
  ScepActions more;

  /* A name that is no setting is refused later, when it is known who asks. */
  if (scep_access_lookup (SCEP_INTERFACE, name, &more))
    *actions |= more;
}

static void
add_named_settings (GVariant *names, ScepActions *actions)
{
  GVariantIter iter;
  const char *name;

  if (g_variant_n_children (names) > MAX_NAMES) {
    *actions |= CONFIGURE | TRUST_CA;
    return;
  }
  g_variant_iter_init (&iter, names);
  while (g_variant_iter_next (&iter, "&s", &name))
    add_setting (name, actions);
}

static void
add_given_settings (GVariant *settings, ScepActions *actions)
{
  GVariantIter iter;
  const char *name;

  if (g_variant_n_children (settings) > MAX_NAMES) {
    *actions |= CONFIGURE | TRUST_CA;
    return;
  }
  g_variant_iter_init (&iter, settings);
  while (g_variant_iter_next (&iter, "{&sv}", &name, NULL))
    add_setting (name, actions);
}

/**
 * scep_access_for_call:
 * @parameters: of the method call
 * @actions: (out): what the caller must be allowed
 *
 * Like scep_access_lookup(), with what the settings in @parameters need.
 *
 * Returns: %FALSE where nobody may do it
 */
gboolean
scep_access_for_call (const char *interface, const char *member, GVariant *parameters,
                      ScepActions *actions)
{
  if (!scep_access_lookup (interface, member, actions))
    return FALSE;

  for (gsize i = 0; i < g_variant_n_children (parameters); i++) {
    g_autoptr (GVariant) child = g_variant_get_child_value (parameters, i);

    if (g_str_equal (interface, SCEP_INTERFACE_KEYSTORE))
      continue;
    if (g_variant_is_of_type (child, G_VARIANT_TYPE_VARDICT))
      add_given_settings (child, actions);
    else if (g_variant_is_of_type (child, G_VARIANT_TYPE_STRING_ARRAY))
      add_named_settings (child, actions);
  }
  return TRUE;
}
