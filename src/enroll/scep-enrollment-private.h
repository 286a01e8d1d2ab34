/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base/scep-repetition.h"
#include "codec/scep-capabilities.h"
#include "codec/scep-cert-rep.h"
#include "enroll/scep-algorithm-choice.h"
#include "enroll/scep-ca-trust.h"
#include "enroll/scep-endpoint.h"
#include "enroll/scep-enrollment.h"
#include "enroll/scep-gate.h"
#include "enroll/scep-renewal.h"
#include "enroll/scep-request-rate.h"
#include "enroll/scep-state.h"

/* What is remembered of the profile itself, beside what is learned of a CA. */
#define SCEP_LEARNED_PROFILE "profile"
#define SCEP_LEARNED_ENROLL "enroll-wanted"
#define SCEP_LEARNED_RENEW "renew-wanted"
#define SCEP_LEARNED_SENT "challenge-sent"
#define SCEP_LEARNED_SPENT "challenge-spent"
#define SCEP_LEARNED_INSTALLED "installed"
#define SCEP_LEARNED_OUTDATED "request-outdated"
#define SCEP_LEARNED_STALE "trust-stale"
#define SCEP_LEARNED_RETRY_AFTER "retry-after"
#define SCEP_LEARNED_QUIET "quiet-until" /* Unix seconds */
#define SCEP_LEARNED_STRAYS "strays"     /* answers in a row that are no CMS */
#define SCEP_LEARNED_DOUBTED "ca-doubted"
#define SCEP_LEARNED_RECIPIENT "recipient" /* fingerprint of whom the server turned out to be */
#define SCEP_LEARNED_EXPIRY_TOLD "expiry-told"
#define SCEP_LEARNED_NEXT_OFFERED "next-ca-offered"
#define SCEP_LEARNED_NEXT_REFUSED "next-ca-refused"
#define SCEP_LEARNED_ROLLING_OVER "rolling-over" /* from which CA to which, not yet told */
#define SCEP_LEARNED_OTHER_NAMES "other-names"   /* that somebody was told of */

/* What each key of the profile was certified under: by hash of the public key. */
#define SCEP_LEARNED_NAMES "names"

/* What is odd, in the words of the Warnings property: by fingerprint, and of the last reply. */
#define SCEP_LEARNED_WARNINGS "warnings"

/* What is learned of the server, whoever the CA behind it is. */
#define SCEP_LEARNED_SERVER "server"
#define SCEP_LEARNED_ENDPOINT "endpoint"
#define SCEP_LEARNED_CAPABILITIES "capabilities"
#define SCEP_LEARNED_LISTED "listed" /* of those the ones in the last list */
#define SCEP_LEARNED_WEAKENED "weakened"
#define SCEP_LEARNED_METHOD "method"
#define SCEP_LEARNED_IDENTIFIER "identifier"
#define SCEP_LEARNED_TLS "tls"

/* What is learned of a CA. */
#define SCEP_LEARNED_WAY "renewal-way"
#define SCEP_LEARNED_WAYS "renewal-ways" /* of each, what came of it */

/* More than the CA certificates that a profile ever has. */
#define SCEP_MAX_CA_ENTRIES 32

typedef struct _ScepInstallation ScepInstallation;

/**
 * ScepStep:
 *
 * What a callback of one attempt holds on to. A result that comes after the
 * attempt was given up finds another one there and is dropped.
 */
typedef struct {
  ScepEnrollment *self;  /* (owned) */
  GCancellable *attempt; /* (owned) */
  gpointer data;         /* (owned) (nullable) */
  GDestroyNotify data_free;
  ScepOperation operation; /* of an exchange */
} ScepStep;

/**
 * ScepDelivery:
 * @operation: what was asked last
 * @status: HTTP, of the last reply; 0 where there was none
 * @is_cms: whether its body is CMS, by its first bytes
 * @was_sent: whether the last request went out at all
 * @gets_instead: messages go by GET although the server lists POST
 * @has_tried_get: they did so once
 *
 * How messages get to the server: in an attempt, or by a query beside it.
 */
