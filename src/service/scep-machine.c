/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "service/scep-machine.h"

#include "base/scep-error.h"
#include "service/scep-machine-id.h"

#include <glib/gi18n-lib.h>
#include <limits.h>
#include <netdb.h>
#include <string.h>
#include <unistd.h>

/* How old the full name may be before it is looked for again, in microseconds. */
#define FULL_NAME_AGE (60 * G_USEC_PER_SEC)

#define SERIAL_CREDENTIAL "scep-enrollment.product-serial"
#define SERIAL_FILE "/sys/class/dmi/id/product_serial"
/* Boards without DMI. */
#define SERIAL_DEVICE_TREE_FILE "/sys/firmware/devicetree/base/serial-number"
#define UUID_CREDENTIAL "scep-enrollment.product-uuid"
#define UUID_FILE "/sys/class/dmi/id/product_uuid"

struct _ScepMachine {
  GObject parent_instance;

  ScepTemplateSource templates;
  char *(*get_host_name) (void);
  char *(*find_full_name) (const char *host_name);
  char *root;                 /* (owned) */
  char *credential_directory; /* (owned) (nullable) */
  char *machine_id;           /* (owned) (nullable) */

  gboolean looking;   /* for the full name */
  char *asked_name;   /* (owned) (nullable): whose full name was looked for last */
  char *full_name;    /* (owned) (nullable): what was found */
  gint64 answered_at; /* monotonic, microseconds */
};

G_DEFINE_FINAL_TYPE (ScepMachine, scep_machine, G_TYPE_OBJECT)

/* What makers leave in the firmware of many machines. */
static const char *const placeholders[] = {
  "0",
  "0123456789",
  "00000000-0000-0000-0000-000000000000",
  "03000200-0400-0500-0006-000700080009",
  "Default string",
  "FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF",
  "N/A",
  "None",
  "Not Applicable",
  "Not Specified",
  "System Serial Number",
  "To be filled by O.E.M.",
};

static gboolean
is_placeholder (const char *value)
{
  for (guint i = 0; i < G_N_ELEMENTS (placeholders); i++) {
    if (g_ascii_strcasecmp (value, placeholders[i]) == 0)
      return TRUE;
  }
  return value[0] == '\0';
}

/* The first word of a host that nobody has named. */
static gboolean
is_host_name (const char *name)
{
  return name[0] != '\0' && !g_str_equal (name, "(none)") && !g_str_equal (name, "localhost") &&
         !g_str_has_prefix (name, "localhost.");
}

static char *
get_host_name (ScepMachine *self, const char *variable, GError **error)
{
  g_autofree char *name = self->get_host_name ();

  if (is_host_name (name))
    return g_steal_pointer (&name);
  scep_error_set (error, SCEP_ERROR_NOT_CONFIGURED,
                  _ ("“${%s}” has no value: this host has no name of its own yet, it is “%s”. Give "
                     "it one with hostnamectl."),
                  variable, name);
  return NULL;
}

static char *
look_up_host_name (ScepMachine *self, GError **error)
{
  char *name = get_host_name (self, "hostname", error);
  char *dot = name != NULL ? strchr (name, '.') : NULL;

  if (dot != NULL)
    *dot = '\0';
  return name;
}

static void
find_in_thread (GTask *task, gpointer source, gpointer task_data, GCancellable *cancellable)
{
  ScepMachine *self = source;

  g_task_return_pointer (task, self->find_full_name (task_data), g_free);
}

/* What was known stays where the network does not answer at the moment. */
static void
on_full_name (GObject *source, GAsyncResult *result, gpointer user_data)
{
  ScepMachine *self = SCEP_MACHINE (source);
  const char *asked = g_task_get_task_data (G_TASK (result));
  g_autofree char *found = g_task_propagate_pointer (G_TASK (result), NULL);

  self->looking = FALSE;
  self->answered_at = g_get_monotonic_time ();
  if (found == NULL && g_strcmp0 (self->asked_name, asked) == 0)
    return;
  g_free (self->asked_name);
  g_free (self->full_name);
  self->asked_name = g_strdup (asked);
  self->full_name = g_steal_pointer (&found);
}

/* In GLib's threads, as GLib's own resolver: the end of the process does not wait for them. */
static void
find_full_name (ScepMachine *self, const char *name)
{
  g_autoptr (GTask) task = g_task_new (self, NULL, on_full_name, NULL);

  g_task_set_source_tag (task, find_full_name);
  g_task_set_task_data (task, g_strdup (name), g_free);
  self->looking = TRUE;
  g_task_run_in_thread (task, find_in_thread);
}

