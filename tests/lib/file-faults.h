/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/*
 * What the disk did and what goes wrong with it. The system calls that make
 * files durable are replaced in a program that has this in it: they can be
 * written down and made to fail. A fault of the test itself ends the program.
 */

void test_calls_record (void);
char *test_calls_take (void);
void test_calls_fail (const char *call, guint nth, int fault);

void test_file_size_limit (guint64 bytes);
void test_file_size_unlimited (void);

gboolean test_have_mounts (void);
void test_mount_small (const char *directory, const char *options);
void test_mount_read_only (const char *directory);
void test_unmount (const char *directory);

void test_become_nobody (const char *directory);
void test_become_self (void);

char *test_list_directory (const char *directory);
