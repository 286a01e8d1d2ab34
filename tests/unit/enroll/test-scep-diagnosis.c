/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "enroll/scep-diagnosis.h"

static void
test_steps (void)
{
  g_autoptr (ScepDiagnosis) diagnosis = scep_diagnosis_new ();
  const ScepDiagnosisStep *step;

  g_assert_cmpuint (scep_diagnosis_get_steps (diagnosis)->len, ==, 0);
  scep_diagnosis_add (diagnosis, SCEP_DIAGNOSIS_CLOCK, SCEP_DIAGNOSIS_WARNING, "Set it.",
                      "It is %d seconds slow.", 99);
  scep_diagnosis_add (diagnosis, SCEP_DIAGNOSIS_TLS, SCEP_DIAGNOSIS_OK, "", "%s", "100 %s");
  g_assert_cmpuint (scep_diagnosis_get_steps (diagnosis)->len, ==, 2);
  step = g_ptr_array_index (scep_diagnosis_get_steps (diagnosis), 0);
  g_assert_cmpstr (step->step, ==, "clock");
  g_assert_cmpint (step->result, ==, SCEP_DIAGNOSIS_WARNING);
  g_assert_cmpstr (step->text, ==, "It is 99 seconds slow.");
  g_assert_cmpstr (step->hint, ==, "Set it.");
  step = g_ptr_array_index (scep_diagnosis_get_steps (diagnosis), 1);
  g_assert_cmpstr (step->text, ==, "100 %s");
}

static void
test_words (void)
{
  g_assert_cmpstr (scep_diagnosis_result_to_string (SCEP_DIAGNOSIS_OK), ==, "ok");
  g_assert_cmpstr (scep_diagnosis_result_to_string (SCEP_DIAGNOSIS_WARNING), ==, "warning");
  g_assert_cmpstr (scep_diagnosis_result_to_string (SCEP_DIAGNOSIS_FAILURE), ==, "failure");
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/diagnosis/steps", test_steps);
  g_test_add_func ("/diagnosis/words", test_words);
  return g_test_run ();
}
