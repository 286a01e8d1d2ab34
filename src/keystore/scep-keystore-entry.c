/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "keystore/scep-keystore-entry.h"

#include "codec/scep-private-key.h"

struct _ScepKeystoreEntry {
  GObject parent_instance;

  char *alias;
  ScepKey *key;     /* (nullable) */
  GPtrArray *chain; /* (element-type ScepCertificate) */
  gboolean exportable;
  const char *key_type;
  guint key_bits;
};

G_DEFINE_FINAL_TYPE (ScepKeystoreEntry, scep_keystore_entry, G_TYPE_OBJECT)

static void
scep_keystore_entry_finalize (GObject *object)
{
  ScepKeystoreEntry *self = SCEP_KEYSTORE_ENTRY (object);

  g_free (self->alias);
  g_clear_object (&self->key);
  g_ptr_array_unref (self->chain);
  G_OBJECT_CLASS (scep_keystore_entry_parent_class)->finalize (object);
}

static void
scep_keystore_entry_class_init (ScepKeystoreEntryClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = scep_keystore_entry_finalize;
}

static void
scep_keystore_entry_init (ScepKeystoreEntry *self)
{
  self->chain = g_ptr_array_new_with_free_func (g_object_unref);
  self->key_type = "";
}

static void
describe_key (ScepKeystoreEntry *self)
{
  ScepCertificate *certificate = scep_keystore_entry_get_certificate (self);
  GBytes *spki = NULL;

  if (self->key != NULL)
    spki = scep_key_get_spki (self->key);
  else if (certificate != NULL)
    spki = scep_certificate_get_spki (certificate);
  if (spki == NULL || !scep_public_key_describe (spki, &self->key_type, &self->key_bits))
    self->key_type = "";
}

/**
 * scep_keystore_entry_new:
 * @key: (transfer none) (nullable): the key, if it has one
 * @chain: (element-type ScepCertificate) (transfer none) (nullable): its
 *   certificates, leaf first
 * @exportable: whether the key may leave the keystore
 *
 * Returns: (transfer full): an entry, its kind following from what it has
 */
ScepKeystoreEntry *
scep_keystore_entry_new (const char *alias, ScepKey *key, GPtrArray *chain, gboolean exportable)
{
  ScepKeystoreEntry *self = g_object_new (SCEP_TYPE_KEYSTORE_ENTRY, NULL);

  self->alias = g_strdup (alias);
  self->key = key != NULL ? g_object_ref (key) : NULL;
  self->exportable = exportable && key != NULL;
  for (guint i = 0; chain != NULL && i < chain->len; i++)
    g_ptr_array_add (self->chain, g_object_ref (chain->pdata[i]));
  describe_key (self);
  return self;
}

/**
 * scep_keystore_entry_get_alias:
 *
 * Returns: (transfer none): its name in the keystore
 */
const char *
scep_keystore_entry_get_alias (ScepKeystoreEntry *self)
{
  return self->alias;
}

/**
 * scep_keystore_entry_get_kind:
 *
 * Returns: what it is
 */
ScepEntryKind
scep_keystore_entry_get_kind (ScepKeystoreEntry *self)
{
  if (self->key == NULL)
    return SCEP_ENTRY_TRUSTED_CERTIFICATE;
  return self->chain->len > 0 ? SCEP_ENTRY_PRIVATE_KEY_ENTRY : SCEP_ENTRY_KEY_PAIR;
}

/**
 * scep_entry_kind_to_string:
 *
 * Returns: (transfer none): the word for it on the bus
 */
const char *
scep_entry_kind_to_string (ScepEntryKind kind)
{
  switch (kind) {
  case SCEP_ENTRY_KEY_PAIR:
    return "key-pair";
  case SCEP_ENTRY_PRIVATE_KEY_ENTRY:
    return "private-key-entry";
  case SCEP_ENTRY_TRUSTED_CERTIFICATE:
    return "trusted-certificate";
  default:
    g_return_val_if_reached ("");
  }
}

/**
 * scep_keystore_entry_get_key:
 *
 * Returns: (transfer none) (nullable): the key's handle
 */
ScepKey *
scep_keystore_entry_get_key (ScepKeystoreEntry *self)
{
  return self->key;
}

/**
 * scep_keystore_entry_get_chain:
 *
 * Returns: (transfer none) (element-type ScepCertificate): leaf first, perhaps
 *   empty
 */
GPtrArray *
scep_keystore_entry_get_chain (ScepKeystoreEntry *self)
{
  return self->chain;
}

/**
 * scep_keystore_entry_get_certificate:
 *
 * Returns: (transfer none) (nullable): the leaf
 */
ScepCertificate *
scep_keystore_entry_get_certificate (ScepKeystoreEntry *self)
{
  return self->chain->len > 0 ? self->chain->pdata[0] : NULL;
}

/**
 * scep_keystore_entry_get_key_type:
 *
 * Returns: (transfer none): "RSA", "EC" and so on, "" where it is not known
 */
const char *
scep_keystore_entry_get_key_type (ScepKeystoreEntry *self)
{
  return self->key_type;
}

/**
 * scep_keystore_entry_get_key_bits:
 *
 * Returns: the length of the key, 0 where it is not known
 */
guint
scep_keystore_entry_get_key_bits (ScepKeystoreEntry *self)
{
  return self->key_bits;
}

/**
 * scep_keystore_entry_is_exportable:
 *
 * Returns: whether there is a key that may leave the keystore
 */
gboolean
scep_keystore_entry_is_exportable (ScepKeystoreEntry *self)
{
  return self->exportable;
}
