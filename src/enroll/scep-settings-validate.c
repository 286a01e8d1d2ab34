/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/scep-error.h"
#include "base/scep-rsa-bits.h"
#include "base/scep-secret.h"
#include "base/scep-text.h"
#include "codec/scep-certificate.h"
#include "codec/scep-name.h"
#include "enroll/scep-endpoint.h"
#include "enroll/scep-settings-private.h"
#include "enroll/scep-template.h"
#include "keystore/scep-target-filter.h"

#include <glib/gi18n-lib.h>
#include <string.h>

/* The longest item of a list, bytes. */
#define MAX_ITEM 1024

/* Every function here answers (transfer full) with the value as it is kept. */
typedef char *(*NormalizeString) (const char *value, GError **error);

static char *
normalize_word (const char *value, const char *const *words, GError **error)
{
  g_autofree char *allowed = NULL;
  g_autofree char *shown = NULL;

  if (g_strv_contains (words, value))
    return g_strdup (value);
  allowed = g_strjoinv (", ", (char **) words);
  shown = scep_text_printable (value, -1);
  return scep_error_refuse (error, _ ("“%s” is not one of: %s"), shown, allowed);
}

static char *
normalize_target (const char *value, GError **error)
{
  g_autoptr (ScepTargetFilter) filter = scep_target_filter_parse (value, error);

  return filter != NULL ? g_strdup (value) : NULL;
}

static char *
normalize_endpoint (const char *value, GError **error)
{
  return value[0] != '\0' ? scep_endpoint_normalize (value, error) : g_strdup ("");
}

static char *
normalize_method (const char *value, GError **error)
{
  static const char *const words[] = { "fingerprint", "certificate", NULL };

  return normalize_word (value, words, error);
}

static char *
normalize_policy (const char *value, GError **error)
{
  static const char *const words[] = { "strict", "default", "legacy", NULL };

  return normalize_word (value, words, error);
}

static char *
normalize_sends_challenge (const char *value, GError **error)
{
  static const char *const words[] = { "auto", "always", "never", NULL };

  return normalize_word (value, words, error);
}

static char *
normalize_subject_change (const char *value, GError **error)
{
  static const char *const words[] = { "keep", "reenroll", "warn", NULL };

  return normalize_word (value, words, error);
}

static char *
normalize_pem_list (const char *value, GError **error)
{
  g_autoptr (GPtrArray) certificates = NULL;

  if (value[0] == '\0')
    return g_strdup ("");
  certificates = scep_certificate_list_from_pem (value, error);
  if (certificates == NULL)
    return NULL;
  if (certificates->len == 0)
    return scep_error_refuse (error, _ ("it holds no PEM certificate"));
  return scep_certificate_list_to_pem (certificates);
}

static char *
normalize_ca_certificate (const char *value, GError **error)
{
  g_autoptr (GPtrArray) certificates = NULL;

  if (value[0] == '\0')
    return g_strdup ("");
  certificates = scep_certificate_list_from_pem (value, error);
  if (certificates == NULL)
    return NULL;
  if (certificates->len != 1)
    return scep_error_refuse (
        error, _ ("it holds %u PEM certificates, and exactly one is wanted: the CA's own"),
        certificates->len);
  if (!scep_certificate_may_be_anchor (g_ptr_array_index (certificates, 0)))
    return scep_error_refuse (error, _ ("“%s” is not the certificate of a CA; give the CA's own"),
                              scep_certificate_get_subject (g_ptr_array_index (certificates, 0)));
  return scep_certificate_list_to_pem (certificates);
}

static char *
normalize_fingerprint (const char *value, GError **error)
{
  char *fingerprint;

  if (value[0] == '\0')
    return g_strdup ("");
  fingerprint = scep_fingerprint_normalize (value);
  if (fingerprint == NULL)
    return scep_error_refuse (
        error, _ ("it is not a SHA-256 fingerprint; write its 64 hex digits, with or "
                  "without colons (openssl x509 -noout -fingerprint -sha256)"));
  return fingerprint;
}

/* A value that any variable could have. */
static char *
lookup_sample (ScepTemplateVariable variable, const char *argument, gpointer user_data,
               GError **error)
{
  return g_strdup ("sample");
}

static const ScepTemplateSource sample_source = { lookup_sample, NULL };

static char *
normalize_dn (const char *value, GError **error)
{
  g_autofree char *expanded = NULL;
  g_autoptr (GBytes) name = NULL;

  if (value[0] == '\0')
    return g_strdup ("");
  expanded = scep_template_expand_dn (value, &sample_source, error);
  if (expanded == NULL)
    return NULL;
  name = scep_name_parse (expanded, error);
  return name != NULL ? g_strdup (value) : NULL;
}

static char *
normalize_alt_name (const char *value, GError **error)
{
  g_autofree char *expanded = scep_template_expand (value, &sample_source, error);
  g_autofree char *normalized = NULL;

  if (expanded == NULL)
    return NULL;
  normalized = scep_alt_name_normalize (expanded, error);
  if (normalized == NULL)
    return NULL;
  return scep_template_is_template (value) ? g_strdup (value) : g_steal_pointer (&normalized);
}

