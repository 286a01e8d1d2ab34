/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base/scep-error.h"
#include "keystore/scep-keystore-keyfile.h"

#include "file-faults.h"
#include "warning-count.h"

/* A keyfile keystore in a directory of its own, which is not made yet. */
typedef struct {
  char *root;
  char *directory;
  ScepWorker *crypto;
  ScepWorker *storage;
  ScepKeystore *keystore;
} KeystoreFixture;

/* Instead of an error's code. */
#define KEYSTORE_FIXTURE_DONE (-1)

void keystore_fixture_set_up (KeystoreFixture *self, gconstpointer data);
void keystore_fixture_tear_down (KeystoreFixture *self, gconstpointer data);
void keystore_fixture_open (KeystoreFixture *self);
char *keystore_fixture_path (KeystoreFixture *self, const char *name);

void keystore_fixture_on_done (GObject *source, GAsyncResult *result, gpointer user_data);
GAsyncResult *keystore_fixture_wait (GAsyncResult **result);
void keystore_fixture_finish (KeystoreFixture *self, GAsyncResult **result, int expected);

void keystore_fixture_create (KeystoreFixture *self, const char *alias, guint bits,
                              gboolean replace, int expected);
GBytes *keystore_fixture_export (KeystoreFixture *self, const char *alias, int expected);
void keystore_fixture_promote (KeystoreFixture *self, const char *from, GPtrArray *chain,
                               const char *to, const char *previous, int expected);
void keystore_fixture_exchange (KeystoreFixture *self, const char *alias, const char *other,
                                int expected);
void keystore_fixture_import_certificate (KeystoreFixture *self, const char *alias,
                                          GPtrArray *chain, gboolean replace, int expected);
void keystore_fixture_import_key_pair (KeystoreFixture *self, const char *alias, GBytes *pem,
                                       int expected);
void keystore_fixture_remove (KeystoreFixture *self, const char *alias, int expected);
ScepKeystoreEntry *keystore_fixture_lookup (KeystoreFixture *self, const char *alias, int expected);
GPtrArray *keystore_fixture_certify (KeystoreFixture *self, const char *alias, guint8 serial);
void keystore_fixture_assert_serial (KeystoreFixture *self, const char *alias, const char *serial);

GPtrArray *test_certify (GBytes *key_pem, guint8 serial);
GBytes *test_key_pem_ec (void);

#define keystore_test_add(path, function)                                                          \
  g_test_add (path, KeystoreFixture, NULL, keystore_fixture_set_up, function,                      \
              keystore_fixture_tear_down)
