/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "enroll/scep-setting-info.h"

#include "base/scep-secret.h"

#define MAX_PEM 16384
#define MAX_PEM_LIST 262144
#define MAX_DN 1024
#define MAX_TEXT 255
#define MAX_URL 2048
#define MAX_ITEMS 64
#define MAX_FINGERPRINT 255

#define STRING(name, value, max, flags)                                                            \
  {                                                                                                \
    name, SCEP_SETTING_TYPE_STRING, value, 0, 0, max, flags                                        \
  }
#define BOOLEAN(name, value)                                                                       \
  {                                                                                                \
    name, SCEP_SETTING_TYPE_BOOLEAN, NULL, value, 0, 1, SCEP_SETTING_PLAIN                         \
  }
#define UINT(name, value, min, max)                                                                \
  {                                                                                                \
    name, SCEP_SETTING_TYPE_UINT, NULL, value, min, max, SCEP_SETTING_PLAIN                        \
  }
#define STRV(name)                                                                                 \
  {                                                                                                \
    name, SCEP_SETTING_TYPE_STRV, NULL, 0, 0, MAX_ITEMS, SCEP_SETTING_PLAIN                        \
  }
#define TRUST SCEP_SETTING_TRUST
#define BOOTSTRAP SCEP_SETTING_BOOTSTRAP
#define SECRET SCEP_SETTING_SECRET
#define PLAIN SCEP_SETTING_PLAIN

static const ScepSettingInfo infos[SCEP_N_SETTINGS] = {
  [SCEP_SETTING_KEYSTORE_SERVICE_TARGET] =
      STRING ("KeystoreServiceTarget", "(kura.service.pid=default)", MAX_DN, PLAIN),
  [SCEP_SETTING_ENABLED] = BOOLEAN ("Enabled", FALSE),
  [SCEP_SETTING_SERVER_ENDPOINT] = STRING ("ServerEndpoint", "", MAX_URL, TRUST | BOOTSTRAP),
  [SCEP_SETTING_CA_ROOT_VERIFICATION_METHOD] =
      STRING ("CARootVerificationMethod", "fingerprint", MAX_TEXT, TRUST),
  [SCEP_SETTING_CA_ROOT_CERTIFICATE] = STRING ("CARootCertificate", "", MAX_PEM, TRUST | BOOTSTRAP),
  [SCEP_SETTING_CA_ROOT_FINGERPRINT] =
      STRING ("CARootFingerprint", "", MAX_FINGERPRINT, TRUST | BOOTSTRAP),
  [SCEP_SETTING_CA_ROLLOVER] = BOOLEAN ("CARollover", TRUE),
  [SCEP_SETTING_CERTIFICATE_CHECK_INTERVAL] = UINT ("CertificateCheckInterval", 86400, 60, 2678400),
  [SCEP_SETTING_CONNECT_RETRY_INTERVAL] = UINT ("ConnectRetryInterval", 60, 5, 86400),
  [SCEP_SETTING_CHALLENGE_PASSWORD] = STRING ("ChallengePassword", "", SCEP_MAX_CHALLENGE, SECRET),
  [SCEP_SETTING_CHALLENGE_PASSWORD_ONE_TIME] = BOOLEAN ("ChallengePasswordOneTime", FALSE),
  [SCEP_SETTING_CLIENT_CERTIFICATE_RENEW] = BOOLEAN ("ClientCertificateRenew", TRUE),
  [SCEP_SETTING_SUBJECT_DN] = STRING ("SubjectDN", "", MAX_DN, PLAIN),
  [SCEP_SETTING_RSA_KEY_LENGTH] = UINT ("RSAKeyLength", 2048, 1024, 8192),
  [SCEP_SETTING_SUBJECT_ALT_NAMES] = STRV ("SubjectAltNames"),
  [SCEP_SETTING_CA_IDENTIFIER] = STRING ("CAIdentifier", "", MAX_TEXT, PLAIN),
  [SCEP_SETTING_RA_CERTIFICATE_FINGERPRINT] =
      STRING ("RACertificateFingerprint", "", MAX_FINGERPRINT, TRUST),
  [SCEP_SETTING_ALGORITHM_POLICY] = STRING ("AlgorithmPolicy", "default", MAX_TEXT, TRUST),
  [SCEP_SETTING_RENEWAL_THRESHOLD] = UINT ("RenewalThreshold", 67, 10, 95),
  [SCEP_SETTING_RENEWAL_SENDS_CHALLENGE] =
      STRING ("RenewalSendsChallenge", "auto", MAX_TEXT, PLAIN),
  [SCEP_SETTING_KEY_USAGE] = STRV ("KeyUsage"),
  [SCEP_SETTING_EXTENDED_KEY_USAGE] = STRV ("ExtendedKeyUsage"),
  [SCEP_SETTING_CERTIFICATE_TEMPLATE] = STRING ("CertificateTemplate", "", MAX_TEXT, PLAIN),
  [SCEP_SETTING_SUBJECT_CHANGE] = STRING ("SubjectChange", "warn", MAX_TEXT, PLAIN),
  [SCEP_SETTING_TLS_CA_CERTIFICATES] = STRING ("TLSCACertificates", "", MAX_PEM_LIST, TRUST),
};

/**
 * scep_setting_info:
 *
 * Returns: (transfer none): what there is to know about a setting
 */
const ScepSettingInfo *
scep_setting_info (ScepSettingId id)
{
  g_assert ((guint) id < SCEP_N_SETTINGS);
  return &infos[id];
}

/**
 * scep_setting_from_name:
 * @name: of a property
 * @id: (out): which setting it is, unchanged where there is none
 *
 * Returns: whether there is such a setting
 */
gboolean
scep_setting_from_name (const char *name, ScepSettingId *id)
{
  for (guint i = 0; i < SCEP_N_SETTINGS; i++) {
    if (g_strcmp0 (infos[i].name, name) == 0) {
      *id = (ScepSettingId) i;
      return TRUE;
    }
  }
  return FALSE;
}

/**
 * scep_setting_get_gtype:
 *
 * Returns: the type that a #GValue of this setting has
 */
GType
scep_setting_get_gtype (ScepSettingId id)
{
  switch (scep_setting_info (id)->type) {
  case SCEP_SETTING_TYPE_BOOLEAN:
    return G_TYPE_BOOLEAN;
  case SCEP_SETTING_TYPE_UINT:
    return G_TYPE_UINT;
  case SCEP_SETTING_TYPE_STRV:
    return G_TYPE_STRV;
  case SCEP_SETTING_TYPE_STRING:
  default:
    return G_TYPE_STRING;
  }
}
