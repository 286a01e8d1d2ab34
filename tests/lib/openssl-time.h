/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>
#include <openssl/asn1.h>

/*
 * Times of OpenSSL by Unix seconds. On 32-bit machines its own functions take a time_t, which
 * ends in 2038.
 */

#define TEST_DAY 86400

static inline void
test_time_set (ASN1_TIME *time, gint64 seconds)
{
  g_assert_nonnull (
      ASN1_TIME_adj (time, 0, (int) (seconds / TEST_DAY), (long) (seconds % TEST_DAY)));
}

static inline gint64
test_time_get (const ASN1_TIME *time)
{
  ASN1_TIME *epoch = ASN1_TIME_set (NULL, 0);
  int days = 0;
  int seconds = 0;

  g_assert_true (ASN1_TIME_diff (&days, &seconds, epoch, time));
  ASN1_TIME_free (epoch);
  return (gint64) days * TEST_DAY + seconds;
}
