/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "service/scep-access-table.h"
#include "service/scep-authority.h"
#include "service/scep-export.h"

G_BEGIN_DECLS

/* How many calls may wait for a decision about who is not root: of one user, whatever the
 * number of connections, and of all users. */
#define SCEP_GUARD_MAX_PER_USER 8
#define SCEP_GUARD_MAX_TOTAL 64
/* The same of those that wait for a person to authenticate, who may never do it. With the others
 * they are fewer than the answers for which the bus lets this service wait, 128. */
#define SCEP_GUARD_MAX_PERSONS_PER_USER 4
#define SCEP_GUARD_MAX_PERSONS 48

/* What may wait until the bus has told whose it is: calls of one connection, bytes of their
 * arguments, and such bytes of all connections. */
#define SCEP_GUARD_MAX_STRANGER_CALLS 128
#define SCEP_GUARD_MAX_STRANGER_BYTES (1024 * 1024)
#define SCEP_GUARD_MAX_ALL_STRANGERS_BYTES (8 * 1024 * 1024)

/* Bytes of arguments with which the first call of a connection always gets in: else one user
 * could keep root out. */
#define SCEP_GUARD_SMALL 4096

/**
 * ScepGuardAllowed:
 * @invocation: (transfer full): of a caller who may do it
 */
typedef void (*ScepGuardAllowed) (ScepExport *export, GDBusMethodInvocation *invocation);

/**
 * ScepGuard:
 *
 * Lets calls in that the authority allows, and keeps few others waiting. It asks
 * the bus once for all the calls that a connection has made by then.
 */
#define SCEP_TYPE_GUARD (scep_guard_get_type ())
G_DECLARE_FINAL_TYPE (ScepGuard, scep_guard, SCEP, GUARD, GObject)

ScepGuard *scep_guard_new (GDBusConnection *connection, ScepAuthority *authority,
                           ScepGuardAllowed allowed);
void scep_guard_admit (ScepGuard *self, ScepExport *export, ScepActions actions,
                       GDBusMethodInvocation *invocation);
guint32 scep_guard_get_user (GDBusMethodInvocation *invocation);
void scep_guard_refuse (GDBusMethodInvocation *invocation);

G_END_DECLS