typedef struct {
  ScepOperation operation;
  guint status;
  gboolean is_cms;
  gboolean was_sent;
  gboolean gets_instead;
  gboolean has_tried_get;
} ScepDelivery;

struct _ScepEnrollment {
  GObject parent_instance;

  ScepProfileFiles *files;         /* (owned) */
  ScepClock *clock;                /* (owned) */
  ScepNetwork *network;            /* (owned) (nullable) */
  ScepKeystoreRegistry *keystores; /* (owned) */
  ScepWorker *crypto;              /* (owned) */
  ScepGate *gate;                  /* (owned) */
  ScepTransportFactory transport_factory;
  const ScepTemplateSource *templates;
  char *machine_id; /* (owned) (nullable) */
  ScepEnrollmentHooks hooks;

  ScepSettings *settings;       /* (owned) */
  ScepKeystore *keystore;       /* (owned) (nullable) */
  char *keystore_target;        /* (owned) (nullable): the setting that selected it */
  ScepTransport *transport;     /* (owned) (nullable) */
  ScepHistory *history;         /* (owned) */
  ScepTrustRecord *record;      /* (owned) (nullable) */
  ScepCaTrust *trust;           /* (owned) (nullable): the record with its certificates */
  ScepCaTrust *judged;          /* (owned) (nullable): while the next CA is asked for */
  ScepTransaction *transaction; /* (owned) (nullable) */
  GError *broken;               /* (owned) (nullable): what could not be read */

  GCancellable *attempt; /* (owned) (nullable): what is going on; others are late */
  ScepState state;
  gboolean started;
  gboolean swept;         /* what an earlier run left was looked for */
  gboolean key_doomed;    /* the request key is being deleted */
  gboolean checking;      /* the attempt is a check: it leaves the state alone */
  gboolean check_now;     /* asked for, or due */
  gboolean reset_pending; /* a Reset is under way, or was interrupted */
  gboolean faulty;        /* the last error is a fault of this machine */
  gboolean clock_doubted; /* and it is the clock */
  GPtrArray *bundle;      /* (owned) (nullable): what waits for AcceptCA */
  char *offered;          /* (owned) (nullable) */
  GTask *accept;          /* (owned) (nullable): of AcceptCA */
  ScepCapabilities capabilities;
  gboolean capabilities_known;
  void (*after_capabilities) (ScepEnrollment *self);
  ScepDelivery delivery;   /* in this attempt */
  gboolean asks_otherwise; /* GetCACert has a placeholder in this attempt */

  /* Of the attempt to renew that is under way. */
  ScepRenewalWay ways[SCEP_N_RENEWAL_WAYS];
  guint n_ways;
  guint way; /* the one that is tried */

  /* Of the attempts to renew before it. */
  ScepMessageType unanswered; /* what the server had no signed answer to */
  guint n_unanswered;         /* in how many attempts in a row */

  /* Of the message that is under way. */
  GBytes *nonce;    /* (owned) (nullable) */
  GBytes *message;  /* (owned) (nullable): signed, not yet sent */
  gboolean polling; /* it is a CertPoll */
  gboolean held;    /* the transaction is not on disk yet */

  ScepInstallation *untold; /* (owned) (nullable): what was installed, until it is told */

  /* The request key that is being made. */
  GCancellable *making; /* (owned) (nullable) */
  guint making_bits;
  ScepKey *made;      /* (owned) (nullable): the key, on its way to the disk */
  ScepStep *key_step; /* (owned) (nullable): what waits for it; its data is a draft when signed */

  /* Of the certificate. */
  gboolean has_other_names; /* than would be asked for today */

  GCancellable *query;  /* (owned) (nullable): of the one beside the attempt */
  ScepRepetition *said; /* (owned): to the journal, lately */
  ScepRequestRate rate; /* of everything that is asked for the profile */

