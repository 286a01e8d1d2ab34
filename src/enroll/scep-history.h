/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

#define SCEP_HISTORY_MAX_EVENTS 50

/* Kinds of events: stable words that the bus shows. */
#define SCEP_EVENT_KIND_ENROLLED "enrolled"
#define SCEP_EVENT_KIND_PENDING "pending"
#define SCEP_EVENT_KIND_FAILED "failed"
#define SCEP_EVENT_KIND_REJECTED "rejected"
#define SCEP_EVENT_KIND_RENEWED "renewed"
#define SCEP_EVENT_KIND_RENEWAL_FAILED "renewal-failed"
#define SCEP_EVENT_KIND_CHECK_FAILED "check-failed"
#define SCEP_EVENT_KIND_TRUST_REQUESTED "trust-requested"
#define SCEP_EVENT_KIND_CA_CERTIFICATES_CHANGED "ca-certificates-changed"
#define SCEP_EVENT_KIND_CAPABILITIES_WEAKENED "capabilities-weakened"
#define SCEP_EVENT_KIND_CA_ROLLED_OVER "ca-rolled-over"
#define SCEP_EVENT_KIND_CA_RENEWED "ca-renewed"
#define SCEP_EVENT_KIND_CERTIFICATE_EXPIRING "certificate-expiring"
#define SCEP_EVENT_KIND_CANCELLED "cancelled"
#define SCEP_EVENT_KIND_SWITCHED_BACK "switched-back"
#define SCEP_EVENT_KIND_RESET "reset"
#define SCEP_EVENT_KIND_SETTINGS_RESET "settings-reset"
#define SCEP_EVENT_KIND_SUBJECT_OUTDATED "subject-outdated"

/* Names of details, spelled like the properties that hold the same. */
#define SCEP_DETAIL_CAPABILITIES "Capabilities" /* with " " between them */
#define SCEP_DETAIL_ERROR "Error"
#define SCEP_DETAIL_FINGERPRINT "Fingerprint"
#define SCEP_DETAIL_FINGERPRINTS "CAFingerprints" /* with ";" between them */
#define SCEP_DETAIL_MESSAGE "Message"
#define SCEP_DETAIL_NOT_AFTER "NotAfter" /* Unix seconds */
#define SCEP_DETAIL_OLD_FINGERPRINT "OldFingerprint"
#define SCEP_DETAIL_SERIAL "SerialNumber"
#define SCEP_DETAIL_SETTINGS "Settings" /* with ";" between them */
#define SCEP_DETAIL_SUBJECT "Subject"
#define SCEP_DETAIL_TRANSACTION_ID "TransactionID"
/* Of an event that came several times in a row: its time is the last one's. */
#define SCEP_DETAIL_COUNT "Count"
#define SCEP_DETAIL_FIRST_TIME "FirstTime" /* Unix seconds */

/**
 * ScepHistoryEvent:
 * @time: Unix seconds
 * @kind: a stable word: "enrolled", "failed", ...
 * @details: (element-type utf8 utf8): more of it, never a secret
 *
 * Something that happened. Counts references and does not change.
 */
typedef struct {
  gint64 time;
  char *kind;
  GHashTable *details;
} ScepHistoryEvent;

void scep_history_event_unref (ScepHistoryEvent *event);

/**
 * ScepHistory:
 *
 * What a profile remembers beyond its settings, its trust and its request:
 * what happened, and what the next attempt depends on. Belongs to one
 * profile, which changes it and then stores it.
 */
typedef struct _ScepHistory ScepHistory;

ScepHistory *scep_history_new (void);
void scep_history_free (ScepHistory *history);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ScepHistory, scep_history_free)

gint64 scep_history_get_last_check (const ScepHistory *history);
void scep_history_set_last_check (ScepHistory *history, gint64 time);
guint scep_history_get_refusals (const ScepHistory *history);
void scep_history_set_refusals (ScepHistory *history, guint count);
gint64 scep_history_get_next_attempt (const ScepHistory *history);
void scep_history_set_next_attempt (ScepHistory *history, gint64 time);

const char *scep_history_get_error (const ScepHistory *history);
const char *scep_history_get_error_message (const ScepHistory *history);
void scep_history_set_error (ScepHistory *history, const GError *error);

const char *scep_history_get_learned (const ScepHistory *history, const char *ca, const char *key);
void scep_history_learn (ScepHistory *history, const char *ca, const char *key, const char *value);
void scep_history_forget_others (ScepHistory *history, const char *ca, const char *const *keys);
void scep_history_forget (ScepHistory *history);

void scep_history_add_event (ScepHistory *history, gint64 time, const char *kind,
                             ...) G_GNUC_NULL_TERMINATED;
GPtrArray *scep_history_get_events (ScepHistory *history);
GPtrArray *scep_history_dup_events (ScepHistory *history);

ScepHistory *scep_history_load (GKeyFile *key_file, GError **error);
void scep_history_store (const ScepHistory *history, GKeyFile *key_file);
