/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

typedef enum {
  SCEP_DIAGNOSIS_OK,
  SCEP_DIAGNOSIS_WARNING,
  SCEP_DIAGNOSIS_FAILURE,
} ScepDiagnosisResult;

/* Steps: stable words that the bus shows, in this order. */
#define SCEP_DIAGNOSIS_SETTINGS "settings"
#define SCEP_DIAGNOSIS_KEYSTORE "keystore"
#define SCEP_DIAGNOSIS_NAME "name-resolution"
#define SCEP_DIAGNOSIS_PROXY "proxy"
#define SCEP_DIAGNOSIS_CONNECTION "connection"
#define SCEP_DIAGNOSIS_TLS "tls"
#define SCEP_DIAGNOSIS_CAPABILITIES "capabilities"
#define SCEP_DIAGNOSIS_ALGORITHMS "algorithms"
#define SCEP_DIAGNOSIS_CLOCK "clock"
#define SCEP_DIAGNOSIS_CA_CERTIFICATES "ca-certificates"
#define SCEP_DIAGNOSIS_FINGERPRINT "fingerprint"

/**
 * ScepDiagnosisStep:
 * @step: one of the words above; may come several times
 * @result: how it went
 * @text: what was found, in a sentence
 * @hint: what to do about it, "" where there is nothing to do
 *
 * One step of a diagnosis.
 */
typedef struct {
  char *step;
  ScepDiagnosisResult result;
  char *text;
  char *hint;
} ScepDiagnosisStep;

/**
 * ScepDiagnosis:
 *
 * What a diagnosis found, step by step: a list that grows while it runs.
 */
typedef struct _ScepDiagnosis ScepDiagnosis;

ScepDiagnosis *scep_diagnosis_new (void);
void scep_diagnosis_free (ScepDiagnosis *diagnosis);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ScepDiagnosis, scep_diagnosis_free)

void scep_diagnosis_add (ScepDiagnosis *diagnosis, const char *step, ScepDiagnosisResult result,
                         const char *hint, const char *format, ...) G_GNUC_PRINTF (5, 6);
GPtrArray *scep_diagnosis_get_steps (ScepDiagnosis *diagnosis);
const char *scep_diagnosis_result_to_string (ScepDiagnosisResult result);