  guint timer;
  const char *next_action;
  gint64 next_time;
  guint expiry_timer;
  guint network_watch;
};

ScepStep *scep_step_new (ScepEnrollment *self);
void scep_step_free (ScepStep *step);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ScepStep, scep_step_free)
gboolean scep_step_is_current (ScepStep *step);

/* scep-enrollment.c */
void scep_enrollment_move (ScepEnrollment *self, ScepEvent event);
void scep_enrollment_begin (ScepEnrollment *self);
void scep_enrollment_abort (ScepEnrollment *self);
void scep_enrollment_interrupt (ScepEnrollment *self);
void scep_enrollment_plan (ScepEnrollment *self, const char *action, gint64 time);
gint64 scep_enrollment_get_renewal (ScepEnrollment *self, ScepCertificate *certificate);
gboolean scep_enrollment_is_due (ScepEnrollment *self, ScepCertificate *certificate);
gint64 scep_enrollment_get_next_check (ScepEnrollment *self);
gint64 scep_enrollment_now (ScepEnrollment *self);
void scep_enrollment_say (ScepEnrollment *self, const char *text);
char *scep_enrollment_alias (ScepEnrollment *self, const char *alias);
ScepKeystoreEntry *scep_enrollment_lookup (ScepEnrollment *self, const char *alias);
GPtrArray *scep_enrollment_list_ca_entries (ScepEnrollment *self);
gboolean scep_enrollment_has_mark (ScepEnrollment *self, const char *mark);
void scep_enrollment_set_mark (ScepEnrollment *self, const char *mark, gboolean set);
void scep_enrollment_settle (ScepEnrollment *self);
void scep_enrollment_save_history (ScepEnrollment *self);
void scep_enrollment_save_transaction (ScepEnrollment *self, GAsyncReadyCallback callback,
                                       gpointer user_data);
void scep_enrollment_set_transaction (ScepEnrollment *self, ScepTransaction *transaction);
void scep_enrollment_remove_alias (ScepEnrollment *self, const char *alias);
void scep_enrollment_drop_transaction (ScepEnrollment *self);
ScepCertificate *scep_enrollment_get_recipient (ScepEnrollment *self, ScepCaTrust *trust);
ScepCertificate *scep_enrollment_get_issuer (ScepEnrollment *self, ScepCaTrust *trust);
GPtrArray *scep_enrollment_list_signers (ScepEnrollment *self, ScepCaTrust *trust);
void scep_enrollment_doubt_recipient (ScepEnrollment *self);
GError *scep_enrollment_blame_answer (const char *host, GError *error);
GError *scep_enrollment_describe (ScepEnrollment *self, const GError *cause, const char *doing);

/* scep-enrollment-evaluate.c: what is next */
void scep_enrollment_evaluate (ScepEnrollment *self, gboolean due);
void scep_enrollment_succeed (ScepEnrollment *self);

/* scep-enrollment-time.c: when it is this machine's turn */
guint32 scep_enrollment_get_lot (ScepEnrollment *self, const char *purpose);
gint64 scep_enrollment_get_threshold (ScepEnrollment *self, ScepCertificate *certificate);
guint scep_enrollment_get_check_interval (ScepEnrollment *self);
void scep_enrollment_note_retry_after (ScepEnrollment *self, ScepHttpReply *reply);
guint scep_enrollment_get_retry_after (ScepEnrollment *self);
gboolean scep_enrollment_clock_will_do (ScepEnrollment *self);
void scep_enrollment_doubt_clock (ScepEnrollment *self, const GError *error);

/* scep-enrollment-wait.c: what has to be waited for */
gint64 scep_enrollment_get_quiet (ScepEnrollment *self);
void scep_enrollment_set_quiet (ScepEnrollment *self, gint64 until);
guint scep_enrollment_get_strays (ScepEnrollment *self);
void scep_enrollment_set_strays (ScepEnrollment *self, guint strays);
void scep_enrollment_wait_no_more (ScepEnrollment *self);
gboolean scep_enrollment_must_wait (ScepEnrollment *self, gint64 next);
void scep_enrollment_plan_attempt (ScepEnrollment *self);

