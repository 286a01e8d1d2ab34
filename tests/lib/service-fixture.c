/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "service-fixture.h"

#include "base/scep-names.h"
#include "keystore/scep-keystore-keyfile.h"
#include "service/scep-bus-error.h"
#include "storage/scep-storage.h"

#define NOW 1800000000

static ScepTransport *
make_transport (const char *tls_ca_certificates, GError **error)
{
  scep_error_set (error, SCEP_ERROR_SERVER_UNREACHABLE, "There is no server in this test.");
  return NULL;
}

/**
 * service_fixture_set_up:
 */
void
service_fixture_set_up (ServiceFixture *self, gconstpointer data)
{
  g_autofree char *keys = NULL;

  scep_bus_error_register ();
  private_bus_up (&self->bus);
  self->authority = scep_authority_fake_new ();
  self->authority->privileged = TRUE;
  self->dispatcher = scep_dispatcher_new (self->bus.server, SCEP_AUTHORITY (self->authority));
  self->directory = g_dir_make_tmp ("scep-service-XXXXXX", NULL);
  self->clock = scep_clock_fake_new (NOW);
  self->crypto = scep_worker_new (1);
  self->storage = scep_worker_new (1);
  self->reader = scep_fd_reader_new ();
  self->keystores = scep_keystore_registry_new ();
  keys = g_build_filename (self->directory, "keystores", "default", NULL);
  self->keystore = scep_keystore_keyfile_new (SCEP_DEFAULT_ID, SCEP_DEFAULT_ID, keys, self->crypto,
                                              self->storage);
  scep_keystore_registry_add (self->keystores, self->keystore);
  self->context = (ScepProfileContext){
    .clock = SCEP_CLOCK (self->clock),
    .keystores = self->keystores,
    .transport_factory = make_transport,
    .crypto = self->crypto,
    .storage = self->storage,
    .vendor_directory = "/nonexistent",
    .configuration_directory = self->directory,
    .state_directory = self->directory,
  };
}

/**
 * service_fixture_tear_down:
 */
void
service_fixture_tear_down (ServiceFixture *self, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  private_bus_down (&self->bus);
  wait_until (!g_main_context_pending (NULL));
  /* A thread lets go of an object after its work has been answered. */
  scep_worker_finish (self->storage);
  scep_worker_finish (self->crypto);
  wait_until (!g_main_context_pending (NULL));
  g_assert_finalize_object (self->dispatcher);
  g_clear_object (&self->authority);
  g_clear_object (&self->keystore);
  g_clear_object (&self->keystores);
  g_clear_object (&self->reader);
  g_clear_object (&self->storage);
  g_clear_object (&self->crypto);
  g_clear_object (&self->clock);
  scep_storage_remove_directory (self->directory, &error);
  g_assert_no_error (error);
  g_clear_pointer (&self->directory, g_free);
}

/**
 * service_fixture_call:
 * @parameters: (nullable): floating
 * @fd: goes with the call as its handle 0, or -1
 *
 * Returns: (transfer full): the call, answered
 */
BusCall *
service_fixture_call (ServiceFixture *self, const char *path, const char *interface,
                      const char *method, GVariant *parameters, int fd)
{
  g_autoptr (GUnixFDList) fds = g_unix_fd_list_new ();
  BusCall *call;

  if (fd >= 0)
    g_assert_cmpint (g_unix_fd_list_append (fds, fd, NULL), ==, 0);
  call = bus_call_begin (&self->bus, NULL, path, interface, method, parameters,
                         G_DBUS_CALL_FLAGS_NONE, fd >= 0 ? fds : NULL);
  bus_call_wait (call);
  return call;
}
