/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "enroll/scep-diagnosis.h"
#include "enroll/scep-enrollment.h"

void scep_enrollment_diagnose (ScepEnrollment *self, GTask *task);
