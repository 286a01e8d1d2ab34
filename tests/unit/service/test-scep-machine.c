/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "service/scep-machine.h"

#include "base/scep-error.h"
#include "storage/scep-storage.h"

#include <glib/gstdio.h>
#include <unistd.h>

#define ID "0123456789abcdef0123456789abcdef"

static const char *host_name;
static const char *full_name; /* (nullable) */
static GMutex resolver;       /* held while it does not answer */
static guint n_questions;

static char *
get_host_name (void)
{
  return g_strdup (host_name);
}

static char *
find_full_name (const char *name)
{
  g_mutex_lock (&resolver);
  n_questions++;
  g_mutex_unlock (&resolver);
  return g_strdup (full_name);
}

typedef struct {
  char *root;
  char *credentials;
  ScepMachine *machine;
} Fixture;

static void
write_file (const char *directory, const char *name, const char *content)
{
  g_autofree char *path = g_build_filename (directory, name, NULL);
  g_autofree char *parent = g_path_get_dirname (path);

  g_assert_cmpint (g_mkdir_with_parents (parent, 0700), ==, 0);
  g_assert_true (g_file_set_contents (path, content, -1, NULL));
}

static void
open_machine (Fixture *f)
{
  f->machine = scep_machine_new_with_sources (&(ScepMachineSources){
      .root = f->root,
      .credential_directory = f->credentials,
      .get_host_name = get_host_name,
      .find_full_name = find_full_name,
  });
}

static void
set_up (Fixture *f, gconstpointer data)
{
  f->root = g_dir_make_tmp ("scep-machine-XXXXXX", NULL);
  f->credentials = g_build_filename (f->root, "credentials", NULL);
  host_name = "gw-1";
  full_name = NULL;
  n_questions = 0;
  open_machine (f);
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  /* A thread that asked may still hold it. */
  g_object_unref (f->machine);
  g_assert_true (scep_storage_remove_directory (f->root, NULL));
  g_free (f->credentials);
  g_free (f->root);
}

static char *
expand (Fixture *f, const char *text, GError **error)
{
  return scep_template_expand (text, scep_machine_get_templates (f->machine), error);
}

/* The message names the variable and holds @words. */
static void
expect_none (Fixture *f, const char *text, const char *words)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (expand (f, text, &error));
  g_assert_error (error, SCEP_ERROR, SCEP_ERROR_NOT_CONFIGURED);
  g_assert_nonnull (strstr (error->message, words));
  if (!g_str_equal (text, "${profile}"))
    g_assert_nonnull (strstr (error->message, text));
}

static void
expect (Fixture *f, const char *text, const char *value)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *expanded = expand (f, text, &error);

  g_assert_no_error (error);
  g_assert_cmpstr (expanded, ==, value);
}

static void
test_host_name (Fixture *f, gconstpointer data)
{
  static const char *const none[] = { "", "(none)", "localhost", "localhost.localdomain" };

  for (guint i = 0; i < G_N_ELEMENTS (none); i++) {
    host_name = none[i];
    expect_none (f, "${hostname}", "hostnamectl");
    expect_none (f, "${fqdn}", "hostnamectl");
  }
  host_name = "localhost-7";
  expect (f, "${hostname}", "localhost-7");
  host_name = "gw-1.example.org";
  expect (f, "${hostname}", "gw-1");
  expect (f, "${fqdn}", "gw-1.example.org");
  g_assert_cmpuint (n_questions, ==, 0);
}

static void
wait_for_answer (Fixture *f)
{
  for (;;) {
    g_autoptr (GError) error = NULL;
    g_autofree char *value = expand (f, "${fqdn}", &error);

    if (value != NULL || strstr (error->message, "being looked for") == NULL)
      return;
    g_main_context_iteration (NULL, TRUE);
  }
}

/* Whoever asks does not wait for the network. */
static void
test_full_name (Fixture *f, gconstpointer data)
{
  g_mutex_lock (&resolver);
  expect_none (f, "${fqdn}", "being looked for");
  expect_none (f, "${fqdn}", "being looked for");
  g_mutex_unlock (&resolver);
  wait_for_answer (f);
  g_assert_cmpuint (n_questions, ==, 1);
  expect_none (f, "${fqdn}", "/etc/hosts");

  host_name = "gw-2";
  full_name = "gw-2.example.org";
  expect_none (f, "${fqdn}", "being looked for");
  wait_for_answer (f);
  expect (f, "${fqdn}", "gw-2.example.org");
  expect (f, "${hostname}", "gw-2");
  g_assert_cmpuint (n_questions, ==, 2);
}