/* scep-enrollment-keystore.c */
gboolean scep_enrollment_keeps_keystore (ScepEnrollment *self);
gboolean scep_enrollment_select_keystore (ScepEnrollment *self, GError **error);
gboolean scep_enrollment_entry_has_key (ScepKeystoreEntry *entry, const char *key_hash);

/* scep-enrollment-expiry.c: whom nobody renews */
void scep_enrollment_watch_expiry (ScepEnrollment *self);

/* scep-enrollment-network.c: who waits for it */
gboolean scep_enrollment_network_will_do (ScepEnrollment *self, gboolean check);
void scep_enrollment_watch_network (ScepEnrollment *self);

/* scep-enrollment-warnings.c: what people should know */
void scep_enrollment_remember_reply (ScepEnrollment *self, ScepWarnings warnings);
void scep_enrollment_remember_warnings (ScepEnrollment *self, ScepCertificate *certificate,
                                        ScepWarnings warnings);
void scep_enrollment_judge_installed (ScepEnrollment *self, ScepKeystoreEntry *enrolled);
void scep_enrollment_forget_warnings (ScepEnrollment *self);
char **scep_enrollment_list_warnings (ScepEnrollment *self);
char *scep_enrollment_describe_installed (ScepEnrollment *self, GPtrArray *chain);

/* scep-enrollment-status.c */
char **scep_enrollment_list_missing (ScepEnrollment *self);

/* scep-failure.c: what comes of it */
void scep_enrollment_fail_answer (ScepEnrollment *self, ScepEvent event, GError *error);
void scep_enrollment_fail (ScepEnrollment *self, ScepEvent event, GError *error);
void scep_enrollment_put_off (ScepEnrollment *self, GError *error, gboolean check);
gboolean scep_enrollment_has_pending (ScepEnrollment *self);
gboolean scep_enrollment_was_refused (ScepEnrollment *self);
gboolean scep_enrollment_is_patient (ScepEnrollment *self);
void scep_enrollment_stay_faulty (ScepEnrollment *self, const GError *error);
GError *scep_enrollment_make_poll_limit (void);

/* scep-challenge.c: what may be sent once only */
void scep_enrollment_challenge_is_used (ScepEnrollment *self, GBytes *challenge);
void scep_enrollment_spend_challenge (ScepEnrollment *self);
gboolean scep_enrollment_challenge_is_spent (ScepEnrollment *self);
gboolean scep_enrollment_lacks_challenge (ScepEnrollment *self);

/* scep-exchange.c: one request to the server */
void scep_enrollment_exchange (ScepEnrollment *self, ScepOperation operation, GBytes *message,
                               GAsyncReadyCallback callback, ScepStep *step);
GBytes *scep_enrollment_exchange_finish (ScepStep *step, GObject *source, GAsyncResult *result,
                                         GError **error);
gboolean scep_enrollment_may_send (ScepEnrollment *self, guint n, GError **error);
void scep_enrollment_ask_capabilities (ScepEnrollment *self, void (*then) (ScepEnrollment *self));

/* scep-server-memory.c: what is learned of the server */
gboolean scep_enrollment_has_listed (GBytes *body, guint status);
void scep_enrollment_take_capabilities (ScepEnrollment *self, GBytes *body, guint status);
void scep_enrollment_note_tls (ScepEnrollment *self, ScepHttpReply *reply);
ScepWarnings scep_enrollment_get_server_warnings (ScepEnrollment *self);
ScepCapabilities scep_enrollment_get_capabilities (ScepEnrollment *self);
ScepAlgorithmChoice scep_enrollment_choose_algorithms (ScepEnrollment *self);
gboolean scep_enrollment_posts (ScepEnrollment *self, const ScepDelivery *delivery);
gboolean scep_enrollment_may_get_instead (ScepEnrollment *self, ScepDelivery *delivery,
                                          const GError *error);
