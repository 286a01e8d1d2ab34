/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "enroll/scep-enrollment-private.h"

#include "enroll/scep-schedule.h"

/**
 * scep_enrollment_get_lot:
 * @purpose: see scep_schedule_make_lot()
 *
 * Returns: what this profile of this machine draws
 */
guint32
scep_enrollment_get_lot (ScepEnrollment *self, const char *purpose)
{
  return scep_schedule_make_lot (self->machine_id, scep_profile_files_get_id (self->files),
                                 purpose);
}

/**
 * scep_enrollment_get_threshold:
 *
 * Returns: when @certificate is due by its age, on this machine, Unix seconds
 */
gint64
scep_enrollment_get_threshold (ScepEnrollment *self, ScepCertificate *certificate)
{
  gint64 not_before = scep_certificate_get_not_before (certificate);
  gint64 not_after = scep_certificate_get_not_after (certificate);
  gint64 renewal = scep_schedule_renewal (
      not_before, not_after,
      scep_settings_get_uint (self->settings, SCEP_SETTING_RENEWAL_THRESHOLD));

  return scep_schedule_spread_renewal (renewal, not_before, not_after,
                                       scep_enrollment_get_lot (self, "renewal"));
}

/**
 * scep_enrollment_get_check_interval:
 *
 * Returns: seconds between two checks, on this machine
 */
guint
scep_enrollment_get_check_interval (ScepEnrollment *self)
{
  return scep_schedule_spread_check (
      scep_settings_get_uint (self->settings, SCEP_SETTING_CERTIFICATE_CHECK_INTERVAL),
      scep_enrollment_get_lot (self, "check"));
}
