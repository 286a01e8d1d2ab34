/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "service/scep-journal.h"

#include "base/scep-repetition.h"
#include "service/scep-message-ids.h"

#include <glib/gi18n-lib.h>
#include <string.h>

/* How urgent an entry is, in the words of syslog. */
#define PRIORITY_WARNING "4"
#define PRIORITY_NOTICE "5"

#define MAX_FIELDS 12

/* What was said of a profile's failures, and the seconds after which it is said again. */
#define SAID "scep-journal-said"
#define SAID_PERIOD 60

/* An entry is put together here; all text is borrowed. */
typedef struct {
  GLogField fields[MAX_FIELDS];
  gsize n_fields;
} Entry;

static void
add (Entry *entry, const char *name, const char *value)
{
  GLogField *field = &entry->fields[entry->n_fields];

  g_return_if_fail (entry->n_fields < MAX_FIELDS);
  if (value == NULL || *value == '\0')
    return;
  field->key = name;
  field->value = value;
  field->length = -1;
  entry->n_fields++;
}

static Entry
begin (ScepProfile *profile, const char *id, const char *priority)
{
  Entry entry = { .n_fields = 0 };

  add (&entry, "MESSAGE_ID", id);
  add (&entry, "PRIORITY", priority);
  add (&entry, "GLIB_DOMAIN", G_LOG_DOMAIN);
  add (&entry, "SCEP_PROFILE", scep_profile_get_id (profile));
  return entry;
}

static void
send (Entry *entry, const char *message)
{
  add (entry, "MESSAGE", message);
  /* For GLib a failure is a message, too: its warnings are faults of the program. */
  g_log_structured_array (G_LOG_LEVEL_MESSAGE, entry->fields, entry->n_fields);
}

/* ISO 8601 in UTC, "" for none: an event that speaks of a time has one. */
static char *
format_time (gint64 seconds)
{
  g_autoptr (GDateTime) time = seconds > 0 ? g_date_time_new_from_unix_utc (seconds) : NULL;

  return time != NULL ? g_date_time_format_iso8601 (time) : g_strdup ("");
}

static void
on_enrolled (ScepProfile *profile, const char *fingerprint, const char *serial, gint64 not_after,
             gpointer user_data)
{
  g_autofree char *until = format_time (not_after);
  g_autofree char *message = g_strdup_printf (_ ("Profile %s: the certificate with the serial "
                                                 "number %s is installed; it is valid until %s"),
                                              scep_profile_get_id (profile), serial, until);
  Entry entry = begin (profile, SCEP_MESSAGE_ENROLLED, PRIORITY_NOTICE);

  add (&entry, "SCEP_FINGERPRINT", fingerprint);
  add (&entry, "SCEP_SERIAL", serial);
  add (&entry, "SCEP_NOT_AFTER", until);
  send (&entry, message);
}

static void
on_renewed (ScepProfile *profile, const char *old_fingerprint, const char *new_fingerprint,
            gint64 not_after, gpointer user_data)
{
  g_autofree char *until = format_time (not_after);
  g_autofree char *message =
      g_strdup_printf (_ ("Profile %s: the certificate was renewed; the new one is valid until %s"),
                       scep_profile_get_id (profile), until);
  Entry entry = begin (profile, SCEP_MESSAGE_RENEWED, PRIORITY_NOTICE);

  add (&entry, "SCEP_OLD_FINGERPRINT", old_fingerprint);
  add (&entry, "SCEP_FINGERPRINT", new_fingerprint);
  add (&entry, "SCEP_SERIAL", scep_profile_get_status (profile)->serial);
  add (&entry, "SCEP_NOT_AFTER", until);
  send (&entry, message);
}

static void
on_certificate_expiring (ScepProfile *profile, gint64 not_after, gpointer user_data)
{
  g_autofree char *until = format_time (not_after);
  g_autofree char *message = g_strdup_printf (
      _ ("Profile %s: the certificate has not been renewed and is valid until %s only"),
      scep_profile_get_id (profile), until);
  Entry entry = begin (profile, SCEP_MESSAGE_CERTIFICATE_EXPIRING, PRIORITY_WARNING);

  add (&entry, "SCEP_NOT_AFTER", until);
  send (&entry, message);
}

static void
on_pending (ScepProfile *profile, const char *transaction_id, gint64 next_poll, gpointer user_data)
{
  g_autofree char *next = format_time (next_poll);
  g_autofree char *message = g_strdup_printf (
      _ ("Profile %s: the CA has not decided about the request %s yet; it is asked again at %s"),
      scep_profile_get_id (profile), transaction_id, next);
  Entry entry = begin (profile, SCEP_MESSAGE_PENDING, PRIORITY_NOTICE);

  add (&entry, "SCEP_TRANSACTION_ID", transaction_id);
  add (&entry, "SCEP_NEXT_ATTEMPT", next);
  send (&entry, message);
}

static void
free_repetition (gpointer data)
{
  scep_repetition_free (data);
}

/* Attempts may follow each other every few seconds, for years. That it was the last one is news. */
static gboolean
is_news (ScepProfile *profile, const char *id, const char *reason, gboolean last)
{
  g_autofree char *text = g_strconcat (id, last ? " last " : " ", reason, NULL);
  ScepRepetition *said = g_object_get_data (G_OBJECT (profile), SAID);

  if (said == NULL) {
    said = scep_repetition_new (SAID_PERIOD);
    g_object_set_data_full (G_OBJECT (profile), SAID, said, free_repetition);
  }
  return scep_repetition_is_news (said, text, g_get_monotonic_time () / G_USEC_PER_SEC);
}

