/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "enroll/scep-ca-generation.h"
#include "enroll/scep-enrollment-private.h"

/* The driver's part in the rollover of a CA. */
ScepCaHeritage *scep_enrollment_make_heritage (ScepEnrollment *self);
gboolean scep_enrollment_find_followed (ScepEnrollment *self, ScepCertificate **certificate,
                                        char **fingerprint);
void scep_enrollment_look_ahead (ScepEnrollment *self, ScepCaTrust *trust);
void scep_enrollment_prepare_rollover (ScepEnrollment *self, ScepTrustRecord *record);
void scep_enrollment_resume_rollover (ScepEnrollment *self);
void scep_enrollment_announce_rollover (ScepEnrollment *self, ScepTrustRecord *old);
gint64 scep_enrollment_get_ca_end (ScepEnrollment *self);
gboolean scep_enrollment_misses_next_ca (ScepEnrollment *self);
