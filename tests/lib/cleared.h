/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

/*
 * Stands before the C library's explicit_bzero(): memory that was freed may not be looked at, so
 * this keeps what was in the memory that was zeroed.
 */

void test_cleared_begin (void);
guint test_cleared_count (gconstpointer data, gsize length);
