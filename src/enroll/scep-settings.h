/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "codec/scep-algorithm.h"
#include "enroll/scep-setting-info.h"

G_BEGIN_DECLS

/* Who wrote a layer. */
typedef enum {
  SCEP_LAYER_FILE, /* vendor preset or configuration: refuses ChallengePassword */
  SCEP_LAYER_BUS,  /* set over the bus */
} ScepLayerKind;

/**
 * ScepSettingsLayer:
 *
 * Some settings, each of them valid and normalised: an immutable, sparse set.
 * Keys that this version does not know are kept for the next one.
 */
#define SCEP_TYPE_SETTINGS_LAYER (scep_settings_layer_get_type ())
G_DECLARE_FINAL_TYPE (ScepSettingsLayer, scep_settings_layer, SCEP, SETTINGS_LAYER, GObject)

ScepSettingsLayer *scep_settings_layer_new (ScepLayerKind kind);
ScepSettingsLayer *scep_settings_layer_new_from_key_file (ScepLayerKind kind, GKeyFile *key_file,
                                                          GError **error);
GKeyFile *scep_settings_layer_to_key_file (ScepSettingsLayer *self);
ScepSettingsLayer *scep_settings_layer_apply (ScepSettingsLayer *self, GHashTable *changes,
                                              GError **error);
ScepSettingsLayer *scep_settings_layer_reset (ScepSettingsLayer *self, const char *const *names,
                                              GError **error);
ScepSettingsLayer *scep_settings_layer_set_challenge (ScepSettingsLayer *self, GBytes *challenge,
                                                      GError **error);
gboolean scep_settings_layer_has (ScepSettingsLayer *self, ScepSettingId id);
char **scep_settings_layer_list_unknown (ScepSettingsLayer *self);

/* The CARootVerificationMethod setting. */
typedef enum {
  SCEP_VERIFY_FINGERPRINT,
  SCEP_VERIFY_CERTIFICATE,
} ScepVerificationMethod;

/* The RenewalSendsChallenge setting. */
typedef enum {
  SCEP_RENEWAL_CHALLENGE_AUTO,
  SCEP_RENEWAL_CHALLENGE_ALWAYS,
  SCEP_RENEWAL_CHALLENGE_NEVER,
} ScepRenewalChallenge;

/* The SubjectChange setting. */
typedef enum {
  SCEP_SUBJECT_CHANGE_WARN,
  SCEP_SUBJECT_CHANGE_KEEP,
  SCEP_SUBJECT_CHANGE_REENROLL,
} ScepSubjectChange;

/**
 * ScepSettings:
 *
 * The effective settings of one profile: an immutable value. Every setting
 * has one; what no layer says is the default.
 */
#define SCEP_TYPE_SETTINGS (scep_settings_get_type ())
G_DECLARE_FINAL_TYPE (ScepSettings, scep_settings, SCEP, SETTINGS, GObject)

ScepSettings *scep_settings_new_layered (ScepSettingsLayer *vendor,
                                         ScepSettingsLayer *configuration, ScepSettingsLayer *bus,
                                         GError **error);
ScepSettings *scep_settings_new_default (void);

const GValue *scep_settings_get_value (ScepSettings *self, ScepSettingId id);
const char *scep_settings_get_string (ScepSettings *self, ScepSettingId id);
gboolean scep_settings_get_boolean (ScepSettings *self, ScepSettingId id);
guint scep_settings_get_uint (ScepSettings *self, ScepSettingId id);
const char *const *scep_settings_get_strv (ScepSettings *self, ScepSettingId id);

ScepPolicy scep_settings_get_policy (ScepSettings *self);
ScepVerificationMethod scep_settings_get_verification_method (ScepSettings *self);
ScepRenewalChallenge scep_settings_get_renewal_challenge (ScepSettings *self);
ScepSubjectChange scep_settings_get_subject_change (ScepSettings *self);

GBytes *scep_settings_get_challenge (ScepSettings *self);
const char *scep_settings_get_challenge_file (ScepSettings *self);
gboolean scep_settings_wants_challenge (ScepSettings *self);
ScepSettings *scep_settings_with_challenge (ScepSettings *self, GBytes *challenge, GError **error);

char **scep_settings_get_missing (ScepSettings *self);
gboolean scep_settings_same (ScepSettings *a, ScepSettings *b, ScepSettingId id);
char **scep_settings_list_changed (ScepSettings *before, ScepSettings *after);

G_END_DECLS
