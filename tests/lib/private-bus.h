/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>
#include <gio/gunixfdlist.h>

G_BEGIN_DECLS

/**
 * PrivateBus:
 *
 * A bus of its own with a server's and a caller's connection, both served by
 * the default main context: callers must not block it.
 */
typedef struct {
  GTestDBus *bus;
  GDBusConnection *server;
  GDBusConnection *caller;
} PrivateBus;

/* A call on its way. */
typedef struct {
  gboolean done;
  GVariant *reply; /* (nullable) */
  char *error;     /* (nullable): its name on the bus */
  GError *local;   /* (nullable): what GDBus makes of it */
} BusCall;

void private_bus_up (PrivateBus *self);
void private_bus_down (PrivateBus *self);
GDBusConnection *private_bus_connect (PrivateBus *self);

BusCall *bus_call_begin (PrivateBus *self, GDBusConnection *caller, const char *path,
                         const char *interface, const char *method, GVariant *parameters,
                         GDBusCallFlags flags, GUnixFDList *fds);
void bus_call_wait (BusCall *call);
void bus_call_free (BusCall *call);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (BusCall, bus_call_free)

guint private_bus_begin_wait (const char *what);

/* What does not come fails the test, and says what it was. */
#define wait_until(condition)                                                                      \
  G_STMT_START                                                                                     \
  {                                                                                                \
    guint end_of_wait = private_bus_begin_wait (G_STRLOC ": " #condition);                         \
                                                                                                   \
    while (!(condition))                                                                           \
      g_main_context_iteration (NULL, TRUE);                                                       \
    g_source_remove (end_of_wait);                                                                 \
  }                                                                                                \
  G_STMT_END

G_END_DECLS