gboolean scep_enrollment_confirm_method (ScepEnrollment *self, const ScepDelivery *delivery);
const char *scep_enrollment_get_ca_identifier (ScepEnrollment *self);
gboolean scep_enrollment_may_ask_otherwise (ScepEnrollment *self, const GError *error);
void scep_enrollment_confirm_identifier (ScepEnrollment *self);

/* scep-bootstrap.c: whom to trust */
void scep_enrollment_bootstrap (ScepEnrollment *self);
void scep_enrollment_judge (ScepEnrollment *self, const char *accepted);
gboolean scep_enrollment_restore_trust (ScepEnrollment *self, GError **why);
/* scep-trust-install.c */
void scep_enrollment_install_trust (ScepEnrollment *self, ScepCaTrust *trust);
void scep_enrollment_remove_surplus (ScepEnrollment *self);

/* scep-request.c: a new transaction */
void scep_enrollment_request (ScepEnrollment *self);
void scep_enrollment_request_again (ScepEnrollment *self);
void scep_enrollment_use_key (ScepEnrollment *self);
/* scep-request-key.c: its key */
void scep_enrollment_prepare_key (ScepEnrollment *self);
void scep_enrollment_await_key (ScepEnrollment *self);
void scep_enrollment_give_up_key (ScepEnrollment *self);
void scep_enrollment_draft (ScepEnrollment *self, ScepKey *key);
void scep_enrollment_take_draft (ScepEnrollment *self, gpointer draft);
/* scep-renewal-attempt.c: one that replaces the certificate there is */
gboolean scep_enrollment_is_renewing (ScepEnrollment *self);
gboolean scep_enrollment_has_expired (ScepEnrollment *self);
void scep_enrollment_yield_to_renewal (ScepEnrollment *self);
gint64 scep_enrollment_get_rescue (ScepEnrollment *self);
void scep_enrollment_plan_rescue (ScepEnrollment *self);
void scep_enrollment_list_ways (ScepEnrollment *self);
gboolean scep_enrollment_try_next_way (ScepEnrollment *self, const GError *error);
void scep_enrollment_learn_way (ScepEnrollment *self);
ScepKeystoreEntry *scep_enrollment_find_opener (ScepEnrollment *self);
/* scep-names-asked.c: for whom */
char **scep_enrollment_expand_names (ScepEnrollment *self, GError **error);
char **scep_enrollment_choose_names (ScepEnrollment *self, GError **error);
gboolean scep_enrollment_has_other_names (ScepEnrollment *self);
void scep_enrollment_keep_names (ScepEnrollment *self);
void scep_enrollment_notice_names (ScepEnrollment *self, ScepKeystoreEntry *enrolled);
gboolean scep_enrollment_is_outdated (ScepEnrollment *self);
/* scep-hold.c: one that is not valid yet */
ScepKeystoreEntry *scep_enrollment_get_held (ScepEnrollment *self);
gboolean scep_enrollment_holds_certificate (ScepEnrollment *self);
void scep_enrollment_hold_certificate (ScepEnrollment *self, GPtrArray *chain);
void scep_enrollment_await_validity (ScepEnrollment *self);
/* scep-message.c: a message of the transaction */
void scep_enrollment_send (ScepEnrollment *self, gboolean poll);
void scep_enrollment_hold (ScepEnrollment *self);
void scep_enrollment_release (ScepEnrollment *self);
/* scep-reply.c: what came back */
void scep_enrollment_receive (ScepEnrollment *self, GBytes *body);
/* scep-install.c: what the CA issued */
void scep_enrollment_install (ScepEnrollment *self, ScepCertRep *rep);
void scep_enrollment_promote (ScepEnrollment *self, GPtrArray *chain);
void scep_enrollment_take_installed (ScepEnrollment *self);
void scep_enrollment_tell_installed (ScepEnrollment *self);
void scep_enrollment_tell_before_next (ScepEnrollment *self);
