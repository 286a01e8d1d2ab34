/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gunixfdlist.h>

int scep_fd_from_call (GDBusMethodInvocation *invocation, guint index, GError **error);
int scep_fd_new_sealed (const char *name, GBytes *contents, GError **error);
