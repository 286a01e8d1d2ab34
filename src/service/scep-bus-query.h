/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "enroll/scep-profile.h"

/* Methods of a profile that ask somebody and reply when the answer is there. */
void scep_bus_get_crl (ScepProfile *profile, GDBusMethodInvocation *invocation);
void scep_bus_get_certificate (ScepProfile *profile, const char *serial,
                               GDBusMethodInvocation *invocation);
void scep_bus_diagnose (ScepProfile *profile, GDBusMethodInvocation *invocation);
