/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>
#include <openssl/x509v3.h>

/*
 * CRLs made by OpenSSL. Every fault ends the test program.
 */

/**
 * TestCrlSpec:
 * @this_update: Unix seconds
 * @next_update: Unix seconds, 0 for none
 * @number: -1 for none
 * @hex_number: (nullable): instead of @number, of any length
 * @n_entries: how many serial numbers from 1000 on are revoked
 * @distribution_point: (nullable): issuingDistributionPoint, as OpenSSL writes it
 * @delta: with a deltaCRLIndicator
 * @critical: with a critical extension that nobody knows
 * @extensions: (nullable): more of them, lines of OpenSSL's configuration file and
 *   behind them the sections that they name
 * @entry_extension: (nullable): of the first entry: name, "=" and value in the same way
 * @sha1: signed with SHA-1
 */
typedef struct {
  gint64 this_update;
  gint64 next_update;
  long number;
  const char *hex_number;
  guint n_entries;
  const char *distribution_point;
  gboolean delta;
  gboolean critical;
  const char *extensions;
  const char *entry_extension;
  gboolean sha1;
} TestCrlSpec;

GBytes *test_crl_new (X509 *issuer, EVP_PKEY *key, const TestCrlSpec *spec);
GBytes *test_crl_wrap (GBytes *const *crls, guint n_crls);
