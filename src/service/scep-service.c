/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "service/scep-service.h"

#include "base/scep-names.h"
#include "base/scep-text.h"
#include "enroll/scep-clock-system.h"
#include "service/scep-authority-polkit.h"
#include "service/scep-bus-bridge.h"
#include "service/scep-bus-error.h"
#include "service/scep-bus-intake.h"
#include "service/scep-directories.h"
#include "service/scep-machine-id.h"
#include "service/scep-machine.h"
#include "service/scep-notify.h"
#include "service/scep-reload.h"
#include "service/scep-time-sync.h"
#include "transport/scep-network-monitor.h"
#include "transport/scep-transport-soup.h"
#include "transport/scep-transport-thread.h"

#include <glib-unix.h>
#include <glib/gi18n-lib.h>
#include <malloc.h>
#include <stdlib.h>

/* Seconds after which memory that is not needed any more is given back. */
#define TRIM_DELAY 10
/* Bytes: the parsed form of a message takes many times what was sent. */
#define LARGE_MESSAGE 65536

/* Everything of the running service. */
typedef struct {
  GMainLoop *loop;                /* (owned) */
  ScepDirectories *directories;   /* (owned) */
  ScepBusBridge *bridge;          /* (owned) */
  GDBusConnection *connection;    /* (owned) */
  ScepWorker *crypto;             /* (owned) */
  ScepWorker *storage;            /* (owned) */
  ScepFdReader *reader;           /* (owned) */
  ScepClock *clock;               /* (owned) */
  ScepTimeSync *time_sync;        /* (owned) */
  ScepNetwork *network;           /* (owned) */
  ScepKeystoreRegistry *registry; /* (owned) */
  ScepGate *gate;                 /* (owned) */
  char *machine_id;               /* (owned) */
  ScepMachine *machine;           /* (owned) */
  ScepProfileContext context;
  ScepDispatcher *dispatcher;           /* (owned) */
  ScepBusObjectManager *object_manager; /* (owned) */
  ScepBusManager *manager;              /* (owned) */
  ScepBusKeystores *keystores;          /* (owned) */
  ScepReload *reload;                   /* (owned) */
  guint filter_id;
  guint intake_id;
  guint name_id;
  guint watchdog_id;
  guint signal_ids[3];
  guint describe_id;
  guint trim_id;
  char *described; /* (owned) (nullable): what the service manager shows */
  int status;
} Service;

static void
leave_bus (Service *self)
{
  if (self->connection != NULL) {
    g_signal_handlers_disconnect_by_data (self->connection, self);
    g_dbus_connection_remove_filter (self->connection, self->filter_id);
    g_dbus_connection_remove_filter (self->connection, self->intake_id);
  }
  g_clear_object (&self->connection);
  g_clear_pointer (&self->bridge, scep_bus_bridge_free);
}

