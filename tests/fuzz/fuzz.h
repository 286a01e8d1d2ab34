/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "codec/scep-certificate.h"

#include <gio/gio.h>

/*
 * A fuzz target is this function, in a file of its own. libFuzzer calls it with
 * whatever it makes up; in other builds fuzz-main.c calls it with each file of
 * the target's corpus. It aborts where the code does what it must not do.
 */
int LLVMFuzzerTestOneInput (const guint8 *data, gsize size);

/* The server's and the device's certificates and keys, which the corpora were made with. */
GBytes *fuzz_read_identity (const char *name);
ScepCertificate *fuzz_read_certificate (const char *name);
gint64 fuzz_get_now (void);
gboolean fuzz_is_key_file (const guint8 *data, gsize size);
void fuzz_assert_name (GBytes *der);
void fuzz_note_input (const guint8 *data, gsize size);
void fuzz_assert_error (const GError *error);
void fuzz_look_at_certificate (ScepCertificate *certificate);
void fuzz_look_at_certificates (GPtrArray *certificates);
