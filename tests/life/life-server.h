/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "certificate-factory.h"
#include "scep-clock-fake.h"
#include "scep-transport-fake.h"

/* A generation of the CA is valid a little before it is used, and after. */
#define LIFE_DAY G_GINT64_CONSTANT (86400)
#define LIFE_CA_EARLY (90 * LIFE_DAY)
#define LIFE_CA_LATE (60 * LIFE_DAY)
#define LIFE_CA_ANNOUNCED (60 * LIFE_DAY)

/* How a server is not there. */
typedef enum {
  LIFE_UP,
  LIFE_UNREACHABLE,
  LIFE_TIMEOUT,
  LIFE_FAULT,      /* HTTP 500 */
  LIFE_OVERLOADED, /* HTTP 503 */
  LIFE_PROXY,      /* a web page instead of an answer */
  LIFE_N_FAULTS
} LifeFault;

/**
 * LifeServer:
 *
 * A SCEP server over years, on OpenSSL: it issues certificates of thirty days,
 * renews them for whoever has one (RFC 8894 section 2.4), replaces its CA from
 * time to time and says so in advance (section 4.7). It opens what was
 * encrypted to the CA of the day, or to the announced next one, and nothing else.
 */
typedef struct {
  ScepClockFake *clock;
  gint64 origin;    /* Unix seconds: when the first generation began */
  gint64 ca_period; /* seconds from one generation to the next, 0: one for ever */
  const char *challenge;
  GPtrArray *cas;      /* (owned): of TestCertificate */
  GHashTable *waiting; /* (owned): transaction id to Waiting */
  LifeFault (*get_fault) (gpointer user_data);
  gpointer user_data;
  guint n_enrolled;
  guint n_renewed;
  guint n_polls;
  guint n_refused;
  guint n_unreadable;
} LifeServer;

void life_server_init (LifeServer *self, ScepClockFake *clock, gint64 ca_period, guint n_cas);
void life_server_clear (LifeServer *self);
TestCertificate *life_server_get_ca (LifeServer *self);
TestCertificate *life_server_find_issuer (LifeServer *self, X509 *certificate);
ScepHttpReply *life_server_answer (LifeServer *self, const ScepFakeRequest *request,
                                   GError **error);
