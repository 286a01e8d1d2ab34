/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "enroll/scep-profile.h"
#include "service/scep-dispatcher.h"
#include "service/scep-fd-reader.h"

G_BEGIN_DECLS

/**
 * ScepBusProfile:
 *
 * A profile on the bus: org.example.SCEPEnrollment.
 */
#define SCEP_TYPE_BUS_PROFILE (scep_bus_profile_get_type ())
G_DECLARE_FINAL_TYPE (ScepBusProfile, scep_bus_profile, SCEP, BUS_PROFILE, GObject)

ScepBusProfile *scep_bus_profile_new (ScepDispatcher *dispatcher, const char *path,
                                      ScepProfile *profile, ScepFdReader *reader, GError **error);
ScepProfile *scep_bus_profile_get_profile (ScepBusProfile *self);
ScepExport *scep_bus_profile_get_export (ScepBusProfile *self);
void scep_bus_profile_close (ScepBusProfile *self);

G_END_DECLS