static void
service_clear (Service *self)
{
  for (guint i = 0; i < G_N_ELEMENTS (self->signal_ids); i++)
    g_clear_handle_id (&self->signal_ids[i], g_source_remove);
  g_clear_handle_id (&self->watchdog_id, g_source_remove);
  g_clear_handle_id (&self->describe_id, g_source_remove);
  g_clear_handle_id (&self->trim_id, g_source_remove);
  g_free (self->described);
  if (self->manager != NULL)
    g_signal_handlers_disconnect_by_data (self->manager, self);
  /* What is being written holds references to its owner; its file is to be whole. */
  if (self->storage != NULL)
    scep_worker_finish (self->storage);
  g_clear_handle_id (&self->name_id, g_bus_unown_name);
  if (self->reload != NULL)
    g_signal_handlers_disconnect_by_data (self->reload, self);
  g_clear_object (&self->reload);
  g_clear_object (&self->manager);
  g_clear_object (&self->keystores);
  scep_transport_thread_finish ();
  if (self->object_manager != NULL)
    g_signal_handlers_disconnect_by_data (self->object_manager, self);
  g_clear_object (&self->object_manager);
  g_clear_object (&self->dispatcher);
  g_clear_object (&self->gate);
  g_clear_object (&self->registry);
  g_clear_object (&self->time_sync);
  g_clear_object (&self->clock);
  g_clear_object (&self->network);
  g_free (self->machine_id);
  g_clear_object (&self->machine);
  g_clear_object (&self->reader);
  g_clear_object (&self->storage);
  g_clear_object (&self->crypto);
  leave_bus (self);
  g_clear_pointer (&self->directories, scep_directories_free);
  g_clear_pointer (&self->loop, g_main_loop_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Service, service_clear)

static void
fail (Service *self)
{
  self->status = EXIT_FAILURE;
  g_main_loop_quit (self->loop);
}

static void
tell_ready (Service *self)
{
  g_free (self->described);
  self->described = scep_bus_manager_describe (self->manager);
  scep_notify_ready (self->described);
}

static gboolean
on_describe (gpointer user_data)
{
  Service *self = user_data;
  g_autofree char *line = scep_bus_manager_describe (self->manager);

  self->describe_id = 0;
  if (g_strcmp0 (line, self->described) != 0) {
    g_free (self->described);
    self->described = g_steal_pointer (&line);
    scep_notify_status (self->described);
  }
  return G_SOURCE_REMOVE;
}

static gboolean
on_trim (gpointer user_data)
{
  Service *self = user_data;

  self->trim_id = 0;
  malloc_trim (0);
  return G_SOURCE_REMOVE;
}

/* What loading, an enrollment or a long reply needed once is not needed at rest. */
static void
trim_later (Service *self)
{
  if (self->trim_id == 0)
    self->trim_id = g_timeout_add_seconds (TRIM_DELAY, on_trim, self);
}

static gboolean
on_large_message (gpointer user_data)
{
  trim_later (user_data);
  return G_SOURCE_REMOVE;
}

/* In GDBus's thread, for every message: also for one that nobody here gets to see. */
static GDBusMessage *
on_message (GDBusConnection *connection, GDBusMessage *message, gboolean incoming,
            gpointer user_data)
{
  GVariant *body = g_dbus_message_get_body (message);

  if (incoming && body != NULL && g_variant_get_size (body) > LARGE_MESSAGE)
    g_idle_add (on_large_message, user_data);
  return message;
}

static void
on_answered (ScepBusObjectManager *object_manager, Service *self)
{
  trim_later (self);
}

/* Many changes of one turn are one line, and no line if it is the same. */
static void
on_changed (ScepBusManager *manager, Service *self)
{
  trim_later (self);
  if (self->described != NULL && self->describe_id == 0)
    self->describe_id = g_idle_add (on_describe, self);
}

static void
on_name_acquired (GDBusConnection *connection, const char *name, gpointer user_data)
{
  Service *self = user_data;

  scep_bus_manager_start (self->manager);
  tell_ready (self);
}

static void
on_started (ScepBusManager *manager, Service *self)
{
  malloc_trim (0);
}

static void
on_name_lost (GDBusConnection *connection, const char *name, gpointer user_data)
{
  g_critical (_ ("the bus name %s is not given to this service: another instance runs, or the bus "
                 "policy is not installed"),
              name);
  fail (user_data);
}

static void
on_closed (GDBusConnection *connection, gboolean vanished, GError *error, gpointer user_data)
{
  g_critical (_ ("the connection to the system bus was closed"));
  fail (user_data);
}

static gboolean
on_terminate (gpointer user_data)
{
  Service *self = user_data;

  scep_notify_stopping ();
  scep_bus_manager_stop (self->manager);
  g_main_loop_quit (self->loop);
  return G_SOURCE_CONTINUE;
}

static void
on_reload_begun (ScepReload *reload, Service *self)
{
  scep_notify_reloading ();
}

static void
on_reload_ended (ScepReload *reload, Service *self)
{
  tell_ready (self);
  malloc_trim (0);
}

/* What could not be read is in the journal. */
static gboolean
on_hangup (gpointer user_data)
{
  Service *self = user_data;

  scep_reload_async (self->reload, NULL, NULL);
  return G_SOURCE_CONTINUE;
}

static gboolean
connect_bus (Service *self, GError **error)
{
  g_autoptr (ScepAuthority) authority = NULL;

  self->bridge = scep_bus_bridge_new (error);
  if (self->bridge == NULL)
    return FALSE;
  self->connection = g_bus_get_sync (G_BUS_TYPE_SYSTEM, NULL, error);
  if (self->connection == NULL)
    return FALSE;
  g_dbus_connection_set_exit_on_close (self->connection, FALSE);
  g_signal_connect (self->connection, "closed", G_CALLBACK (on_closed), self);
  self->filter_id = g_dbus_connection_add_filter (self->connection, on_message, self, NULL);
  self->intake_id = scep_bus_intake_attach (self->connection);
  authority = scep_authority_polkit_new (self->connection);
  self->dispatcher = scep_dispatcher_new (self->connection, authority);
  self->object_manager = scep_bus_object_manager_new (self->dispatcher, self->connection, error);
  if (self->object_manager == NULL)
    return FALSE;
  g_signal_connect (self->object_manager, "answered", G_CALLBACK (on_answered), self);
  return TRUE;
}

static void
make_context (Service *self)
{
  /* Its descriptors are there from the start. */
  g_autoptr (ScepTransportThread) thread G_GNUC_UNUSED = scep_transport_thread_get ();

  self->crypto = scep_worker_new (g_get_num_processors ());
  self->storage = scep_worker_new (1);
  self->reader = scep_fd_reader_new ();
  self->network = scep_network_monitor_new ();
  self->registry = scep_keystore_registry_new ();
  self->gate = scep_gate_new (SCEP_GATE_WIDTH);
  self->machine_id = scep_machine_id_read (SCEP_MACHINE_ID_PATH);
  self->machine = scep_machine_new (self->directories->credentials);
  self->context = (ScepProfileContext){
    .clock = self->clock,
    .network = self->network,
    .keystores = self->registry,
    .transport_factory = scep_transport_soup_new,
    .gate = self->gate,
    .crypto = self->crypto,
    .storage = self->storage,
    .templates = scep_machine_get_templates (self->machine),
    .machine_id = self->machine_id,
    .vendor_directory = self->directories->vendor,
    .configuration_directory = self->directories->configuration,
    .state_directory = self->directories->state,
    .credential_directory = self->directories->credentials,
  };
}

static gboolean
set_up (Service *self, GError **error)
{
  self->directories = scep_directories_new ();
  self->clock = scep_clock_system_new (error);
  if (self->clock == NULL || !scep_directories_prepare (self->directories, error) ||
      !connect_bus (self, error))
    return FALSE;
  self->time_sync = scep_time_sync_new (self->connection, SCEP_CLOCK_SYSTEM (self->clock));
  make_context (self);
  self->keystores =
      scep_bus_keystores_new (self->dispatcher, self->object_manager, &self->context, self->reader);
  if (!scep_bus_keystores_load (self->keystores, error))
    return FALSE;
  self->manager = scep_bus_manager_new (self->dispatcher, self->object_manager, &self->context,
                                        self->reader, error);
  if (self->manager == NULL)
    return FALSE;
  g_signal_connect (self->manager, "changed", G_CALLBACK (on_changed), self);
  g_signal_connect (self->manager, "started", G_CALLBACK (on_started), self);
  self->reload = scep_reload_new (self->manager, self->keystores);
  g_signal_connect (self->reload, "begun", G_CALLBACK (on_reload_begun), self);
  g_signal_connect (self->reload, "ended", G_CALLBACK (on_reload_ended), self);
  if (!scep_bus_manager_load (self->manager, error))
    return FALSE;
  scep_bus_object_manager_announce (self->object_manager);
  return TRUE;
}

/**
 * scep_service_run:
 *
 * Reads the state, puts everything on the system bus, takes the name and
 * serves until SIGTERM.
 *
 * Returns: the exit status
 */
int
scep_service_run (void)
{
  g_auto (Service) self = { .status = EXIT_SUCCESS };
  g_autoptr (GError) error = NULL;

  scep_bus_error_register ();
  self.loop = g_main_loop_new (NULL, FALSE);
  if (!set_up (&self, &error)) {
    g_critical (_ ("the service cannot start: %s"), error->message);
    return EXIT_FAILURE;
  }
  self.signal_ids[0] = g_unix_signal_add (SIGTERM, on_terminate, &self);
  self.signal_ids[1] = g_unix_signal_add (SIGINT, on_terminate, &self);
  self.signal_ids[2] = g_unix_signal_add (SIGHUP, on_hangup, &self);
  self.watchdog_id = scep_notify_watchdog_start ();
  self.name_id =
      g_bus_own_name_on_connection (self.connection, SCEP_BUS_NAME, G_BUS_NAME_OWNER_FLAGS_NONE,
                                    on_name_acquired, on_name_lost, &self, NULL);
  g_main_loop_run (self.loop);
  return self.status;
}
