/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "service/scep-bus-profile-properties.h"

#include "service/scep-bus-value.h"

/* How a field of ScepStatus is shown. */
typedef enum {
  FIELD_WORD,
  FIELD_LIST,
  FIELD_FLAG,
  FIELD_TIME,
} FieldKind;

typedef struct {
  const char *name;
  FieldKind kind;
  glong offset;
} Field;

#define FIELD(name, kind, member)                                                                  \
  {                                                                                                \
    name, kind, G_STRUCT_OFFSET (ScepStatus, member)                                               \
  }

static const Field fields[] = {
  FIELD ("State", FIELD_WORD, state),
  FIELD ("MissingSettings", FIELD_LIST, missing_settings),
  FIELD ("ChallengePasswordSet", FIELD_FLAG, challenge_set),
  FIELD ("LastError", FIELD_WORD, last_error),
  FIELD ("LastErrorMessage", FIELD_WORD, last_error_message),
  FIELD ("NextAction", FIELD_WORD, next_action),
  FIELD ("NextActionTime", FIELD_TIME, next_action_time),
  FIELD ("TransactionID", FIELD_WORD, transaction_id),
  FIELD ("Fingerprint", FIELD_WORD, fingerprint),
  FIELD ("SerialNumber", FIELD_WORD, serial),
  FIELD ("Subject", FIELD_WORD, subject),
  FIELD ("Issuer", FIELD_WORD, issuer),
  FIELD ("NotBefore", FIELD_TIME, not_before),
  FIELD ("NotAfter", FIELD_TIME, not_after),
  FIELD ("CAFingerprints", FIELD_LIST, ca_fingerprints),
  FIELD ("OfferedCAFingerprint", FIELD_WORD, offered_ca_fingerprint),
  FIELD ("Capabilities", FIELD_LIST, capabilities),
  FIELD ("Warnings", FIELD_LIST, warnings),
};

static GVariant *
show_field (ScepStatus *status, const Field *field)
{
  switch (field->kind) {
  case FIELD_LIST:
    return g_variant_new_strv (G_STRUCT_MEMBER (const char *const *, status, field->offset), -1);
  case FIELD_FLAG:
    return g_variant_new_boolean (G_STRUCT_MEMBER (gboolean, status, field->offset));
  case FIELD_TIME:
    return g_variant_new_uint64 (
        (guint64) MAX (0, G_STRUCT_MEMBER (gint64, status, field->offset)));
  case FIELD_WORD:
  default:
    return g_variant_new_string (G_STRUCT_MEMBER (const char *, status, field->offset));
  }
}

/**
 * scep_bus_profile_property:
 * @name: of a readable property
 *
 * Returns: (transfer floating): its value, from memory
 */
GVariant *
scep_bus_profile_property (ScepProfile *profile, const char *name)
{
  ScepSettingId id = SCEP_N_SETTINGS;

  if (scep_setting_from_name (name, &id))
    return scep_bus_value_from_setting (scep_profile_get_settings (profile), id);
  for (guint i = 0; i < G_N_ELEMENTS (fields); i++) {
    if (g_str_equal (fields[i].name, name))
      return show_field (scep_profile_get_status (profile), &fields[i]);
  }
  g_assert_not_reached ();
}

/**
 * scep_bus_profile_status_properties:
 *
 * Returns: (transfer none): names of the properties that are no settings
 */
const char *const *
scep_bus_profile_status_properties (void)
{
  static const char *names[G_N_ELEMENTS (fields) + 1];

  for (guint i = 0; i < G_N_ELEMENTS (fields); i++)
    names[i] = fields[i].name;
  return names;
}
