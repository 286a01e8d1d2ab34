/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "keystore/scep-keystore-registry.h"

#include "keystore-fixture.h"

#include <string.h>

static ScepKeystore *
add (ScepKeystoreRegistry *registry, KeystoreFixture *f, const char *id, const char *service_pid)
{
  g_autoptr (ScepKeystore) keystore =
      scep_keystore_keyfile_new (id, service_pid, f->directory, f->crypto, f->storage);

  scep_keystore_registry_add (registry, keystore);
  return keystore;
}

static void
assert_not_found (ScepKeystoreRegistry *registry, const char *target, int code, const char *said)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (scep_keystore_registry_find (registry, target, &error));
  g_assert_error (error, SCEP_ERROR, code);
  if (strstr (error->message, said) == NULL)
    g_error ("“%s” does not say “%s”", error->message, said);
}

static void
assert_found (ScepKeystoreRegistry *registry, const char *target, ScepKeystore *expected)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (ScepKeystore) found = scep_keystore_registry_find (registry, target, &error);

  g_assert_no_error (error);
  g_assert_true (found == expected);
}

static void
test_not_found (KeystoreFixture *f, gconstpointer data)
{
  g_autoptr (ScepKeystoreRegistry) registry = scep_keystore_registry_new ();

  assert_not_found (registry, "(kura.service.pid=default)", SCEP_ERROR_KEYSTORE_NOT_FOUND,
                    "none of the keystores (0)");
  add (registry, f, "default", "default");
  assert_not_found (registry, "default", SCEP_ERROR_INVALID_SETTING, "(kura.service.pid=default)");
  assert_not_found (registry, "", SCEP_ERROR_INVALID_SETTING, "(kura.service.pid=default)");
  assert_not_found (registry, "(id=Default)", SCEP_ERROR_KEYSTORE_NOT_FOUND, "(id=Default)");
  assert_not_found (registry, "(!(id=default))", SCEP_ERROR_KEYSTORE_NOT_FOUND,
                    "none of the keystores (1)");
}

static void
test_ambiguous (KeystoreFixture *f, gconstpointer data)
{
  g_autoptr (ScepKeystoreRegistry) registry = scep_keystore_registry_new ();

  add (registry, f, "one", "org.plant.line");
  add (registry, f, "two", "org.office");
  add (registry, f, "three", "org.plant.line");
  assert_not_found (registry, "(service.pid=org.plant.line)", SCEP_ERROR_KEYSTORE_AMBIGUOUS,
                    "both “one” and “three”");
  assert_not_found (registry, "(backend=keyfile)", SCEP_ERROR_KEYSTORE_AMBIGUOUS,
                    "both “one” and “two”");
  assert_not_found (registry, "(|(id=two)(id=three))", SCEP_ERROR_KEYSTORE_AMBIGUOUS,
                    "both “two” and “three”");
}

static void
test_found (KeystoreFixture *f, gconstpointer data)
{
  g_autoptr (ScepKeystoreRegistry) registry = scep_keystore_registry_new ();
  ScepKeystore *one = add (registry, f, "one", "org.plant.line");
  ScepKeystore *two = add (registry, f, "two", "org.office");
  GPtrArray *list = scep_keystore_registry_list (registry);

  assert_found (registry, "(kura.service.pid=org.office)", two);
  assert_found (registry, "(service.pid=org.plant.*)", one);
  assert_found (registry, "(&(backend=keyfile)(!(id=two)))", one);
  g_assert_cmpuint (list->len, ==, 2);
  g_assert_true (list->pdata[0] == one);
  g_assert_true (list->pdata[1] == two);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  test_warnings_count ();
  keystore_test_add ("/keystore-registry/not-found", test_not_found);
  keystore_test_add ("/keystore-registry/ambiguous", test_ambiguous);
  keystore_test_add ("/keystore-registry/found", test_found);
  return g_test_run ();
}
