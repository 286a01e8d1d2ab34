/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/**
 * ScepStatus:
 * @state: the word of the State property
 * @missing_settings: names of settings without which nothing can begin
 * @challenge_set: whether there is a challenge, from whatever source
 * @last_error: name of the bus error, or ""
 * @last_error_message: what a person reads about it, or ""
 * @next_action: "retry", "poll", "check", "renew", "send" or ""
 * @next_action_time: Unix seconds, 0 for none
 * @transaction_id: of the request in flight, or ""
 * @fingerprint: SHA-256 of the installed certificate, or ""
 * @serial: lower-case hex of its serial number, or ""
 * @subject: its subject (RFC 4514), or ""
 * @issuer: its issuer (RFC 4514), or ""
 * @not_before: Unix seconds, 0 for none
 * @not_after: Unix seconds, 0 for none
 * @ca_fingerprints: of the trusted CA and RA certificates
 * @offered_ca_fingerprint: what AcceptCA would confirm, or ""
 * @capabilities: keywords of the server's GetCACaps answer
 * @warnings: stable words
 *
 * Everything the bus shows of a profile besides its settings: an immutable,
 * reference-counted snapshot. No string and no list is %NULL.
 */
typedef struct {
  const char *state;
  char **missing_settings;
  gboolean challenge_set;
  char *last_error;
  char *last_error_message;
  const char *next_action;
  gint64 next_action_time;
  char *transaction_id;
  char *fingerprint;
  char *serial;
  char *subject;
  char *issuer;
  gint64 not_before;
  gint64 not_after;
  char **ca_fingerprints;
  char *offered_ca_fingerprint;
  char **capabilities;
  char **warnings;
} ScepStatus;

ScepStatus *scep_status_new (void);
ScepStatus *scep_status_ref (ScepStatus *status);
void scep_status_unref (ScepStatus *status);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ScepStatus, scep_status_unref)

gboolean scep_status_equal (const ScepStatus *a, const ScepStatus *b);
