/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "enroll/scep-trust-record.h"

#include "base/scep-error.h"
#include "base/scep-text.h"
#include "enroll/scep-record-file.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#define GROUP "Trust"
#define GROUP_CERTIFICATE "Certificate "
#define KEY_CERTIFICATES "Certificates"
#define KEY_ROLES "Roles"
#define KEY_PROVENANCE "Provenance"
#define KEY_IGNORED "CertificatesIgnored"
#define MAX_ENTRIES 64

struct _ScepTrustRecord {
  GPtrArray *entries;               /* (element-type ScepTrustEntry) (owned) */
  char *made_from[SCEP_N_SETTINGS]; /* (owned): of bootstrap settings, else %NULL */
  gboolean ignored;                 /* certificates that came along with them */
};

static const char *const role_names[] = { "anchor",     "intermediate", "issuing", "ra-sign",
                                          "ra-encrypt", "pending",      "previous" };

static const char *const provenance_names[] = {
  [SCEP_PROVENANCE_FINGERPRINT] = "fingerprint",
  [SCEP_PROVENANCE_CERTIFICATE] = "certificate",
  [SCEP_PROVENANCE_ACCEPTED] = "accepted",
  [SCEP_PROVENANCE_CHAIN] = "chain",
  [SCEP_PROVENANCE_RA_PIN] = "ra-pin",
  [SCEP_PROVENANCE_RA_USAGE] = "ra-usage",
  [SCEP_PROVENANCE_TLS] = "tls",
  [SCEP_PROVENANCE_ROLLOVER] = "rollover",
};

/**
 * scep_trust_entry_new:
 *
 * Returns: (transfer full): an entry
 */
ScepTrustEntry *
scep_trust_entry_new (const char *fingerprint, ScepTrustRoles roles, ScepProvenance provenance)
{
  ScepTrustEntry *entry = g_new (ScepTrustEntry, 1);

  entry->fingerprint = g_strdup (fingerprint);
  entry->roles = roles;
  entry->provenance = provenance;
  return entry;
}

/**
 * scep_trust_entry_free:
 * @entry: (transfer full) (nullable):
 */
void
scep_trust_entry_free (ScepTrustEntry *entry)
{
  if (entry == NULL)
    return;
  g_free (entry->fingerprint);
  g_free (entry);
}

static gboolean
is_bootstrap (guint id)
{
  return (scep_setting_info ((ScepSettingId) id)->flags & SCEP_SETTING_BOOTSTRAP) != 0;
}

static ScepTrustRecord *
record_new (void)
{
  ScepTrustRecord *record = g_atomic_rc_box_new0 (ScepTrustRecord);

  record->entries = g_ptr_array_new_with_free_func ((GDestroyNotify) scep_trust_entry_free);
  return record;
}

/**
 * scep_trust_record_new:
 * @settings: what the trust is made from
 * @entries: (element-type ScepTrustEntry): copied; their order is kept
 * @ignored: whether the server sent others, which are not trusted
 *
 * Returns: (transfer full): a record
 */
ScepTrustRecord *
scep_trust_record_new (ScepSettings *settings, GPtrArray *entries, gboolean ignored)
{
  ScepTrustRecord *record = record_new ();

  record->ignored = ignored;
  for (guint i = 0; i < entries->len; i++) {
    const ScepTrustEntry *entry = g_ptr_array_index (entries, i);

    g_ptr_array_add (record->entries,
                     scep_trust_entry_new (entry->fingerprint, entry->roles, entry->provenance));
  }
  for (guint i = 0; i < SCEP_N_SETTINGS; i++) {
    if (is_bootstrap (i))
      record->made_from[i] = g_strdup (scep_settings_get_string (settings, (ScepSettingId) i));
  }
  return record;
}

/**
 * scep_trust_record_ref:
 *
 * Returns: (transfer full): @record
 */
ScepTrustRecord *
scep_trust_record_ref (ScepTrustRecord *record)
{
  return g_atomic_rc_box_acquire (record);
}

static void
record_clear (gpointer data)
{
  ScepTrustRecord *record = data;

  g_ptr_array_unref (record->entries);
  for (guint i = 0; i < SCEP_N_SETTINGS; i++)
    g_free (record->made_from[i]);
}

/**
 * scep_trust_record_unref:
 * @record: (transfer full):
 */
void
scep_trust_record_unref (ScepTrustRecord *record)
{
  g_atomic_rc_box_release_full (record, record_clear);
}

