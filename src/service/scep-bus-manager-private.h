/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "service/scep-bus-manager.h"

/* What the files that make up ScepBusManager share. */

struct _ScepBusManager {
  GObject parent_instance;

  ScepDispatcher *dispatcher;           /* (owned) */
  ScepBusObjectManager *object_manager; /* (owned) */
  const ScepProfileContext *context;    /* (unowned) */
  ScepFdReader *reader;                 /* (owned) */
  ScepExport *export;                   /* (owned) */
  GTree *profiles;                      /* (owned) (element-type utf8 ScepBusProfile): sorted */
  GHashTable *coming; /* (owned) (element-type utf8): ids that are being made or removed */
  GQueue waiting;     /* (element-type utf8): ids of those that are to be started */
  guint start_id;
};

/* scep-bus-manager-methods.c: the interface Manager */
extern const ScepBusInterface scep_bus_manager_methods;

/* scep-bus-manager.c: the profiles on the bus */
char *scep_bus_manager_path_of (const char *id);
