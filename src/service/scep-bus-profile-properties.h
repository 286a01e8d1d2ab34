/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "enroll/scep-profile.h"

GVariant *scep_bus_profile_property (ScepProfile *profile, const char *name);
const char *const *scep_bus_profile_status_properties (void);
