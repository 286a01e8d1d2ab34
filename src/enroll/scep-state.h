/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* The State property. */
typedef enum {
  SCEP_STATE_DISABLED,
  SCEP_STATE_INCOMPLETE,
  SCEP_STATE_BOOTSTRAPPING,
  SCEP_STATE_AWAITING_TRUST,
  SCEP_STATE_GENERATING_KEY,
  SCEP_STATE_REQUESTING,
  SCEP_STATE_PENDING,
  SCEP_STATE_ENROLLED,
  SCEP_STATE_RENEWING,
  SCEP_STATE_WAITING,
  SCEP_STATE_REJECTED,
  SCEP_N_STATES /*< skip >*/
} ScepState;

typedef enum {
  SCEP_EVENT_DISABLED,         /* Enabled became false */
  SCEP_EVENT_SETTINGS_MISSING, /* enabled, but a needed setting is not there */
  SCEP_EVENT_BROKEN,           /* storage or keystore: nothing can be done now */
  SCEP_EVENT_BOOTSTRAP,        /* ask the server for its CA */
  SCEP_EVENT_CA_OFFERED,       /* there is no pin: somebody has to accept it */
  SCEP_EVENT_GENERATE_KEY,     /* the CA is trusted: a first enrollment begins */
  SCEP_EVENT_REQUEST,          /* there is a key: the request goes out */
  SCEP_EVENT_PENDING,          /* signed PENDING, or a transaction of the last run has one */
  SCEP_EVENT_RENEW,            /* a renewal begins */
  SCEP_EVENT_ENROLLED,         /* installed, or found installed at start */
  SCEP_EVENT_FAILED,           /* an attempt failed; a pending transaction lives on */
  SCEP_EVENT_REFUSED,          /* signed FAILURE */
  SCEP_EVENT_ABANDONED,        /* cancelled, or polled long enough */
  SCEP_N_EVENTS                /*< skip >*/
} ScepEvent;

const char *scep_state_get_name (ScepState state);
const char *scep_event_get_name (ScepEvent event);
gboolean scep_state_next (ScepState state, ScepEvent event, ScepState *next);
