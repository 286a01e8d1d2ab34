/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "service/scep-export.h"

G_BEGIN_DECLS

/**
 * ScepManagedObjects:
 *
 * What GetManagedObjects answers, as it was at one moment. Does not change, and
 * any thread may read it. The reply with its many thousand values is made and
 * sent by the thread that writes to the bus, one after the other, and not by
 * the main loop.
 */
typedef struct _ScepManagedObjects ScepManagedObjects;

ScepManagedObjects *scep_managed_objects_new (GPtrArray *exports);
ScepManagedObjects *scep_managed_objects_ref (ScepManagedObjects *self);
void scep_managed_objects_unref (ScepManagedObjects *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ScepManagedObjects, scep_managed_objects_unref)

gboolean scep_managed_objects_is_current (ScepManagedObjects *self, GPtrArray *exports);
GVariant *scep_managed_objects_build (ScepManagedObjects *self);

guint scep_managed_objects_attach (GDBusConnection *connection);
void scep_managed_objects_return (ScepManagedObjects *self, GDBusMethodInvocation *invocation);

G_END_DECLS
