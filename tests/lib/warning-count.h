/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/*
 * For programs whose warnings are part of what is tested: they are counted
 * instead of being fatal. Everything else is logged as ever.
 */

void test_warnings_count (void);
guint test_warnings_take (void);
