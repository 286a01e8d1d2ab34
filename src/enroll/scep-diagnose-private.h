/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "enroll/scep-diagnosis.h"
#include "enroll/scep-enrollment-private.h"
#include "transport/scep-proxy.h"

/* What the files that make up a diagnosis share. */

/* One Diagnose: the settings are as they were when it began. */
typedef struct {
  ScepEnrollment *self;      /* (owned) */
  GTask *task;               /* (owned) */
  ScepDiagnosis *diagnosis;  /* (owned) */
  ScepSettings *settings;    /* (owned) */
  ScepTransport *transport;  /* (owned) (nullable) */
  GCancellable *cancellable; /* (owned): of what is under way */
  guint deadline;            /* source of it, 0 for none */
  char *url;                 /* (owned) (nullable): what is asked now */
  char *host;                /* (owned) (nullable): of the server */
  ScepProxy *proxy;          /* (owned) (nullable): on the way there */
  gboolean listed;           /* the server has told what it can */
  GError *name_error;        /* (owned) (nullable): why the name was not resolved */
} ScepDiagnose;

/* scep-diagnose-way.c */
gboolean scep_diagnose_add_way (ScepDiagnose *run, ScepTransportPhase phase, gboolean weak_tls,
                                const GError *error);

/* scep-diagnose-ca.c */
void scep_diagnose_add_unreadable (ScepDiagnose *run, const GError *error);
void scep_diagnose_ca_certificates (ScepDiagnose *run, GBytes *body, GAsyncReadyCallback callback);
void scep_diagnose_ca_certificates_finish (ScepDiagnose *run, GAsyncResult *result);
