/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "keystore/scep-keystore-keyfile.h"

/*
 * One change of a keyfile keystore: decided against what is in memory when its
 * turn comes, then written, then put in memory.
 */
typedef struct _ScepKeyfileChange ScepKeyfileChange;

struct _ScepKeyfileChange {
  /* Decides, in the main loop: sets @entry, or leaves it NULL for a removal. */
  gboolean (*prepare) (GHashTable *entries, ScepKeyfileChange *change, GError **error);

  char *alias;
  char *from;       /* (nullable): promote */
  char *previous;   /* (nullable): promote */
  char *other;      /* (nullable): exchange */
  ScepKey *key;     /* (nullable) */
  GPtrArray *chain; /* (nullable) */
  gboolean replace;

  ScepKeystoreEntry *entry;       /* (nullable): what @alias becomes */
  ScepKeystoreEntry *other_entry; /* (nullable): what @other becomes */
  gboolean keep_previous;         /* @alias exists and becomes @previous first */
  char *directory;                /* for the thread */
  gboolean previous_is_kept;      /* the thread's answer */
};

ScepKeyfileChange *scep_keyfile_change_new (const char *alias);
void scep_keyfile_change_free (ScepKeyfileChange *change);

gboolean scep_keyfile_change_prepare_key (GHashTable *entries, ScepKeyfileChange *change,
                                          GError **error);
gboolean scep_keyfile_change_prepare_certificate (GHashTable *entries, ScepKeyfileChange *change,
                                                  GError **error);
gboolean scep_keyfile_change_prepare_promote (GHashTable *entries, ScepKeyfileChange *change,
                                              GError **error);
gboolean scep_keyfile_change_prepare_exchange (GHashTable *entries, ScepKeyfileChange *change,
                                               GError **error);
gboolean scep_keyfile_change_prepare_remove (GHashTable *entries, ScepKeyfileChange *change,
                                             GError **error);

gboolean scep_keyfile_change_write (ScepKeyfileChange *change, GError **error);
ScepKeystoreEntry *scep_keyfile_entry_find (GHashTable *entries, const char *alias, GError **error);
