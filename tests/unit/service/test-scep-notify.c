/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "service/scep-notify.h"

#include <gio/gio.h>
#include <gio/gunixsocketaddress.h>
#include <glib/gstdio.h>
#include <unistd.h>

/* What the service manager listens on. */
typedef struct {
  char *directory;
  char *path;
  GSocket *socket;
} Fixture;

static void
set_up (Fixture *f, gconstpointer data)
{
  g_autoptr (GSocketAddress) address = NULL;
  g_autoptr (GError) error = NULL;

  f->directory = g_dir_make_tmp ("scep-notify-XXXXXX", NULL);
  f->path = g_build_filename (f->directory, "socket", NULL);
  address = g_unix_socket_address_new (f->path);
  f->socket = g_socket_new (G_SOCKET_FAMILY_UNIX, G_SOCKET_TYPE_DATAGRAM, G_SOCKET_PROTOCOL_DEFAULT,
                            &error);
  g_assert_no_error (error);
  g_socket_bind (f->socket, address, TRUE, &error);
  g_assert_no_error (error);
  g_socket_set_blocking (f->socket, FALSE);
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  g_object_unref (f->socket);
  g_unlink (f->path);
  g_rmdir (f->directory);
  g_free (f->path);
  g_free (f->directory);
}

static void
expect (Fixture *f, const char *text)
{
  char buffer[512];
  gssize length = g_socket_receive (f->socket, buffer, sizeof buffer, NULL, NULL);

  g_assert_cmpmem (buffer, MAX (length, 0), text, strlen (text));
}

/* Started by hand: there is nobody to tell, and that is no fault. */
static void
test_nobody (Fixture *f, gconstpointer data)
{
  g_unsetenv ("NOTIFY_SOCKET");
  g_unsetenv ("WATCHDOG_USEC");
  scep_notify_ready ("x");
  scep_notify_stopping ();
  g_assert_cmpuint (scep_notify_watchdog_start (), ==, 0);
  expect (f, "");
}

static void
test_words (Fixture *f, gconstpointer data)
{
  char buffer[512];
  gssize length;

  g_setenv ("NOTIFY_SOCKET", f->path, TRUE);
  scep_notify_ready ("all is well");
  expect (f, "READY=1\nSTATUS=all is well");
  scep_notify_status ("100% %s");
  expect (f, "STATUS=100% %s");
  scep_notify_stopping ();
  expect (f, "STOPPING=1");
  scep_notify_reloading ();
  length = g_socket_receive (f->socket, buffer, sizeof buffer - 1, NULL, NULL);
  g_assert_cmpint (length, >, 0);
  buffer[length] = '\0';
  g_assert_true (g_str_has_prefix (buffer, "RELOADING=1\nMONOTONIC_USEC="));
}

/* The main loop feeds the watchdog, twice as often as it barks. */
static void
test_watchdog (Fixture *f, gconstpointer data)
{
  g_autofree char *pid = g_strdup_printf ("%d", (int) getpid ());
  guint id;

  g_setenv ("NOTIFY_SOCKET", f->path, TRUE);
  g_setenv ("WATCHDOG_USEC", "20000", TRUE);
  g_setenv ("WATCHDOG_PID", "1", TRUE);
  g_assert_cmpuint (scep_notify_watchdog_start (), ==, 0);
  g_setenv ("WATCHDOG_PID", pid, TRUE);
  id = scep_notify_watchdog_start ();
  g_assert_cmpuint (id, !=, 0);
  g_main_context_iteration (NULL, TRUE);
  expect (f, "WATCHDOG=1");
  g_source_remove (id);
}

#define ADD(name, func) g_test_add ("/notify/" name, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("nobody", test_nobody);
  ADD ("words", test_words);
  ADD ("watchdog", test_watchdog);
  return g_test_run ();
}