static void
test_machine_id (Fixture *f, gconstpointer data)
{
  expect_none (f, "${machine-id}", "systemd-machine-id-setup");
  write_file (f->root, "etc/machine-id", "uninitialized\n");
  g_object_unref (f->machine);
  open_machine (f);
  expect_none (f, "${machine-id}", "systemd-machine-id-setup");
  write_file (f->root, "etc/machine-id", ID "\n");
  g_object_unref (f->machine);
  open_machine (f);
  expect (f, "${machine-id}", ID);
}

static void
test_product (Fixture *f, gconstpointer data)
{
  g_autofree char *unreadable = g_build_filename (f->root, "sys/class/dmi/id/product_uuid", NULL);

  expect_none (f, "${product-serial}", "firmware");
  expect_none (f, "${product-uuid}", "firmware");
  write_file (f->root, "sys/class/dmi/id/product_serial", "To Be Filled By O.E.M.\n");
  expect_none (f, "${product-serial}", "To Be Filled By O.E.M.");
  write_file (f->root, "sys/class/dmi/id/product_serial", " \n");
  expect_none (f, "${product-serial}", "scep-enrollment.product-serial");
  write_file (f->root, "sys/class/dmi/id/product_serial", "  7KX 42 \n");
  expect (f, "${product-serial}", "7KX 42");
  write_file (f->credentials, "scep-enrollment.product-serial", "given\n");
  expect (f, "${product-serial}", "given");

  /* As for who is not root: there is something, and it cannot be read. */
  g_assert_cmpint (g_mkdir (unreadable, 0700), ==, 0);
  expect_none (f, "${product-uuid}",
               "LoadCredential=scep-enrollment.product-uuid:/sys/class/dmi/id/product_uuid");
  g_assert_cmpint (g_rmdir (unreadable), ==, 0);
  write_file (f->root, "sys/class/dmi/id/product_uuid", "ffffffff-ffff-ffff-ffff-ffffffffffff");
  expect_none (f, "${product-uuid}", "maker");
  write_file (f->root, "sys/class/dmi/id/product_uuid", "4c4c4544-0042-3510-8051-b7c04f303732\n");
  expect (f, "${product-uuid}", "4c4c4544-0042-3510-8051-b7c04f303732");
}

static void
test_device_tree (Fixture *f, gconstpointer data)
{
  write_file (f->root, "sys/firmware/devicetree/base/serial-number", "10000000a1b2c3d4");
  expect (f, "${product-serial}", "10000000a1b2c3d4");
}

static void
test_mac (Fixture *f, gconstpointer data)
{
  expect_none (f, "${mac:eth0}", "ip link");
  write_file (f->root, "sys/class/net/lo/address", "00:00:00:00:00:00\n");
  expect_none (f, "${mac:lo}", "ip link");
  write_file (f->root, "sys/class/net/tun0/address", "\n");
  expect_none (f, "${mac:tun0}", "ip link");
  write_file (f->root, "sys/class/net/eth0/address", "52:54:00:12:34:56\n");
  expect (f, "${mac:eth0}", "52:54:00:12:34:56");
}

static void
test_profile (Fixture *f, gconstpointer data)
{
  expect_none (f, "${profile}", "profile");
}

/* The real one: the kernel's name, and a resolver that is asked without waiting. */
static void
test_real (void)
{
  g_autoptr (ScepMachine) machine = scep_machine_new (NULL);
  g_autoptr (GError) error = NULL;
  g_autofree char *name =
      scep_template_expand ("${hostname}", scep_machine_get_templates (machine), &error);
  char kernel[256] = "";
  g_auto (GStrv) words = NULL;

  g_assert_cmpint (gethostname (kernel, sizeof kernel - 1), ==, 0);
  words = g_strsplit (kernel, ".", -1);
  if (name != NULL)
    g_assert_cmpstr (name, ==, words[0]);
  else
    g_assert_error (error, SCEP_ERROR, SCEP_ERROR_NOT_CONFIGURED);
}

#define ADD(path, function) g_test_add (path, Fixture, NULL, set_up, function, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("/machine/host-name", test_host_name);
  ADD ("/machine/full-name", test_full_name);
  ADD ("/machine/machine-id", test_machine_id);
  ADD ("/machine/product", test_product);
  ADD ("/machine/device-tree", test_device_tree);
  ADD ("/machine/mac", test_mac);
  ADD ("/machine/profile", test_profile);
  g_test_add_func ("/machine/real", test_real);
  return g_test_run ();
}
