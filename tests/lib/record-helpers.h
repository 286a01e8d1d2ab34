/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/*
 * What happens to files of the state directory: they are written, read again,
 * cut off, and changed by hand. Every fault ends the test program.
 */

/* Returns (transfer full) the value, or NULL with an error. */
typedef gpointer (*TestRecordLoad) (GKeyFile *key_file, GError **error);

GKeyFile *test_record_reread (GKeyFile *key_file);
void test_record_refused_without (GKeyFile *good, const char *group, const char *key,
                                  TestRecordLoad load);
void test_record_refused_with (GKeyFile *good, const char *group, const char *key,
                               const char *value, TestRecordLoad load);
void test_record_cut_off (GKeyFile *good, TestRecordLoad load, GDestroyNotify unref);
