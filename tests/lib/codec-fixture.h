/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base/scep-error.h"
#include "codec/scep-cert-rep.h"
#include "openssl-scep.h"

/*
 * A server (a CA and its RA) and a device that wait for each other's messages.
 * @reply is a SUCCESS that the device believes; a test changes what it is about.
 */
typedef struct {
  TestIdentity *ca;
  TestIdentity *ra;
  TestIdentity *device;
  TestIdentity *stranger;     /* named like the RA, with another key */
  GPtrArray *signers;         /* of the CA and the RA */
  ScepCertificate *own;       /* the device's */
  GBytes *nonce;              /* of the request */
  const char *transaction_id; /* of the request */
  TestReply reply;
} CodecFixture;

void codec_fixture_set_up (CodecFixture *self, gconstpointer data);
void codec_fixture_tear_down (CodecFixture *self, gconstpointer data);

ScepCertificate *codec_fixture_read (TestIdentity *identity);
ScepCertRep *codec_fixture_verify_bytes (CodecFixture *self, GBytes *message, ScepPolicy policy,
                                         GError **error);
ScepCertRep *codec_fixture_verify (CodecFixture *self, ScepPolicy policy, GError **error);
void codec_fixture_assert_refused (CodecFixture *self, ScepPolicy policy, ScepError code);
void codec_fixture_assert_opens (CodecFixture *self, ScepPolicy policy);
gboolean codec_fixture_open (CodecFixture *self, ScepCertRep *rep, GPtrArray **certificates,
                             GError **error);

#define codec_test_add(path, function)                                                             \
  g_test_add (path, CodecFixture, NULL, codec_fixture_set_up, function, codec_fixture_tear_down)
