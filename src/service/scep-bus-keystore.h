/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "keystore/scep-keystore.h"
#include "service/scep-dispatcher.h"
#include "service/scep-fd-reader.h"

G_BEGIN_DECLS

/**
 * ScepBusKeystore:
 *
 * A keystore on the bus: org.example.SCEPEnrollment.Keystore.
 */
#define SCEP_TYPE_BUS_KEYSTORE (scep_bus_keystore_get_type ())
G_DECLARE_FINAL_TYPE (ScepBusKeystore, scep_bus_keystore, SCEP, BUS_KEYSTORE, GObject)

ScepBusKeystore *scep_bus_keystore_new (ScepDispatcher *dispatcher, ScepKeystore *keystore,
                                        ScepFdReader *reader, GError **error);
ScepKeystore *scep_bus_keystore_get_keystore (ScepBusKeystore *self);
ScepExport *scep_bus_keystore_get_export (ScepBusKeystore *self);

G_END_DECLS