static void
log_failure (ScepProfile *profile, const char *id, const char *error, const char *reason,
             gint64 next_attempt)
{
  g_autofree char *next = NULL;
  g_autofree char *message = NULL;
  Entry entry;

  if (!is_news (profile, id, reason, next_attempt == 0))
    return;
  next = format_time (next_attempt);
  message = g_strdup_printf (_ ("Profile %s: %s"), scep_profile_get_id (profile), reason);
  entry = begin (profile, id, PRIORITY_WARNING);
  add (&entry, "SCEP_ERROR", error);
  add (&entry, "SCEP_NEXT_ATTEMPT", next);
  send (&entry, message);
}

static void
on_enrollment_failed (ScepProfile *profile, const char *error, const char *reason,
                      gint64 next_attempt, gpointer user_data)
{
  log_failure (profile, SCEP_MESSAGE_ENROLLMENT_FAILED, error, reason, next_attempt);
}

static void
on_renewal_failed (ScepProfile *profile, const char *error, const char *reason, gint64 next_attempt,
                   gpointer user_data)
{
  log_failure (profile, SCEP_MESSAGE_RENEWAL_FAILED, error, reason, next_attempt);
}

static void
on_trust_requested (ScepProfile *profile, const char *fingerprint, const char *subject,
                    gpointer user_data)
{
  g_autofree char *message =
      g_strdup_printf (_ ("Profile %s: the server offers the CA %s with the fingerprint %s, and "
                          "nobody has said yet whether to trust it"),
                       scep_profile_get_id (profile), subject, fingerprint);
  Entry entry = begin (profile, SCEP_MESSAGE_TRUST_REQUESTED, PRIORITY_WARNING);

  add (&entry, "SCEP_FINGERPRINT", fingerprint);
  add (&entry, "SCEP_SUBJECT", subject);
  send (&entry, message);
}

static void
on_capabilities_weakened (ScepProfile *profile, const char *missing, gpointer user_data)
{
  g_autofree char *message =
      g_strdup_printf (_ ("Profile %s: the server does not list %s any more; if nobody changed the "
                          "server, somebody on the way to it may have changed its answer"),
                       scep_profile_get_id (profile), missing);
  Entry entry = begin (profile, SCEP_MESSAGE_CAPABILITIES_WEAKENED, PRIORITY_WARNING);

  add (&entry, "SCEP_CAPABILITIES", missing);
  send (&entry, message);
}

static void
on_ca_certificates_changed (ScepProfile *profile, char **fingerprints, gpointer user_data)
{
  g_autofree char *list = g_strjoinv (" ", fingerprints);
  g_autofree char *message =
      g_strdup_printf (_ ("Profile %s: the trusted CA certificates are now %s"),
                       scep_profile_get_id (profile), list);
  Entry entry = begin (profile, SCEP_MESSAGE_CA_CERTIFICATES_CHANGED, PRIORITY_NOTICE);

  add (&entry, "SCEP_FINGERPRINT", list);
  send (&entry, message);
}

static void
on_ca_rolled_over (ScepProfile *profile, const char *old_fingerprint, const char *new_fingerprint,
                   gpointer user_data)
{
  g_autofree char *message =
      g_strdup_printf (_ ("Profile %s: the CA with the fingerprint %s takes the place of the one "
                          "with the fingerprint %s, which announced it"),
                       scep_profile_get_id (profile), new_fingerprint, old_fingerprint);
  Entry entry = begin (profile, SCEP_MESSAGE_CA_ROLLED_OVER, PRIORITY_NOTICE);

  add (&entry, "SCEP_OLD_FINGERPRINT", old_fingerprint);
  add (&entry, "SCEP_FINGERPRINT", new_fingerprint);
  send (&entry, message);
}

/**
 * scep_journal_watch:
 *
 * From here on what happens to @profile is told to the journal, in entries with
 * a MESSAGE_ID of scep-message-ids.h and fields SCEP_…; times in them are
 * ISO 8601 in UTC. There is no secret in them. The same failure is told once a
 * minute.
 */
void
scep_journal_watch (ScepProfile *profile)
{
  g_signal_connect (profile, "enrolled", G_CALLBACK (on_enrolled), NULL);
  g_signal_connect (profile, "renewed", G_CALLBACK (on_renewed), NULL);
  g_signal_connect (profile, "certificate-expiring", G_CALLBACK (on_certificate_expiring), NULL);
  g_signal_connect (profile, "pending", G_CALLBACK (on_pending), NULL);
  g_signal_connect (profile, "enrollment-failed", G_CALLBACK (on_enrollment_failed), NULL);
  g_signal_connect (profile, "renewal-failed", G_CALLBACK (on_renewal_failed), NULL);
  g_signal_connect (profile, "trust-requested", G_CALLBACK (on_trust_requested), NULL);
  g_signal_connect (profile, "capabilities-weakened", G_CALLBACK (on_capabilities_weakened), NULL);
  g_signal_connect (profile, "ca-certificates-changed", G_CALLBACK (on_ca_certificates_changed),
                    NULL);
  g_signal_connect (profile, "ca-rolled-over", G_CALLBACK (on_ca_rolled_over), NULL);
}