static char *
normalize_key_usage (const char *value, GError **error)
{
  guint bit;

  if (scep_key_usage_from_name (value, &bit))
    return g_strdup (value);
  return scep_error_refuse (error, _ ("“%s” is no key usage of RFC 5280, such as digitalSignature"),
                            value);
}

static char *
normalize_extended_key_usage (const char *value, GError **error)
{
  if (scep_extended_key_usage_to_oid (value) != NULL)
    return g_strdup (value);
  return scep_error_refuse (
      error, _ ("“%s” is no extended key usage of RFC 5280, such as clientAuth, and no OID"),
      value);
}

/* What is not here is taken as it stands. */
static const NormalizeString normalizers[SCEP_N_SETTINGS] = {
  [SCEP_SETTING_KEYSTORE_SERVICE_TARGET] = normalize_target,
  [SCEP_SETTING_SERVER_ENDPOINT] = normalize_endpoint,
  [SCEP_SETTING_CA_ROOT_VERIFICATION_METHOD] = normalize_method,
  [SCEP_SETTING_CA_ROOT_CERTIFICATE] = normalize_ca_certificate,
  [SCEP_SETTING_CA_ROOT_FINGERPRINT] = normalize_fingerprint,
  [SCEP_SETTING_SUBJECT_DN] = normalize_dn,
  [SCEP_SETTING_SUBJECT_ALT_NAMES] = normalize_alt_name,
  [SCEP_SETTING_RA_CERTIFICATE_FINGERPRINT] = normalize_fingerprint,
  [SCEP_SETTING_ALGORITHM_POLICY] = normalize_policy,
  [SCEP_SETTING_RENEWAL_SENDS_CHALLENGE] = normalize_sends_challenge,
  [SCEP_SETTING_KEY_USAGE] = normalize_key_usage,
  [SCEP_SETTING_EXTENDED_KEY_USAGE] = normalize_extended_key_usage,
  [SCEP_SETTING_SUBJECT_CHANGE] = normalize_subject_change,
  [SCEP_SETTING_TLS_CA_CERTIFICATES] = normalize_pem_list,
};

static gboolean
is_pem (ScepSettingId id)
{
  return id == SCEP_SETTING_CA_ROOT_CERTIFICATE || id == SCEP_SETTING_TLS_CA_CERTIFICATES;
}

static gboolean
check_text (const char *text, gsize maximum, gboolean lines, GError **error)
{
  if (strlen (text) > maximum) {
    scep_error_refuse (error, _ ("it is longer than %zu bytes"), maximum);
    return FALSE;
  }
  if (!g_utf8_validate (text, -1, NULL)) {
    scep_error_refuse (error, _ ("it is not valid UTF-8"));
    return FALSE;
  }
  for (const char *p = text; *p != '\0'; p = g_utf8_next_char (p)) {
    if (g_unichar_iscntrl (g_utf8_get_char (p)) && !(lines && strchr ("\r\n\t", *p) != NULL)) {
      scep_error_refuse (error, _ ("it holds a line break or another control character"));
      return FALSE;
    }
  }
  return TRUE;
}

static gboolean
normalize_string (ScepSettingId id, const GValue *value, GValue *normalized, GError **error)
{
  const char *text = g_value_get_string (value);
  char *result;

  text = text != NULL ? text : "";
  if (!check_text (text, scep_setting_info (id)->maximum, is_pem (id), error))
    return FALSE;
  result = normalizers[id] != NULL ? normalizers[id](text, error) : g_strdup (text);
  g_value_take_string (normalized, result);
  return result != NULL;
}

static gboolean
normalize_list (ScepSettingId id, const GValue *value, GValue *normalized, GError **error)
{
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  const char *const *items = g_value_get_boxed (value);

  for (guint i = 0; items != NULL && items[i] != NULL; i++) {
    g_autofree char *result = NULL;

    if (i >= scep_setting_info (id)->maximum) {
      scep_error_refuse (error, _ ("it has more than %u items"), scep_setting_info (id)->maximum);
      return FALSE;
    }
    if (!check_text (items[i], MAX_ITEM, FALSE, error))
      return FALSE;
    result = normalizers[id](items[i], error);
    if (result == NULL)
      return FALSE;
    g_strv_builder_add (builder, result);
  }
  g_value_take_boxed (normalized, g_strv_builder_end (builder));
  return TRUE;
}

static gboolean
check_uint (ScepSettingId id, guint number, GError **error)
{
  const ScepSettingInfo *info = scep_setting_info (id);

  if (id == SCEP_SETTING_RSA_KEY_LENGTH) {
    if (scep_rsa_bits_is_allowed (number))
      return TRUE;
    scep_error_refuse (error, _ ("%u is not one of %s"), number, SCEP_RSA_BITS_ALLOWED);
    return FALSE;
  }
  if (number >= info->minimum && number <= info->maximum)
    return TRUE;
  scep_error_refuse (error, _ ("%u is not between %u and %u"), number, info->minimum,
                     info->maximum);
  return FALSE;
}

