/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "enroll/scep-status.h"

static void
clear_status (gpointer data)
{
  ScepStatus *status = data;

  g_strfreev (status->missing_settings);
  g_free (status->last_error);
  g_free (status->last_error_message);
  g_free (status->transaction_id);
  g_free (status->fingerprint);
  g_free (status->serial);
  g_free (status->subject);
  g_free (status->issuer);
  g_strfreev (status->ca_fingerprints);
  g_free (status->offered_ca_fingerprint);
  g_strfreev (status->capabilities);
  g_strfreev (status->warnings);
}

/**
 * scep_status_new:
 *
 * Fields that are left %NULL must be filled before anybody else sees it.
 *
 * Returns: (transfer full): a status of all zeros
 */
ScepStatus *
scep_status_new (void)
{
  return g_rc_box_new0 (ScepStatus);
}

/**
 * scep_status_ref:
 *
 * Returns: (transfer full): @status
 */
ScepStatus *
scep_status_ref (ScepStatus *status)
{
  return g_rc_box_acquire (status);
}

/**
 * scep_status_unref:
 * @status: (transfer full):
 */
void
scep_status_unref (ScepStatus *status)
{
  g_rc_box_release_full (status, clear_status);
}

static gboolean
equal_lists (char **a, char **b)
{
  return g_strv_equal ((const char *const *) a, (const char *const *) b);
}

static gboolean
equal_certificate (const ScepStatus *a, const ScepStatus *b)
{
  return g_str_equal (a->fingerprint, b->fingerprint) && g_str_equal (a->serial, b->serial) &&
         g_str_equal (a->subject, b->subject) && g_str_equal (a->issuer, b->issuer) &&
         a->not_before == b->not_before && a->not_after == b->not_after;
}

static gboolean
equal_progress (const ScepStatus *a, const ScepStatus *b)
{
  return g_str_equal (a->state, b->state) && a->challenge_set == b->challenge_set &&
         g_str_equal (a->last_error, b->last_error) &&
         g_str_equal (a->last_error_message, b->last_error_message) &&
         g_str_equal (a->next_action, b->next_action) &&
         a->next_action_time == b->next_action_time &&
         g_str_equal (a->transaction_id, b->transaction_id) &&
         g_str_equal (a->offered_ca_fingerprint, b->offered_ca_fingerprint);
}

/**
 * scep_status_equal:
 *
 * Returns: whether nobody could tell @a from @b
 */
gboolean
scep_status_equal (const ScepStatus *a, const ScepStatus *b)
{
  return equal_progress (a, b) && equal_certificate (a, b) &&
         equal_lists (a->missing_settings, b->missing_settings) &&
         equal_lists (a->ca_fingerprints, b->ca_fingerprints) &&
         equal_lists (a->capabilities, b->capabilities) && equal_lists (a->warnings, b->warnings);
}