/**
 * scep_trust_record_get_entries:
 *
 * Returns: (transfer none) (element-type ScepTrustEntry): in the order in
 *   which the certificates are numbered in the keystore
 */
GPtrArray *
scep_trust_record_get_entries (ScepTrustRecord *record)
{
  return record->entries;
}

/**
 * scep_trust_record_lookup:
 *
 * Returns: (transfer none) (nullable): the entry of the certificate, or %NULL
 *   if it is not trusted
 */
const ScepTrustEntry *
scep_trust_record_lookup (ScepTrustRecord *record, const char *fingerprint)
{
  for (guint i = 0; i < record->entries->len; i++) {
    const ScepTrustEntry *entry = g_ptr_array_index (record->entries, i);

    if (strcmp (entry->fingerprint, fingerprint) == 0)
      return entry;
  }
  return NULL;
}

/**
 * scep_trust_record_get_anchor:
 *
 * Returns: (transfer none): the entry of the trust anchor
 */
const ScepTrustEntry *
scep_trust_record_get_anchor (ScepTrustRecord *record)
{
  for (guint i = 0; i < record->entries->len; i++) {
    const ScepTrustEntry *entry = g_ptr_array_index (record->entries, i);

    if ((entry->roles & SCEP_TRUST_ANCHOR) != 0)
      return entry;
  }
  return NULL;
}

/**
 * scep_trust_record_has_ignored:
 *
 * Returns: whether the server sent certificates that are not trusted along
 *   with those of the record
 */
gboolean
scep_trust_record_has_ignored (ScepTrustRecord *record)
{
  return record->ignored;
}

/**
 * scep_trust_record_dup_fingerprints:
 *
 * Returns: (transfer full): of all that is trusted now, pending ones not
 */
char **
scep_trust_record_dup_fingerprints (ScepTrustRecord *record)
{
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();

  for (guint i = 0; i < record->entries->len; i++) {
    const ScepTrustEntry *entry = g_ptr_array_index (record->entries, i);

    if (entry->roles != SCEP_TRUST_PENDING)
      g_strv_builder_add (builder, entry->fingerprint);
  }
  return g_strv_builder_end (builder);
}

/**
 * scep_trust_record_matches:
 *
 * Returns: whether the settings still are those that the record was made
 *   from; if not, a new bootstrap is due
 */
gboolean
scep_trust_record_matches (ScepTrustRecord *record, ScepSettings *settings)
{
  for (guint i = 0; i < SCEP_N_SETTINGS; i++) {
    if (is_bootstrap (i) &&
        strcmp (record->made_from[i], scep_settings_get_string (settings, (ScepSettingId) i)) != 0)
      return FALSE;
  }
  return TRUE;
}

static gboolean
load_roles (GKeyFile *key_file, const char *group, ScepTrustRoles *roles, GError **error)
{
  g_auto (GStrv) words = g_key_file_get_string_list (key_file, group, KEY_ROLES, NULL, NULL);

  *roles = 0;
  for (guint i = 0; words != NULL && words[i] != NULL; i++) {
    for (guint j = 0; j < G_N_ELEMENTS (role_names); j++) {
      if (strcmp (words[i], role_names[j]) == 0)
        *roles |= 1u << j;
    }
  }
  if (*roles != 0)
    return TRUE;
  scep_error_set (error, SCEP_ERROR_STORAGE_FAILED, _ ("The key “%s” in [%s] cannot be used: %s"),
                  KEY_ROLES, group, _ ("it names no role"));
  return FALSE;
}

static ScepTrustEntry *
load_entry (ScepTrustRecord *record, GKeyFile *key_file, const char *text, GError **error)
{
  g_autofree char *fingerprint = scep_fingerprint_normalize (text);
  g_autofree char *group = NULL;
  ScepTrustRoles roles;
  guint provenance;

  if (fingerprint == NULL || scep_trust_record_lookup (record, fingerprint) != NULL) {
    scep_error_set (error, SCEP_ERROR_STORAGE_FAILED, _ ("The key “%s” in [%s] cannot be used: %s"),
                    KEY_CERTIFICATES, GROUP,
                    _ ("it holds something that is no fingerprint, or one twice"));
    return NULL;
  }
  group = g_strconcat (GROUP_CERTIFICATE, fingerprint, NULL);
  if (!load_roles (key_file, group, &roles, error) ||
      !scep_record_get_word (key_file, group, KEY_PROVENANCE, provenance_names,
                             G_N_ELEMENTS (provenance_names), &provenance, error))
    return NULL;
  return scep_trust_entry_new (fingerprint, roles, (ScepProvenance) provenance);
}

