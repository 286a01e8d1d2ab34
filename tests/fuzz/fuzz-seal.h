/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

/*
 * Mutations of a signed message never get past its signature. These put into a
 * message what the holder of the key would have put there, so that they do. What
 * cannot be found in it is left as it is; %NULL is no DER at all.
 */
GBytes *fuzz_seal_reply (GBytes *message);
GBytes *fuzz_seal_envelope (GBytes *message);
GBytes *fuzz_seal_next_ca (GBytes *message);
GBytes *fuzz_seal_crl (GBytes *der);
GBytes *fuzz_seal_certificates (GBytes *der);
