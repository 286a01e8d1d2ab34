/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "enroll/scep-template.h"

#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * ScepMachineSources:
 * @root: what stands before /etc and /sys, "" for nothing
 * @credential_directory: (nullable): of systemd
 * @get_host_name: returns (transfer full) the host's name, immediately
 * @find_full_name: (nullable): returns (transfer full) (nullable) the full name
 *   of a host by its name; may block, and is called in a thread
 *
 * Where a #ScepMachine looks. Strings are copied.
 */
typedef struct {
  const char *root;
  const char *credential_directory;
  char *(*get_host_name) (void);
  char *(*find_full_name) (const char *host_name);
} ScepMachineSources;

/**
 * ScepMachine:
 *
 * What is known of this machine, for the variables in DN and SAN templates.
 */
#define SCEP_TYPE_MACHINE (scep_machine_get_type ())
G_DECLARE_FINAL_TYPE (ScepMachine, scep_machine, SCEP, MACHINE, GObject)

ScepMachine *scep_machine_new (const char *credential_directory);
ScepMachine *scep_machine_new_with_sources (const ScepMachineSources *sources);
const ScepTemplateSource *scep_machine_get_templates (ScepMachine *self);

G_END_DECLS