static gboolean
load_entries (ScepTrustRecord *record, GKeyFile *key_file, GError **error)
{
  g_auto (GStrv) list = g_key_file_get_string_list (key_file, GROUP, KEY_CERTIFICATES, NULL, NULL);
  guint n_anchors = 0;

  for (guint i = 0; list != NULL && list[i] != NULL && i < MAX_ENTRIES; i++) {
    ScepTrustEntry *entry = load_entry (record, key_file, list[i], error);

    if (entry == NULL)
      return FALSE;
    if ((entry->roles & SCEP_TRUST_ANCHOR) != 0)
      n_anchors++;
    g_ptr_array_add (record->entries, entry);
  }
  if (n_anchors == 1)
    return TRUE;
  scep_error_set (error, SCEP_ERROR_STORAGE_FAILED,
                  _ ("The trust record names %u trust anchors instead of one"), n_anchors);
  return FALSE;
}

/**
 * scep_trust_record_load:
 * @key_file: of trust.keyfile
 *
 * Returns: (transfer full) (nullable): the record, or %NULL with
 *   %SCEP_ERROR_STORAGE_FAILED; the message does not name the file
 */
ScepTrustRecord *
scep_trust_record_load (GKeyFile *key_file, GError **error)
{
  g_autoptr (ScepTrustRecord) record = record_new ();

  for (guint i = 0; i < SCEP_N_SETTINGS; i++) {
    const char *name = scep_setting_info ((ScepSettingId) i)->name;

    if (!is_bootstrap (i))
      continue;
    record->made_from[i] = scep_record_get_string (key_file, GROUP, name, error);
    if (record->made_from[i] == NULL)
      return NULL;
  }
  if (!load_entries (record, key_file, error))
    return NULL;
  /* Older records do not say. */
  record->ignored = g_key_file_get_boolean (key_file, GROUP, KEY_IGNORED, NULL);
  return g_steal_pointer (&record);
}

static void
remove_untrusted (ScepTrustRecord *record, GKeyFile *key_file)
{
  g_auto (GStrv) groups = g_key_file_get_groups (key_file, NULL);

  for (guint i = 0; groups[i] != NULL; i++) {
    if (g_str_has_prefix (groups[i], GROUP_CERTIFICATE) &&
        scep_trust_record_lookup (record, groups[i] + strlen (GROUP_CERTIFICATE)) == NULL)
      g_key_file_remove_group (key_file, groups[i], NULL);
  }
}

static void
store_entry (const ScepTrustEntry *entry, GKeyFile *key_file)
{
  g_autofree char *group = g_strconcat (GROUP_CERTIFICATE, entry->fingerprint, NULL);
  const char *roles[G_N_ELEMENTS (role_names)];
  gsize n_roles = 0;

  for (guint i = 0; i < G_N_ELEMENTS (role_names); i++) {
    if ((entry->roles & (1u << i)) != 0)
      roles[n_roles++] = role_names[i];
  }
  g_key_file_set_string_list (key_file, group, KEY_ROLES, roles, n_roles);
  g_key_file_set_string (key_file, group, KEY_PROVENANCE, provenance_names[entry->provenance]);
}

/**
 * scep_trust_record_store:
 * @key_file: what was read before, or an empty one; keys that mean nothing
 *   here stay
 */
void
scep_trust_record_store (ScepTrustRecord *record, GKeyFile *key_file)
{
  g_autoptr (GPtrArray) fingerprints = g_ptr_array_new ();

  remove_untrusted (record, key_file);
  for (guint i = 0; i < SCEP_N_SETTINGS; i++) {
    if (is_bootstrap (i))
      g_key_file_set_string (key_file, GROUP, scep_setting_info ((ScepSettingId) i)->name,
                             record->made_from[i]);
  }
  for (guint i = 0; i < record->entries->len; i++) {
    const ScepTrustEntry *entry = g_ptr_array_index (record->entries, i);

    g_ptr_array_add (fingerprints, entry->fingerprint);
    store_entry (entry, key_file);
  }
  g_key_file_set_string_list (key_file, GROUP, KEY_CERTIFICATES,
                              (const char *const *) fingerprints->pdata, fingerprints->len);
  g_key_file_set_boolean (key_file, GROUP, KEY_IGNORED, record->ignored);
}
