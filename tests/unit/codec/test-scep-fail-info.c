/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "codec/scep-fail-info.h"

#include "codec-fixture.h"

#include <string.h>

static GError *
read_failure (CodecFixture *f)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (ScepCertRep) rep = NULL;
  GError *failure;

  f->reply.pki_status = "2";
  f->reply.recipient = NULL;
  rep = codec_fixture_verify (f, SCEP_POLICY_DEFAULT, &error);
  g_assert_no_error (error);
  failure = scep_cert_rep_get_failure (rep);
  g_assert_nonnull (failure);
  g_assert_true (g_utf8_validate (failure->message, -1, NULL));
  return failure;
}

static void
assert_failure (CodecFixture *f, const char *fail_info, ScepError code, const char *told)
{
  g_autoptr (GError) failure = NULL;

  f->reply.fail_info = fail_info;
  failure = read_failure (f);
  g_assert_error (failure, SCEP_ERROR, (int) code);
  g_assert_nonnull (strstr (failure->message, told));
}

static void
test_standard (CodecFixture *f, gconstpointer data)
{
  assert_failure (f, "0", SCEP_ERROR_BAD_ALG, "badAlg");
  assert_failure (f, "1", SCEP_ERROR_BAD_MESSAGE_CHECK, "badMessageCheck");
  assert_failure (f, "2", SCEP_ERROR_BAD_REQUEST, "badRequest");
  assert_failure (f, "3", SCEP_ERROR_BAD_TIME, "badTime");
  assert_failure (f, "4", SCEP_ERROR_BAD_CERT_ID, "badCertId");
}

static void
test_non_standard (CodecFixture *f, gconstpointer data)
{
  assert_failure (f, "5", SCEP_ERROR_REJECTED_OTHER, "unsupportedExt (non-standard)");
  assert_failure (f, "12", SCEP_ERROR_REJECTED_OTHER, "tryLater (non-standard)");
}

/* Real servers sent 14606, and nothing at all. */
static void
test_unknown (CodecFixture *f, gconstpointer data)
{
  assert_failure (f, "14606", SCEP_ERROR_REJECTED_OTHER, "14606");
  assert_failure (f, "02", SCEP_ERROR_REJECTED_OTHER, "02");
  assert_failure (f, "-1", SCEP_ERROR_REJECTED_OTHER, "-1");
  assert_failure (f, "", SCEP_ERROR_REJECTED_OTHER, "without naming a reason");
  assert_failure (f, NULL, SCEP_ERROR_REJECTED_OTHER, "without naming a reason");
}

static void
test_text (CodecFixture *f, gconstpointer data)
{
  f->reply.fail_info_text = "challenge password expired";
  assert_failure (f, "2", SCEP_ERROR_BAD_REQUEST, "“challenge password expired”");
}

/* A terminal is not to obey the server. */
static void
test_hostile_text (CodecFixture *f, gconstpointer data)
{
  g_autoptr (GError) failure = NULL;

  f->reply.fail_info = "2";
  f->reply.fail_info_text = "bad\x1b[2J\r\nNov 23 root: all is well\xff";
  failure = read_failure (f);
  for (const char *p = failure->message; *p != '\0'; p++)
    g_assert_false (g_ascii_iscntrl (*p));
}

static void
test_long_text (CodecFixture *f, gconstpointer data)
{
  g_autofree char *text = g_strnfill (3000, 'x');
  g_autoptr (GError) failure = NULL;

  f->reply.fail_info_text = text;
  failure = read_failure (f);
  g_assert_cmpuint (strlen (failure->message), <, 500);
}

/* What NDES knows of the reason, as its log has it. */
static void
test_hresult (CodecFixture *f, gconstpointer data)
{
  f->reply.hresult = "2148089875";
  assert_failure (f, "2", SCEP_ERROR_BAD_REQUEST, "(Windows error 0x80094013)");
  f->reply.hresult = "-2147024809";
  assert_failure (f, "2", SCEP_ERROR_BAD_REQUEST, "Windows error 0x80070057 (E_INVALIDARG): ");
}

/* With and without its sign it is the same error. */
static void
test_known_hresult (CodecFixture *f, gconstpointer data)
{
  f->reply.hresult = "-2146877422";
  assert_failure (f, "2", SCEP_ERROR_BAD_REQUEST, "0x80094012 (CERTSRV_E_TEMPLATE_DENIED): ");
  f->reply.hresult = "2148091922";
  assert_failure (f, "2", SCEP_ERROR_BAD_REQUEST, "0x80094812 (CERTSRV_E_SUBJECT_EMAIL_REQUIRED)");
  assert_failure (f, "2", SCEP_ERROR_BAD_REQUEST, "SubjectAltNames");
  f->reply.hresult = "-2146875375";
  assert_failure (f, "0", SCEP_ERROR_BAD_ALG, "RSAKeyLength");
}

static void
test_hostile_hresult (CodecFixture *f, gconstpointer data)
{
  g_autofree char *digits = g_strnfill (3000, '7');
  g_autoptr (GError) failure = NULL;

  f->reply.hresult = "99999999999999999999";
  assert_failure (f, "2", SCEP_ERROR_BAD_REQUEST, "(Windows error 99999999999999999999)");
  f->reply.hresult = "0x80070057\x1b[2J\r\nroot: all is well";
  assert_failure (f, "2", SCEP_ERROR_BAD_REQUEST,
                  "(Windows error 0x80070057?[2J  root: all is well)");
  f->reply.hresult = digits;
  failure = read_failure (f);
  g_assert_cmpuint (strlen (failure->message), <, 500);
}

/* step-ca of before 2024 had it under an OID that is one arc short. */
static void
test_text_under_old_oid (CodecFixture *f, gconstpointer data)
{
  f->reply.fail_info_text_old = "wrong password provided";
  assert_failure (f, "2", SCEP_ERROR_BAD_REQUEST, "The server says: “wrong password provided”.");
  f->reply.fail_info_text = "wrong challenge";
  assert_failure (f, "2", SCEP_ERROR_BAD_REQUEST, "The server says: “wrong challenge”.");
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  codec_test_add ("/fail-info/text-under-old-oid", test_text_under_old_oid);
  codec_test_add ("/fail-info/standard", test_standard);
  codec_test_add ("/fail-info/non-standard", test_non_standard);
  codec_test_add ("/fail-info/unknown", test_unknown);
  codec_test_add ("/fail-info/text", test_text);
  codec_test_add ("/fail-info/hostile-text", test_hostile_text);
  codec_test_add ("/fail-info/long-text", test_long_text);
  codec_test_add ("/fail-info/hresult", test_hresult);
  codec_test_add ("/fail-info/hresult/known", test_known_hresult);
  codec_test_add ("/fail-info/hresult/hostile", test_hostile_hresult);
  return g_test_run ();
}
