/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib-object.h>

/* Every read-write property of SCEP_INTERFACE, in the order of its table. */
typedef enum {
  SCEP_SETTING_KEYSTORE_SERVICE_TARGET,
  SCEP_SETTING_ENABLED,
  SCEP_SETTING_SERVER_ENDPOINT,
  SCEP_SETTING_CA_ROOT_VERIFICATION_METHOD,
  SCEP_SETTING_CA_ROOT_CERTIFICATE,
  SCEP_SETTING_CA_ROOT_FINGERPRINT,
  SCEP_SETTING_CA_ROLLOVER,
  SCEP_SETTING_CERTIFICATE_CHECK_INTERVAL,
  SCEP_SETTING_CONNECT_RETRY_INTERVAL,
  SCEP_SETTING_CHALLENGE_PASSWORD,
  SCEP_SETTING_CHALLENGE_PASSWORD_ONE_TIME,
  SCEP_SETTING_CLIENT_CERTIFICATE_RENEW,
  SCEP_SETTING_SUBJECT_DN,
  SCEP_SETTING_RSA_KEY_LENGTH,
  SCEP_SETTING_SUBJECT_ALT_NAMES,
  SCEP_SETTING_CA_IDENTIFIER,
  SCEP_SETTING_RA_CERTIFICATE_FINGERPRINT,
  SCEP_SETTING_ALGORITHM_POLICY,
  SCEP_SETTING_RENEWAL_THRESHOLD,
  SCEP_SETTING_RENEWAL_SENDS_CHALLENGE,
  SCEP_SETTING_KEY_USAGE,
  SCEP_SETTING_EXTENDED_KEY_USAGE,
  SCEP_SETTING_CERTIFICATE_TEMPLATE,
  SCEP_SETTING_SUBJECT_CHANGE,
  SCEP_SETTING_TLS_CA_CERTIFICATES,
  SCEP_N_SETTINGS /*< skip >*/
} ScepSettingId;

typedef enum {
  SCEP_SETTING_TYPE_STRING,
  SCEP_SETTING_TYPE_BOOLEAN,
  SCEP_SETTING_TYPE_UINT,
  SCEP_SETTING_TYPE_STRV,
} ScepSettingType;

typedef enum {
  SCEP_SETTING_PLAIN = 0,
  SCEP_SETTING_TRUST = 1 << 0,     /* who sets it decides who gets the challenge */
  SCEP_SETTING_BOOTSTRAP = 1 << 1, /* another value begins a new bootstrap */
  SCEP_SETTING_SECRET = 1 << 2,    /* never readable back */
} ScepSettingFlags;

/**
 * ScepSettingInfo:
 * @name: of the property, and of the key in a file
 * @type: of its value
 * @default_string: for strings
 * @default_number: for numbers, and 0 or 1 for booleans
 * @minimum: of a number
 * @maximum: of a number; bytes of a string, UTF-8; items of a list
 * @flags: what is special about it
 */
typedef struct {
  const char *name;
  ScepSettingType type;
  const char *default_string;
  guint default_number;
  guint minimum;
  guint maximum;
  ScepSettingFlags flags;
} ScepSettingInfo;

const ScepSettingInfo *scep_setting_info (ScepSettingId id);
gboolean scep_setting_from_name (const char *name, ScepSettingId *id);
GType scep_setting_get_gtype (ScepSettingId id);
