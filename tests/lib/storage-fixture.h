/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "storage/scep-storage.h"

#include "file-faults.h"
#include "warning-count.h"

/* A directory for one test. */
typedef struct {
  char *root;
  char *path; /* "file" in it, which is not there yet */
} StorageFixture;

void storage_fixture_set_up (StorageFixture *self, gconstpointer data);
void storage_fixture_tear_down (StorageFixture *self, gconstpointer data);

void storage_fixture_put (const char *path, const char *text);
void storage_fixture_assert_text (const char *path, const char *text);
void storage_fixture_assert_names (StorageFixture *self, const char *names);
void storage_fixture_assert_calls (const char *calls);
void storage_fixture_assert_failed (gboolean succeeded, GError **error, const char *advice);
void storage_fixture_assert_done (gboolean succeeded, GError *error);

#define storage_test_add(path, function)                                                           \
  g_test_add (path, StorageFixture, NULL, storage_fixture_set_up, function,                        \
              storage_fixture_tear_down)
