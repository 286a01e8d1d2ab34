/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "codec/scep-der-string.h"
#include "codec/scep-name.h"

/* In the order of their bits, RFC 5280 section 4.2.1.3. */
static const char *const key_usages[] = {
  "digitalSignature", "nonRepudiation", "keyEncipherment", "dataEncipherment", "keyAgreement",
  "keyCertSign",      "cRLSign",        "encipherOnly",    "decipherOnly",
};

/* RFC 5280 section 4.2.1.12, and what people ask for besides. */
static const struct {
  const char *name;
  const char *oid;
} extended_key_usages[] = {
  { "anyExtendedKeyUsage", "2.5.29.37.0" },   { "serverAuth", "1.3.6.1.5.5.7.3.1" },
  { "clientAuth", "1.3.6.1.5.5.7.3.2" },      { "codeSigning", "1.3.6.1.5.5.7.3.3" },
  { "emailProtection", "1.3.6.1.5.5.7.3.4" }, { "ipsecEndSystem", "1.3.6.1.5.5.7.3.5" },
  { "ipsecTunnel", "1.3.6.1.5.5.7.3.6" },     { "ipsecUser", "1.3.6.1.5.5.7.3.7" },
  { "timeStamping", "1.3.6.1.5.5.7.3.8" },    { "OCSPSigning", "1.3.6.1.5.5.7.3.9" },
  { "ipsecIKE", "1.3.6.1.5.5.7.3.17" },       { "smartcardLogon", "1.3.6.1.4.1.311.20.2.2" },
};

/**
 * scep_key_usage_from_name:
 * @name: as RFC 5280 spells it; contentCommitment is nonRepudiation's newer
 *   name
 * @bit: (out): its bit number, 0 to 8
 *
 * Returns: whether there is such a key usage
 */
gboolean
scep_key_usage_from_name (const char *name, guint *bit)
{
  if (g_ascii_strcasecmp (name, "contentCommitment") == 0)
    name = "nonRepudiation";
  for (guint i = 0; i < G_N_ELEMENTS (key_usages); i++) {
    if (g_ascii_strcasecmp (name, key_usages[i]) == 0) {
      *bit = i;
      return TRUE;
    }
  }
  return FALSE;
}

/**
 * scep_extended_key_usage_to_oid:
 * @name_or_oid: a name as RFC 5280 spells it without "id-kp-", or an OID
 *
 * Returns: (nullable): the OID, which may be @name_or_oid itself, or %NULL
 *   where it is neither
 */
const char *
scep_extended_key_usage_to_oid (const char *name_or_oid)
{
  for (guint i = 0; i < G_N_ELEMENTS (extended_key_usages); i++) {
    if (g_ascii_strcasecmp (name_or_oid, extended_key_usages[i].name) == 0)
      return extended_key_usages[i].oid;
  }
  return scep_oid_is_valid (name_or_oid) ? name_or_oid : NULL;
}
