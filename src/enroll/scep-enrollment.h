/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "enroll/scep-saved.h"

G_BEGIN_DECLS

/**
 * ScepEnrollmentHooks:
 * @changed: something that scep_enrollment_fill_status() tells is another
 * @challenge_used: the one-time challenge has done its work
 * @reload: the profile's files could not be read and should be read again
 * @owner: for all of them, and what the signals of #ScepProfile are emitted on
 *
 * Whom the driver tells.
 */
typedef struct {
  void (*changed) (GObject *owner);
  void (*challenge_used) (GObject *owner);
  void (*reload) (GObject *owner);
  GObject *owner;
} ScepEnrollmentHooks;

/**
 * ScepEnrollment:
 *
 * The asynchronous driver of one profile. What is to be done next follows
 * from what is on disk and from the settings alone, see
 * scep_enrollment_evaluate(): a restart, a change of settings and a deadline
 * all end up there.
 */
#define SCEP_TYPE_ENROLLMENT (scep_enrollment_get_type ())
G_DECLARE_FINAL_TYPE (ScepEnrollment, scep_enrollment, SCEP, ENROLLMENT, GObject)

ScepEnrollment *scep_enrollment_new (ScepProfileFiles *files, const ScepProfileContext *context,
                                     const ScepEnrollmentHooks *hooks);
void scep_enrollment_take_saved (ScepEnrollment *self, ScepSaved *saved);
void scep_enrollment_set_broken (ScepEnrollment *self, const GError *error);
void scep_enrollment_find_keystore (ScepEnrollment *self, ScepSettings *settings);
void scep_enrollment_find_holder (ScepEnrollment *self);
gboolean scep_enrollment_uses_keystore (ScepEnrollment *self, ScepKeystore *keystore);
void scep_enrollment_keystore_gone (ScepEnrollment *self, ScepKeystore *keystore);
void scep_enrollment_set_settings (ScepEnrollment *self, ScepSettings *settings);
void scep_enrollment_challenge_renewed (ScepEnrollment *self);
void scep_enrollment_start (ScepEnrollment *self);
void scep_enrollment_stop (ScepEnrollment *self);

void scep_enrollment_fill_status (ScepEnrollment *self, ScepStatus *status);
GPtrArray *scep_enrollment_get_chain (ScepEnrollment *self);

gboolean scep_enrollment_enroll (ScepEnrollment *self, GError **error);
gboolean scep_enrollment_renew (ScepEnrollment *self, GError **error);
gboolean scep_enrollment_check (ScepEnrollment *self, GError **error);

/* The task returns a boolean, when it is on disk. */
void scep_enrollment_accept_ca (ScepEnrollment *self, const char *fingerprint, GTask *task);
void scep_enrollment_cancel (ScepEnrollment *self, GTask *task);
void scep_enrollment_switch_back (ScepEnrollment *self, GTask *task);
void scep_enrollment_reset (ScepEnrollment *self, GTask *task);

G_END_DECLS
