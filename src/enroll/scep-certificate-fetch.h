/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "enroll/scep-enrollment.h"

void scep_enrollment_get_certificate (ScepEnrollment *self, GBytes *serial, GTask *task);
