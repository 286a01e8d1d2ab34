/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "codec/scep-cert-rep.h"
#include "codec/scep-private-key.h"

#include "fuzz.h"

#define TRANSACTION_ID "0123456789ABCDEF0123456789ABCDEF01234567"

static ScepCertRepExpectation expectation;
static ScepCertificate *device;
static GBytes *device_key;

static void
set_up (void)
{
  if (device != NULL)
    return;
  expectation.signers = g_ptr_array_new_with_free_func (g_object_unref);
  g_ptr_array_add (expectation.signers, fuzz_read_certificate ("ca.der"));
  g_ptr_array_add (expectation.signers, fuzz_read_certificate ("ra.der"));
  expectation.policy = SCEP_POLICY_LEGACY;
  expectation.transaction_id = TRANSACTION_ID;
  expectation.nonce = g_bytes_new_static ("sixteen bytes...", SCEP_NONCE_SIZE);
  device = fuzz_read_certificate ("device.der");
  device_key = fuzz_read_identity ("device-key.der");
}

static void
open_content (ScepCertRep *rep)
{
  g_autoptr (GBytes) wrapped = NULL;
  g_autoptr (GBytes) key = NULL;
  g_autoptr (GPtrArray) certificates = NULL;
  g_autoptr (GPtrArray) crls = NULL;
  ScepKeyWrap wrap;
  gsize key_length;

  if (!scep_cert_rep_get_wrapped_key (rep, device, &wrap, &wrapped, &key_length, NULL))
    return;
  key = scep_private_key_unwrap (device_key, wrap, wrapped, key_length, NULL);
  if (key != NULL && scep_cert_rep_open (rep, key, &certificates, &crls, NULL))
    fuzz_look_at_certificates (certificates);
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  g_autoptr (GBytes) ber = g_bytes_new_static (data, size);
  g_autoptr (GError) error = NULL;
  g_autoptr (GError) failure = NULL;
  g_autoptr (ScepCertRep) rep = NULL;

  set_up ();
  rep = scep_cert_rep_verify (ber, &expectation, &error);
  g_assert_true ((rep == NULL) == (error != NULL));
  if (rep == NULL)
    return 0;
  failure = scep_cert_rep_get_failure (rep);
  g_assert_true ((failure != NULL) == (scep_cert_rep_get_status (rep) == SCEP_PKI_STATUS_FAILURE));
  if (scep_cert_rep_get_status (rep) == SCEP_PKI_STATUS_SUCCESS)
    open_content (rep);
  return 0;
}
