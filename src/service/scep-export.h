/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * ScepExport:
 *
 * One interface of one object on the bus. Counted, so that a call that waits
 * for authorisation can find out that the object is gone.
 */
typedef struct _ScepExport ScepExport;

/**
 * ScepBusMethod:
 * @name: of the method
 * @call: (transfer full) of the invocation; runs when the caller is allowed
 */
typedef struct {
  const char *name;
  void (*call) (ScepExport *export, GVariant *parameters, GDBusMethodInvocation *invocation);
} ScepBusMethod;

/**
 * ScepBusInterface:
 * @info: what the XML says; at most 64 properties
 * @methods: of this interface, ended by a row without name
 * @get_property: (nullable): a floating value, from memory
 * @set_property: (nullable): @invocation is transferred; runs when the caller is allowed
 */
typedef struct {
  const GDBusInterfaceInfo *info;
  const ScepBusMethod *methods;
  GVariant *(*get_property) (ScepExport *export, const char *name);
  void (*set_property) (ScepExport *export, const char *name, GVariant *value,
                        GDBusMethodInvocation *invocation);
} ScepBusInterface;

ScepExport *scep_export_new (GDBusConnection *connection, const char *path,
                             const ScepBusInterface *interface, gpointer object);
gboolean scep_export_register (ScepExport *self, const GDBusInterfaceVTable *vtable,
                               gpointer user_data, GDestroyNotify destroy, GError **error);
ScepExport *scep_export_ref (ScepExport *self);
void scep_export_unref (ScepExport *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ScepExport, scep_export_unref)

void scep_export_remove (ScepExport *self);
gboolean scep_export_is_removed (ScepExport *self);

char *scep_export_get_path (ScepExport *self);
const ScepBusInterface *scep_export_get_interface (ScepExport *self);
gpointer scep_export_get_object (ScepExport *self);

GVariant *scep_export_get_properties (ScepExport *self);
GVariant *scep_export_get_told (ScepExport *self);
void scep_export_changed (ScepExport *self, const char *const *names);
void scep_export_flush (ScepExport *self);
void scep_export_emit (ScepExport *self, const char *signal, GVariant *parameters);

G_END_DECLS
