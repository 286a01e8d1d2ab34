/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <openssl/cms.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* Bytes that somebody owns. */
typedef struct {
  unsigned char *data;
  size_t length;
} Bytes;

typedef struct {
  EVP_PKEY *key;
  X509 *cert;
} Identity;

/* Who answers: one generation of a CA, fixed once it is there. */
typedef struct Responder Responder;
struct Responder {
  Identity ca;      /* issues the certificates */
  Identity root;    /* the topmost; ca itself where nothing is above it */
  Identity sign;    /* signs replies: an RA, or ca */
  Identity decrypt; /* opens requests: an RA, or ca */
  Identity other;   /* a stranger, for everything that must not be trusted */
  bool has_ra;
  const char *challenge; /* NULL: none is asked for */
  FILE *log;
  const char *dir;     /* of its keys */
  const char *ra;      /* the kind of RA */
  int generation;      /* from 0 */
  long lifetime;       /* of the first generation's certificates, seconds */
  Responder *first;    /* generation */
  Responder *previous; /* generation, or NULL */
  Responder *next;     /* generation, or NULL */
};

/* responder-modes.c: what a test has switched on; thread-safe. */
void modes_control (const char *query);
char *modes_get (const char *key); /* owned; NULL if not set */
bool modes_is (const char *key, const char *value);
bool modes_on (const char *key);
long modes_number (const char *key, long fallback);
bool
modes_take (const char *key); /* counts a positive number down, true while it lasts; -1: for ever */
void modes_wait_while_held (void);
char *modes_describe (void);
char *url_decode (const char *text, size_t length);
char *query_value (const char *query, const char *key);

/* responder-ca.c */
bool ca_open (Responder *self, const char *dir, const char *ra);
bool ca_open_ra (Responder *self);
X509 *ca_issue (Responder *self, X509_REQ *csr);
void ca_malform (Responder *self, X509 *cert, Bytes bytes);
bool ca_has_issued (Responder *self, X509 *cert);
X509 *ca_forge (X509 *model, EVP_PKEY *key);
Bytes ca_bundle (Responder *self, bool *is_single);
Bytes make_indefinite (Bytes der);
Bytes certs_only (STACK_OF (X509) * certs);
void print_fingerprint (const char *label, X509 *cert);

/* responder-message.c */
void print_json (FILE *file, const char *key, const char *text);
Bytes answer_message (Responder *self, const char *method, Bytes request, char **fault);

/* responder-renewal.c */
const char *describe_signer (Responder *self, X509 *signer);
char *decide_renewal (Responder *self, const char *type, X509_REQ *csr, X509 *signer,
                      bool challenge_ok);

/* responder-rollover.c */
void generations_start (Responder *first);
void generations_control (const char *query);
Responder *generations_current (void);
Bytes next_ca_reply (Responder *self);

/* responder-attack.c */
void attack_answer (Bytes *answer);
X509 *attack_impostor (Responder *self);

/* responder-crl.c */
Bytes crl_file (Responder *self);
Bytes crl_only (Responder *self);

/* responder-http.c */
void serve (int port);