static char *
look_up_full_name (ScepMachine *self, GError **error)
{
  g_autofree char *name = get_host_name (self, "fqdn", error);
  gboolean known;

  if (name == NULL || strchr (name, '.') != NULL)
    return g_steal_pointer (&name);
  known = g_strcmp0 (self->asked_name, name) == 0;
  if (!self->looking && (!known || g_get_monotonic_time () - self->answered_at >= FULL_NAME_AGE))
    find_full_name (self, name);
  if (known && self->full_name != NULL)
    return g_strdup (self->full_name);
  if (known)
    scep_error_set (
        error, SCEP_ERROR_NOT_CONFIGURED,
        _ ("“${fqdn}” has no value: neither /etc/hosts nor the network knows a full name of the "
           "host “%s”. Add a line such as “127.0.1.1 %s.example.org %s” to /etc/hosts."),
        name, name, name);
  else
    scep_error_set (
        error, SCEP_ERROR_NOT_CONFIGURED,
        _ ("“${fqdn}” has no value yet: the full name of the host “%s” is being looked for."),
        name);
  return NULL;
}

static char *
look_up_machine_id (ScepMachine *self, GError **error)
{
  if (self->machine_id == NULL)
    scep_error_set (
        error, SCEP_ERROR_NOT_CONFIGURED,
        _ ("“${machine-id}” has no value: there was no machine id in %s when the service started. "
           "Make one with systemd-machine-id-setup and restart the service."),
        SCEP_MACHINE_ID_PATH);
  return g_strdup (self->machine_id);
}

static char *
read_file (const char *directory, const char *name, GError **error)
{
  g_autofree char *path = g_build_filename (directory, name, NULL);
  char *text = NULL;

  if (g_file_get_contents (path, &text, NULL, error))
    g_strstrip (text);
  return text;
}

/* A credential, which somebody gave on purpose, then what the firmware says. */
static char *
read_product (ScepMachine *self, const char *credential, const char *const *files, GError **error)
{
  g_autoptr (GError) first = NULL;
  char *text = NULL;

  if (self->credential_directory != NULL)
    text = read_file (self->credential_directory, credential, NULL);
  for (guint i = 0; text == NULL && files[i] != NULL; i++)
    text = read_file (self->root, files[i], first == NULL ? &first : NULL);
  if (text == NULL)
    g_propagate_error (error, g_steal_pointer (&first));
  return text;
}

static char *
look_up_product (ScepMachine *self, const char *variable, const char *credential,
                 const char *const *files, GError **error)
{
  g_autoptr (GError) why = NULL;
  g_autofree char *value = read_product (self, credential, files, &why);

  if (value != NULL && !is_placeholder (value))
    return g_steal_pointer (&value);
  if (value != NULL)
    scep_error_set (error, SCEP_ERROR_NOT_CONFIGURED,
                    _ ("“${%s}” has no value: the maker of this machine left “%s” there, as in "
                       "many others. Use another variable, or give the unit the credential %s."),
                    variable, value, credential);
  else if (g_error_matches (why, G_FILE_ERROR, G_FILE_ERROR_NOENT))
    scep_error_set (error, SCEP_ERROR_NOT_CONFIGURED,
                    _ ("“${%s}” has no value: the firmware of this machine does not tell any. Use "
                       "another variable, or give the unit the credential %s."),
                    variable, credential);
  else
    scep_error_set (error, SCEP_ERROR_NOT_CONFIGURED,
                    _ ("“${%s}” has no value: %s. Only root may read that file; let the unit pass "
                       "it on: “systemctl edit scep-enrollment.service”, “LoadCredential=%s:%s” "
                       "below “[Service]”, then restart the service."),
                    variable, why->message, credential, files[0]);
  return NULL;
}

static char *
look_up_mac (ScepMachine *self, const char *interface, GError **error)
{
  g_autofree char *directory = g_build_filename (self->root, "/sys/class/net", interface, NULL);
  g_autofree char *address = read_file (directory, "address", NULL);

  if (address != NULL && strspn (address, "0:") < strlen (address))
    return g_steal_pointer (&address);
  scep_error_set (error, SCEP_ERROR_NOT_CONFIGURED,
                  _ ("“${mac:%s}” has no value: there is no network interface %s, or it has no "
                     "hardware address. “ip link” lists those that there are."),
                  interface, interface);
  return NULL;
}

