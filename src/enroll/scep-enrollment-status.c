/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "enroll/scep-enrollment-private.h"

#include "base/scep-error.h"
#include "base/scep-names.h"

/**
 * scep_enrollment_list_missing:
 *
 * Returns: (transfer full): names of settings without which nothing can begin
 */
char **
scep_enrollment_list_missing (ScepEnrollment *self)
{
  g_auto (GStrv) missing = scep_settings_get_missing (self->settings);
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();

  g_strv_builder_addv (builder, (const char **) missing);
  if (scep_enrollment_lacks_challenge (self))
    g_strv_builder_add (builder, scep_setting_info (SCEP_SETTING_CHALLENGE_PASSWORD)->name);
  return g_strv_builder_end (builder);
}

static char **
show_missing (ScepEnrollment *self)
{
  g_auto (GStrv) missing = scep_enrollment_list_missing (self);
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();

  g_strv_builder_addv (builder, (const char **) missing);
  if (self->state == SCEP_STATE_AWAITING_TRUST)
    g_strv_builder_add (builder, scep_setting_info (SCEP_SETTING_CA_ROOT_FINGERPRINT)->name);
  return g_strv_builder_end (builder);
}

static void
fill_certificate (ScepEnrollment *self, ScepStatus *status)
{
  g_autoptr (GPtrArray) chain = scep_enrollment_get_chain (self);
  ScepCertificate *certificate = chain != NULL ? g_ptr_array_index (chain, 0) : NULL;

  if (certificate == NULL) {
    status->fingerprint = g_strdup ("");
    status->serial = g_strdup ("");
    status->subject = g_strdup ("");
    status->issuer = g_strdup ("");
    return;
  }
  status->fingerprint = g_strdup (scep_certificate_get_fingerprint (certificate));
  status->serial = g_strdup (scep_certificate_get_serial (certificate));
  status->subject = g_strdup (scep_certificate_get_subject (certificate));
  status->issuer = g_strdup (scep_certificate_get_issuer (certificate));
  status->not_before = scep_certificate_get_not_before (certificate);
  status->not_after = scep_certificate_get_not_after (certificate);
}

static void
fill_error (ScepEnrollment *self, ScepStatus *status)
{
  const char *name = scep_history_get_error (self->history);
  const char *message = scep_history_get_error_message (self->history);

  if (self->broken != NULL) {
    name = scep_error_get_name ((ScepError) self->broken->code);
    message = self->broken->message;
  }
  status->last_error =
      name != NULL && name[0] != '\0' ? g_strconcat (SCEP_ERROR_PREFIX, name, NULL) : g_strdup ("");
  status->last_error_message = g_strdup (message != NULL ? message : "");
}

/**
 * scep_enrollment_fill_status:
 * @status: (inout): all of its fields are set
 */
void
scep_enrollment_fill_status (ScepEnrollment *self, ScepStatus *status)
{
  static const char *const none[] = { NULL };

  status->state = scep_state_get_name (self->state);
  status->missing_settings = show_missing (self);
  status->challenge_set = scep_settings_get_challenge (self->settings) != NULL;
  fill_error (self, status);
  status->next_action = self->next_action;
  status->next_action_time = self->next_time;
  status->transaction_id =
      g_strdup (self->transaction != NULL ? scep_transaction_get_id (self->transaction) : "");
  fill_certificate (self, status);
  status->ca_fingerprints = self->record != NULL ? scep_trust_record_dup_fingerprints (self->record)
                                                 : g_strdupv ((char **) none);
  status->offered_ca_fingerprint = g_strdup (self->offered != NULL ? self->offered : "");
  status->capabilities = scep_capabilities_to_strv (scep_enrollment_get_capabilities (self));
  status->warnings = scep_enrollment_list_warnings (self);
}
