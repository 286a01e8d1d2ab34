/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "codec/scep-certificate.h"
#include "keystore/scep-key.h"

typedef enum {
  SCEP_ENTRY_KEY_PAIR,            /* a key without a certificate */
  SCEP_ENTRY_PRIVATE_KEY_ENTRY,   /* a key with its chain */
  SCEP_ENTRY_TRUSTED_CERTIFICATE, /* a certificate without a key */
} ScepEntryKind;

/**
 * ScepKeystoreEntry:
 *
 * One entry as it is now: an immutable GObject. A later change of the keystore
 * makes another one.
 */
#define SCEP_TYPE_KEYSTORE_ENTRY (scep_keystore_entry_get_type ())
G_DECLARE_FINAL_TYPE (ScepKeystoreEntry, scep_keystore_entry, SCEP, KEYSTORE_ENTRY, GObject)

ScepKeystoreEntry *scep_keystore_entry_new (const char *alias, ScepKey *key, GPtrArray *chain,
                                            gboolean exportable);

const char *scep_keystore_entry_get_alias (ScepKeystoreEntry *self);
ScepEntryKind scep_keystore_entry_get_kind (ScepKeystoreEntry *self);
const char *scep_entry_kind_to_string (ScepEntryKind kind);
ScepKey *scep_keystore_entry_get_key (ScepKeystoreEntry *self);
GPtrArray *scep_keystore_entry_get_chain (ScepKeystoreEntry *self);
ScepCertificate *scep_keystore_entry_get_certificate (ScepKeystoreEntry *self);
const char *scep_keystore_entry_get_key_type (ScepKeystoreEntry *self);
guint scep_keystore_entry_get_key_bits (ScepKeystoreEntry *self);
gboolean scep_keystore_entry_is_exportable (ScepKeystoreEntry *self);