static gboolean
normalize (ScepSettingId id, const GValue *value, GValue *normalized, GError **error)
{
  static const char *const types[] = {
    [SCEP_SETTING_TYPE_STRING] = N_ ("it must be a string"),
    [SCEP_SETTING_TYPE_BOOLEAN] = N_ ("it must be true or false"),
    [SCEP_SETTING_TYPE_UINT] = N_ ("it must be a number (unsigned, 32 bits)"),
    [SCEP_SETTING_TYPE_STRV] = N_ ("it must be a list of strings"),
  };
  ScepSettingType type = scep_setting_info (id)->type;

  if (!G_VALUE_HOLDS (value, scep_setting_get_gtype (id))) {
    scep_error_refuse (error, "%s", _ (types[type]));
    return FALSE;
  }
  g_value_init (normalized, scep_setting_get_gtype (id));
  if (type == SCEP_SETTING_TYPE_STRING)
    return normalize_string (id, value, normalized, error);
  if (type == SCEP_SETTING_TYPE_STRV)
    return normalize_list (id, value, normalized, error);
  if (type == SCEP_SETTING_TYPE_UINT && !check_uint (id, g_value_get_uint (value), error))
    return FALSE;
  g_value_copy (value, normalized);
  return TRUE;
}

/* @normalized: zeroed; the error names the setting */
gboolean
scep_setting_normalize (ScepSettingId id, const GValue *value, GValue *normalized, GError **error)
{
  g_autoptr (GError) local = NULL;
  const char *name = scep_setting_info (id)->name;

  if (normalize (id, value, normalized, &local))
    return TRUE;
  if (g_str_has_prefix (local->message, name))
    scep_error_set (error, SCEP_ERROR_INVALID_SETTING, "%s", local->message);
  else
    scep_error_set (error, SCEP_ERROR_INVALID_SETTING, _ ("%s: %s"), name, local->message);
  return FALSE;
}

/* The messages say nothing of the value. */
GBytes *
scep_setting_normalize_challenge (GBytes *challenge, GError **error)
{
  const ScepSettingInfo *info = scep_setting_info (SCEP_SETTING_CHALLENGE_PASSWORD);
  g_autoptr (GError) local = NULL;
  g_autoptr (ScepSecretString) text = NULL;
  gsize size;
  const char *data = g_bytes_get_data (challenge, &size);

  if (size == 0)
    return g_bytes_new_static ("", 0);
  if (memchr (data, '\0', size) != NULL) {
    scep_error_set (error, SCEP_ERROR_INVALID_SETTING, _ ("%s: it holds a zero byte"), info->name);
    return NULL;
  }
  text = scep_secret_bytes_to_string (challenge);
  if (!check_text (text, info->maximum, FALSE, &local)) {
    scep_error_set (error, SCEP_ERROR_INVALID_SETTING, _ ("%s: %s"), info->name, local->message);
    return NULL;
  }
  return scep_secret_bytes_new (data, size);
}

static gboolean
check_ca_key (ScepSettings *settings, GError **error)
{
  const char *pem = scep_settings_get_string (settings, SCEP_SETTING_CA_ROOT_CERTIFICATE);
  ScepPolicy policy = scep_settings_get_policy (settings);
  g_autoptr (ScepCertificate) certificate = NULL;

  if (pem[0] == '\0')
    return TRUE;
  certificate = scep_certificate_new_from_pem (pem, error);
  if (certificate == NULL)
    return FALSE;
  if (!scep_certificate_is_rsa (certificate) ||
      scep_policy_check_ca_key (policy, scep_certificate_get_key_bits (certificate)) !=
          SCEP_VERDICT_REFUSED)
    return TRUE;
  scep_error_refuse (
      error,
      _ ("CARootCertificate: its RSA key has only %u bits, which AlgorithmPolicy “%s” refuses; "
         "use a CA with 2048 or more, or the policy “legacy”"),
      scep_certificate_get_key_bits (certificate), scep_policy_to_string (policy));
  return FALSE;
}

gboolean
scep_settings_check_together (ScepSettings *settings, GError **error)
{
  ScepPolicy policy = scep_settings_get_policy (settings);
  guint bits = scep_settings_get_uint (settings, SCEP_SETTING_RSA_KEY_LENGTH);

  if (scep_policy_check_own_key (policy, bits) == SCEP_VERDICT_REFUSED) {
    scep_error_refuse (
        error,
        _ ("RSAKeyLength: %u bits are refused by AlgorithmPolicy “%s”; use 2048 or more, or "
           "another policy"),
        bits, scep_policy_to_string (policy));
    return FALSE;
  }
  return check_ca_key (settings, error);
}
