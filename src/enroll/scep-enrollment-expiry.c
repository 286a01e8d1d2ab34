/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "enroll/scep-enrollment-private.h"

#include "enroll/scep-enrollment-event.h"
#include "enroll/scep-expiry.h"

/* What was told of another certificate does not count. */
static guint
get_told (ScepEnrollment *self, ScepCertificate *certificate)
{
  const char *text =
      scep_history_get_learned (self->history, SCEP_LEARNED_PROFILE, SCEP_LEARNED_EXPIRY_TOLD);
  g_auto (GStrv) words = g_strsplit (text != NULL ? text : "", " ", 2);
  guint64 told = 0;

  if (words[0] == NULL || words[1] == NULL ||
      !g_str_equal (words[0], scep_certificate_get_fingerprint (certificate)))
    return 0;
  g_ascii_string_to_unsigned (words[1], 10, 0, SCEP_EXPIRY_N_STAGES, &told, NULL);
  return (guint) told;
}

static void
set_told (ScepEnrollment *self, ScepCertificate *certificate, guint stage)
{
  g_autofree char *text =
      g_strdup_printf ("%s %u", scep_certificate_get_fingerprint (certificate), stage);

  scep_history_learn (self->history, SCEP_LEARNED_PROFILE, SCEP_LEARNED_EXPIRY_TOLD, text);
}

/* 0 for never. */
static gint64
get_next (ScepEnrollment *self, ScepCertificate *certificate)
{
  gint64 renewal = 0;

  if (scep_settings_get_boolean (self->settings, SCEP_SETTING_CLIENT_CERTIFICATE_RENEW))
    renewal = scep_enrollment_get_renewal (self, certificate);
  return scep_expiry_get_next (scep_certificate_get_not_before (certificate),
                               scep_certificate_get_not_after (certificate),
                               get_told (self, certificate), renewal);
}

static void
tell (ScepEnrollment *self, ScepCertificate *certificate)
{
  gint64 not_after = scep_certificate_get_not_after (certificate);
  guint stage = scep_expiry_get_stage (scep_certificate_get_not_before (certificate), not_after,
                                       scep_enrollment_now (self));

  set_told (self, certificate, stage);
  scep_enrollment_note_expiring (self, certificate);
  scep_enrollment_save_history (self);
  g_signal_emit_by_name (self->hooks.owner, "certificate-expiring", not_after);
}

/* Whether an attempt that may end in a renewal runs, or is about to. */
static gboolean
is_busy (ScepEnrollment *self)
{
  return self->attempt != NULL ||
         (self->timer != 0 && self->next_time <= scep_enrollment_now (self));
}

static void
on_expiry (gpointer user_data)
{
  g_autoptr (ScepEnrollment) self = g_object_ref (SCEP_ENROLLMENT (user_data));
  g_autoptr (GPtrArray) chain = scep_enrollment_get_chain (self);
  ScepCertificate *certificate = chain != NULL ? g_ptr_array_index (chain, 0) : NULL;
  gint64 next = certificate != NULL ? get_next (self, certificate) : 0;

  self->expiry_timer = 0;
  /* Whatever comes of it ends in another plan, and that comes here again. */
  if (is_busy (self))
    return;
  /* Not due where somebody has set the clock, and not believed where it is wrong. */
  if (next != 0 && next <= scep_enrollment_now (self) && scep_clock_check (self->clock, NULL))
    tell (self, certificate);
  scep_enrollment_watch_expiry (self);
}

/**
 * scep_enrollment_watch_expiry:
 *
 * Plans to tell of the certificate's end, whatever else is planned: a second
 * deadline, and none where there is nothing to tell of.
 */
void
scep_enrollment_watch_expiry (ScepEnrollment *self)
{
  gint64 now = scep_enrollment_now (self);
  g_autoptr (GPtrArray) chain = NULL;
  gint64 next = 0;

  scep_clock_clear (self->clock, &self->expiry_timer);
  if (!self->started || !scep_settings_get_boolean (self->settings, SCEP_SETTING_ENABLED))
    return;
  chain = scep_enrollment_get_chain (self);
  if (chain != NULL)
    next = get_next (self, g_ptr_array_index (chain, 0));
  if (next == 0)
    return;
  /* A clock that is wrong is asked again when it may be right. */
  if (next <= now && !scep_clock_check (self->clock, NULL))
    next = now + scep_settings_get_uint (self->settings, SCEP_SETTING_CONNECT_RETRY_INTERVAL);
  self->expiry_timer = scep_clock_call_at (self->clock, next, on_expiry, self);
}
