/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

/* polkit actions, as a set; an empty one is open to everybody. */
typedef enum {
  SCEP_ACTION_NONE = 0,
  SCEP_ACTION_CONFIGURE = 1 << 0,
  SCEP_ACTION_TRUST_CA = 1 << 1,
  SCEP_ACTION_ENROLL = 1 << 2,
  SCEP_ACTION_MANAGE_KEYSTORE = 1 << 3,
  SCEP_ACTION_EXPORT_PRIVATE_KEY = 1 << 4,
} ScepActions;

#define SCEP_N_ACTIONS 5

/**
 * ScepAccessRow:
 * @interface: name of the interface
 * @member: a method, or a property that is written
 * @actions: what the caller must be allowed
 */
typedef struct {
  const char *interface;
  const char *member;
  ScepActions actions;
} ScepAccessRow;

const ScepAccessRow *scep_access_table (guint *n_rows);
const char *scep_action_get_id (guint index);
gboolean scep_access_lookup (const char *interface, const char *member, ScepActions *actions);
gboolean scep_access_for_call (const char *interface, const char *member, GVariant *parameters,
                               ScepActions *actions);
