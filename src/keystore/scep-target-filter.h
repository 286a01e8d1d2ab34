/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/**
 * ScepTargetFilter:
 *
 * An immutable OSGi filter: RFC 4515 section 3 without extensible match, dots
 * allowed in attribute names.
 */
typedef struct _ScepTargetFilter ScepTargetFilter;

/**
 * ScepTargetAttributes:
 * @service_pid: known as "kura.service.pid" and "service.pid"
 * @id: known as "id"
 * @backend: known as "backend"
 *
 * What a filter can ask of a keystore.
 */
typedef struct {
  const char *service_pid;
  const char *id;
  const char *backend;
} ScepTargetAttributes;

ScepTargetFilter *scep_target_filter_parse (const char *text, GError **error);
void scep_target_filter_free (ScepTargetFilter *filter);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ScepTargetFilter, scep_target_filter_free)

gboolean scep_target_filter_match (const ScepTargetFilter *filter,
                                   const ScepTargetAttributes *attributes);
