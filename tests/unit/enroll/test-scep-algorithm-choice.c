/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "enroll/scep-algorithm-choice.h"

static void
check (ScepCapabilities capabilities, ScepPolicy policy, ScepCipher cipher, ScepDigest digest,
       gboolean post)
{
  ScepAlgorithmChoice choice = scep_algorithm_choose (capabilities, policy);

  g_assert_cmpint (choice.cipher, ==, cipher);
  g_assert_cmpint (choice.digest, ==, digest);
  g_assert_cmpint (choice.post, ==, post);
}

static void
test_downgrade (void)
{
  ScepCapabilities weak = SCEP_CAPABILITY_DES3 | SCEP_CAPABILITY_SHA1;

  check (SCEP_CAPABILITY_NONE, SCEP_POLICY_STRICT, SCEP_CIPHER_AES128_CBC, SCEP_DIGEST_SHA256,
         TRUE);
  check (weak, SCEP_POLICY_STRICT, SCEP_CIPHER_AES128_CBC, SCEP_DIGEST_SHA256, TRUE);
  check (weak, SCEP_POLICY_DEFAULT, SCEP_CIPHER_AES128_CBC, SCEP_DIGEST_SHA256, FALSE);
}

static void
test_legacy (void)
{
  check (SCEP_CAPABILITY_DES3, SCEP_POLICY_LEGACY, SCEP_CIPHER_DES3_CBC, SCEP_DIGEST_SHA1, FALSE);
  check (SCEP_CAPABILITY_STANDARD, SCEP_POLICY_LEGACY, SCEP_CIPHER_AES128_CBC, SCEP_DIGEST_SHA256,
         TRUE);
}

static void
test_raise (void)
{
  check (SCEP_CAPABILITY_SHA512 | SCEP_CAPABILITY_POST, SCEP_POLICY_DEFAULT, SCEP_CIPHER_AES128_CBC,
         SCEP_DIGEST_SHA512, TRUE);
  check (SCEP_CAPABILITY_SHA512 | SCEP_CAPABILITY_SHA256, SCEP_POLICY_LEGACY, SCEP_CIPHER_DES3_CBC,
         SCEP_DIGEST_SHA256, FALSE);
}

static void
test_renewal (void)
{
  g_assert_cmpint (
      scep_algorithm_choose (SCEP_CAPABILITY_STANDARD, SCEP_POLICY_DEFAULT).renewal_type, ==,
      SCEP_MESSAGE_PKCS_REQ);
  g_assert_cmpint (
      scep_algorithm_choose (SCEP_CAPABILITY_RENEWAL, SCEP_POLICY_DEFAULT).renewal_type, ==,
      SCEP_MESSAGE_RENEWAL_REQ);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/algorithm-choice/downgrade", test_downgrade);
  g_test_add_func ("/algorithm-choice/legacy", test_legacy);
  g_test_add_func ("/algorithm-choice/raise", test_raise);
  g_test_add_func ("/algorithm-choice/renewal", test_renewal);
  return g_test_run ();
}