static char *
look_up (ScepTemplateVariable variable, const char *argument, gpointer user_data, GError **error)
{
  static const char *const serial_files[] = { SERIAL_FILE, SERIAL_DEVICE_TREE_FILE, NULL };
  static const char *const uuid_files[] = { UUID_FILE, NULL };
  ScepMachine *self = user_data;

  switch (variable) {
  case SCEP_TEMPLATE_HOSTNAME:
    return look_up_host_name (self, error);
  case SCEP_TEMPLATE_FQDN:
    return look_up_full_name (self, error);
  case SCEP_TEMPLATE_MACHINE_ID:
    return look_up_machine_id (self, error);
  case SCEP_TEMPLATE_PRODUCT_SERIAL:
    return look_up_product (self, "product-serial", SERIAL_CREDENTIAL, serial_files, error);
  case SCEP_TEMPLATE_PRODUCT_UUID:
    return look_up_product (self, "product-uuid", UUID_CREDENTIAL, uuid_files, error);
  case SCEP_TEMPLATE_MAC:
    return look_up_mac (self, argument, error);
  case SCEP_TEMPLATE_PROFILE:
  default:
    scep_error_set (error, SCEP_ERROR_NOT_CONFIGURED,
                    _ ("The machine does not know which profile is meant."));
    return NULL;
  }
}

static void
scep_machine_finalize (GObject *object)
{
  ScepMachine *self = SCEP_MACHINE (object);

  g_free (self->root);
  g_free (self->credential_directory);
  g_free (self->machine_id);
  g_free (self->asked_name);
  g_free (self->full_name);
  G_OBJECT_CLASS (scep_machine_parent_class)->finalize (object);
}

static void
scep_machine_class_init (ScepMachineClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = scep_machine_finalize;
}

static void
scep_machine_init (ScepMachine *self)
{
  self->templates = (ScepTemplateSource){ look_up, self };
}

/* As the kernel has it now; GLib's own remembers the first. */
static char *
ask_kernel (void)
{
  char name[HOST_NAME_MAX + 1] = "";

  if (gethostname (name, sizeof name) != 0)
    name[0] = '\0';
  name[sizeof name - 1] = '\0';
  return g_strdup (name);
}

/* What “hostname --fqdn” says; a name without a dot is none. */
static char *
ask_resolver (const char *host_name)
{
  const struct addrinfo hints = { .ai_flags = AI_CANONNAME, .ai_socktype = SOCK_STREAM };
  struct addrinfo *found = NULL;
  g_autofree char *name = NULL;

  if (getaddrinfo (host_name, NULL, &hints, &found) != 0)
    return NULL;
  name = g_strdup (found->ai_canonname);
  freeaddrinfo (found);
  if (name != NULL && g_str_has_suffix (name, "."))
    name[strlen (name) - 1] = '\0';
  return name != NULL && strchr (name, '.') != NULL && is_host_name (name) ? g_steal_pointer (&name)
                                                                           : NULL;
}

/**
 * scep_machine_new:
 * @credential_directory: (nullable): of systemd; scep-enrollment.product-serial and
 *   scep-enrollment.product-uuid in it go before what the firmware says
 *
 * Returns: (transfer full): this machine. Reads /etc/machine-id, so that nothing
 *   has to be read from a disk later.
 */
ScepMachine *
scep_machine_new (const char *credential_directory)
{
  ScepMachineSources sources = {
    .root = "",
    .credential_directory = credential_directory,
    .get_host_name = ask_kernel,
    .find_full_name = ask_resolver,
  };

  return scep_machine_new_with_sources (&sources);
}

/**
 * scep_machine_new_with_sources:
 *
 * Returns: (transfer full): a machine that tells what is found in @sources;
 *   find_full_name() of scep_machine_new() where they have none
 */
ScepMachine *
scep_machine_new_with_sources (const ScepMachineSources *sources)
{
  ScepMachine *self = g_object_new (SCEP_TYPE_MACHINE, NULL);
  g_autofree char *path = g_build_filename (sources->root, SCEP_MACHINE_ID_PATH, NULL);

  self->get_host_name = sources->get_host_name;
  self->find_full_name = sources->find_full_name != NULL ? sources->find_full_name : ask_resolver;
  self->root = g_strdup (sources->root);
  self->credential_directory = g_strdup (sources->credential_directory);
  self->machine_id = scep_machine_id_find (path);
  return self;
}

/**
 * scep_machine_get_templates:
 *
 * Returns: (transfer none): for #ScepProfileContext; belongs to @self. What has
 *   to be asked of the network is looked for when it is first wanted, and known
 *   to a later call. Errors: %SCEP_ERROR_NOT_CONFIGURED, the variable and what
 *   to do named
 */
const ScepTemplateSource *
scep_machine_get_templates (ScepMachine *self)
{
  return &self->templates;
}
