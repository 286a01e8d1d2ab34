/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "enroll/scep-crl-check.h"
#include "enroll/scep-enrollment-private.h"

/* What the files that make up the fetching of a CRL share. */

/* A CRL of the largest size, and the message around it. */
#define SCEP_CRL_FETCH_MAX_REPLY (SCEP_CRL_MAX_SIZE + 64 * 1024)

/* What is remembered of the last CRL. */
#define SCEP_LEARNED_CRL_ISSUER "crl-issuer"
#define SCEP_LEARNED_CRL_NUMBER "crl-number"
#define SCEP_LEARNED_CRL_TIME "crl-this-update"

/* One GetCRL: everything is as it was when it began. */
typedef struct {
  ScepEnrollment *self;         /* (owned) */
  GTask *task;                  /* (owned) */
  GCancellable *cancellable;    /* (owned) */
  ScepTransport *transport;     /* (owned) */
  ScepCertificate *certificate; /* (owned) */
  ScepKey *key;                 /* (owned): of the certificate */
  ScepSettings *settings;       /* (owned) */
  ScepCaTrust *trust;           /* (owned) */
  char **urls;                  /* (owned): distribution points */
  char **next_url;
  char *url;             /* (owned) (nullable): what is asked now */
  gboolean refuse_local; /* of url: see #ScepHttpRequest */
  GError *why;           /* (owned) (nullable): of the distribution points */

  ScepAlgorithmChoice choice;
  char *transaction_id;       /* (owned) (nullable) */
  GBytes *nonce;              /* (owned) (nullable) */
  ScepPkiMessageDraft *draft; /* (owned) (nullable) */
  ScepCertRep *rep;           /* (owned) (nullable) */
} ScepCrlFetch;

/* For a worker: a downloaded CRL, or one in a reply. Everything in it is its own. */
typedef struct {
  GBytes *body;        /* (owned) (nullable) */
  ScepCertRep *rep;    /* (owned) (nullable) */
  GBytes *content_key; /* (owned) (nullable) */
  char *issuer;        /* (owned) (nullable) */
  char *number;        /* (owned) (nullable) */
  ScepCrlQuestion question;
} ScepCrlJudgement;

void scep_crl_fetch_free (ScepCrlFetch *fetch);
void scep_crl_fetch_fail (ScepCrlFetch *fetch, GError *error);
void scep_crl_fetch_succeed (ScepCrlFetch *fetch, ScepCrl *crl);
gboolean scep_crl_fetch_is_over (ScepCrlFetch *fetch);
void scep_crl_fetch_send (ScepCrlFetch *fetch, GBytes *message, gsize max_reply,
                          GAsyncReadyCallback callback);
GBytes *scep_crl_fetch_receive (ScepCrlFetch *fetch, GObject *source, GAsyncResult *result,
                                GError **error);
ScepCrlJudgement *scep_crl_judgement_new (ScepCrlFetch *fetch);
void scep_crl_fetch_judge (ScepCrlFetch *fetch, ScepCrlJudgement *judgement,
                           GAsyncReadyCallback callback);

/* scep-crl-message.c: the SCEP server's way */
void scep_crl_fetch_ask_server (ScepCrlFetch *fetch);
