/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "enroll/scep-diagnosis.h"

struct _ScepDiagnosis {
  GPtrArray *steps; /* (element-type ScepDiagnosisStep) (owned) */
};

static void
step_free (gpointer data)
{
  ScepDiagnosisStep *step = data;

  g_free (step->step);
  g_free (step->text);
  g_free (step->hint);
  g_free (step);
}

/**
 * scep_diagnosis_new:
 *
 * Returns: (transfer full): a diagnosis without steps
 */
ScepDiagnosis *
scep_diagnosis_new (void)
{
  ScepDiagnosis *self = g_new0 (ScepDiagnosis, 1);

  self->steps = g_ptr_array_new_with_free_func (step_free);
  return self;
}

/**
 * scep_diagnosis_free:
 * @diagnosis: (transfer full) (nullable):
 */
void
scep_diagnosis_free (ScepDiagnosis *diagnosis)
{
  if (diagnosis == NULL)
    return;
  g_ptr_array_unref (diagnosis->steps);
  g_free (diagnosis);
}

/**
 * scep_diagnosis_add:
 * @step: a SCEP_DIAGNOSIS_… word
 * @hint: what to do about it, "" for nothing
 * @format: what was found
 */
void
scep_diagnosis_add (ScepDiagnosis *diagnosis, const char *step, ScepDiagnosisResult result,
                    const char *hint, const char *format, ...)
{
  ScepDiagnosisStep *added = g_new0 (ScepDiagnosisStep, 1);
  va_list args;

  added->step = g_strdup (step);
  added->result = result;
  added->hint = g_strdup (hint);
  va_start (args, format);
  added->text = g_strdup_vprintf (format, args);
  va_end (args);
  g_ptr_array_add (diagnosis->steps, added);
}

/**
 * scep_diagnosis_get_steps:
 *
 * Returns: (transfer none) (element-type ScepDiagnosisStep): in their order
 */
GPtrArray *
scep_diagnosis_get_steps (ScepDiagnosis *diagnosis)
{
  return diagnosis->steps;
}

/**
 * scep_diagnosis_result_to_string:
 *
 * Returns: the stable word that the bus shows
 */
const char *
scep_diagnosis_result_to_string (ScepDiagnosisResult result)
{
  static const char *const words[] = {
    [SCEP_DIAGNOSIS_OK] = "ok",
    [SCEP_DIAGNOSIS_WARNING] = "warning",
    [SCEP_DIAGNOSIS_FAILURE] = "failure",
  };

  return words[result];
}
