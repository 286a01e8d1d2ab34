/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "certificate-factory.h"
#include "enroll/scep-profile.h"
#include "scep-clock-fake.h"
#include "scep-network-fake.h"
#include "scep-transport-fake.h"

/* What ConnectRetryInterval is unless a test sets it. */
#define PROFILE_FIXTURE_RETRY 60

/* What the server does with a message. */
typedef enum {
  MOOD_ISSUE,
  MOOD_DELAY,
  MOOD_REFUSE,
  MOOD_BREAK,       /* a web page */
  MOOD_FAULT,       /* HTTP 500, or "fault" */
  MOOD_BUSY,        /* HTTP 503, until "retry_after" */
  MOOD_OTHER_ID,    /* another transaction's certificate */
  MOOD_OTHER_NONCE, /* an answer to something else */
  MOOD_STRANGER,    /* signs with a key that nobody knows */
  MOOD_OLD,         /* issues the signer's certificate once more */
  MOOD_HOLLOW,      /* a SUCCESS that holds nothing */
  MOOD_VANISH
} ProfileFixtureMood;

/* A whole profile on a real disk, with a clock, a server and a CA that do what
 * a test says. */
typedef struct {
  const char *id; /* (nullable): of the profile, for the next opening */
  char *directory;
  ScepClockFake *clock;
  ScepNetworkFake *network;
  ScepTransportFake *transport;
  ScepWorker *crypto;
  ScepWorker *storage;
  ScepWorker *keystore_storage; /* (nullable): of the keystores, for the next opening */
  ScepKeystoreRegistry *keystores;
  ScepKeystore *keystore;
  ScepKeystore *other_keystore; /* its pid is "other" */
  ScepProfileContext context;
  ScepProfile *profile;
  TestCertificate *ca;
  TestCertificate *issuer; /* (nullable): who signs instead of ca, which opens the requests */
  GBytes *ca_certificates; /* (nullable) (owned): instead of ca's */
  GBytes *next_ca;         /* (nullable) (owned): GetNextCACert, else 404 */
  ProfileFixtureMood mood;
  gboolean was_sealed;        /* the last message, to ca */
  gboolean faults_sealed;     /* a message that ca cannot open is HTTP 500, else refused */
  guint fault;                /* HTTP status; 0 for 500 */
  const char *fail_info;      /* (nullable): of a refusal; else badRequest */
  guint retry_after;          /* seconds */
  const char *capabilities;   /* (nullable) */
  gboolean no_post;           /* a message that is posted is answered with nothing */
  gboolean wants_identifier;  /* GetCACert without message= is not found */
  const char *configuration;  /* (nullable): its folder, for the next opening */
  ScepGate *gate;             /* (nullable): for the next opening */
  gint64 dated_back;          /* seconds, of what is issued; 0 for a minute */
  gint64 valid_for;           /* seconds, of what is issued; 0 for days */
  X509_NAME *issued_subject;  /* (nullable) (owned): instead of what is asked for */
  const char *issued_names;   /* (nullable): SANs of what is issued, as OpenSSL writes them */
  gboolean no_key_parameters; /* of what is issued, where a NULL is due (RFC 3279) */
  const char *accepts;        /* (nullable): words of requests that are not refused */
  gboolean delays;            /* what is accepted is pending */
  const char *chokes_on;      /* (nullable): words of requests that are answered by HTTP 500 */
  GString *requests;          /* a word each: messageType, s for one signed with a certificate of
                                the CA, c for one with a challenge, n for one with the very names
                                of the certificate that signs it, if issued_subject is set */
  GBytes *csr;                /* of the last request */
  char *transaction_id;

  const ScepTemplateSource *templates; /* (nullable): for the next opening */

  const char
      *extension; /* (nullable): OID of a critical one that nobody knows, of what is issued */

  const char *crl_url;  /* (nullable): distribution point of what is issued */
  GBytes *crl;          /* (owned) (nullable): what is there */
  GBytes *crl_answer;   /* (owned) (nullable): what the answer to a GetCRL holds */
  guint n_crl_requests; /* GetCRL */

  GBytes *certificate_answer; /* (owned) (nullable): what the answer to a GetCert holds */
  GBytes *asked;              /* (owned) (nullable): IssuerAndSerialNumber of the last GetCert */

  guint n_bootstraps; /* GetCACert */
  guint n_next_ca;    /* GetNextCACert */
  guint n_requests;   /* PKCSReq and RenewalReq */
  guint n_polls;
  guint n_sealed;           /* messages that ca could not open */
  guint n_weakened;         /* signals */
  guint n_failures;         /* signals */
  guint n_renewal_failures; /* signals, counted in n_failures too */
  guint n_enrolled;         /* signals */
  guint n_renewed;          /* signals */
  guint n_rolled_over;      /* signals */
} ProfileFixture;

void profile_fixture_set_up (ProfileFixture *fixture, gconstpointer data);
void profile_fixture_tear_down (ProfileFixture *fixture, gconstpointer data);
void profile_fixture_open (ProfileFixture *fixture);
void profile_fixture_close (ProfileFixture *fixture);
void profile_fixture_settle (ProfileFixture *fixture);

void profile_fixture_wait_state (ProfileFixture *fixture, const char *state);
void profile_fixture_wait_counter (guint *counter, guint value);
void profile_fixture_store_result (GObject *source, GAsyncResult *result, gpointer user_data);
gboolean profile_fixture_wait_change (ProfileFixture *fixture, GAsyncResult **result,
                                      GError **error);

void profile_fixture_configure (ProfileFixture *fixture, const char *name,
                                ...) G_GNUC_NULL_TERMINATED;
void profile_fixture_begin (ProfileFixture *fixture, const char *fingerprint);
const char *profile_fixture_get_pin (ProfileFixture *fixture);
void profile_fixture_assert_error (ProfileFixture *fixture, ScepError code);
