/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "enroll/scep-enrollment.h"

G_BEGIN_DECLS

/* What happened, noted in the history. scep_enrollment_save_history() is the
 * caller's unless said otherwise: most of them change more of it. */
void scep_enrollment_note (ScepEnrollment *self, const char *kind);
void scep_enrollment_note_installed (ScepEnrollment *self, ScepCertificate *certificate,
                                     const char *old, const char *odd);
void scep_enrollment_note_expiring (ScepEnrollment *self, ScepCertificate *certificate);
void scep_enrollment_note_pending (ScepEnrollment *self);
void scep_enrollment_note_failure (ScepEnrollment *self, const char *kind, const GError *error);
void scep_enrollment_note_offer (ScepEnrollment *self, ScepCertificate *offered);
void scep_enrollment_note_weakening (ScepEnrollment *self, const char *capabilities);
void scep_enrollment_note_ca_certificates (ScepEnrollment *self, char **fingerprints);
void scep_enrollment_note_rollover (ScepEnrollment *self, const char *before, const char *after);
void scep_enrollment_note_ca_renewal (ScepEnrollment *self, const char *before, const char *after);
void scep_enrollment_note_settings_reset (ScepEnrollment *self, char **names);

GPtrArray *scep_enrollment_dup_events (ScepEnrollment *self);

G_END_DECLS
