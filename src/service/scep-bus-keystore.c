/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "service/scep-bus-keystore.h"

#include "base/scep-names.h"
#include "base/scep-rsa-bits.h"
#include "scep-interface-info.h"
#include "service/scep-bus-csr.h"
#include "service/scep-bus-error.h"
#include "service/scep-bus-keystore-entry.h"
#include "service/scep-bus-value.h"
#include "service/scep-fd.h"
#include "service/scep-guard.h"

#include <glib/gi18n-lib.h>
#include <unistd.h>

#define MAX_CERTIFICATES (256 * 1024)
#define MAX_KEY_PAIR (64 * 1024)
#define READ_TIMEOUT_MS 5000
#define DEFAULT_KEY_BITS 2048

struct _ScepBusKeystore {
  GObject parent_instance;

  ScepKeystore *keystore; /* (owned) */
  ScepFdReader *reader;   /* (owned) */
  ScepExport *export;     /* (owned) */
};

/* A key pair on its way in. */
typedef struct {
  ScepKeystore *keystore;            /* (owned) */
  char *alias;                       /* (owned) */
  GDBusMethodInvocation *invocation; /* (owned) */
} Import;

G_DEFINE_FINAL_TYPE (ScepBusKeystore, scep_bus_keystore, G_TYPE_OBJECT)

static void
import_free (Import *import)
{
  g_object_unref (import->keystore);
  g_free (import->alias);
  g_free (import);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Import, import_free)

static ScepKeystore *
get_keystore (ScepExport *export)
{
  return SCEP_BUS_KEYSTORE (scep_export_get_object (export))->keystore;
}

static void
on_written (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GDBusMethodInvocation *invocation = user_data;
  g_autoptr (GError) error = NULL;

  if (scep_keystore_write_finish (SCEP_KEYSTORE (source), result, &error))
    g_dbus_method_invocation_return_value (invocation, NULL);
  else
    scep_bus_return_error (invocation, error);
}

static void
on_list_entries (ScepExport *export, GVariant *parameters, GDBusMethodInvocation *invocation)
{
  g_autoptr (GError) error = NULL;
  GVariant *entries = scep_bus_keystore_list (get_keystore (export), &error);

  if (entries == NULL)
    scep_bus_return_error (invocation, error);
  else
    g_dbus_method_invocation_return_value (invocation, g_variant_new ("(@a(ssa{sv}))", entries));
}

/* Returns the entry a call names, or answers the call. */
static ScepKeystoreEntry *
lookup (ScepExport *export, GVariant *parameters, GDBusMethodInvocation *invocation)
{
  g_autoptr (GError) error = NULL;
  ScepKeystoreEntry *entry = NULL;
  const char *alias;

  g_variant_get_child (parameters, 0, "&s", &alias);
  if (scep_bus_keystore_check_alias (alias, FALSE, &error))
    entry = scep_keystore_lookup (get_keystore (export), alias, &error);
  if (entry == NULL)
    scep_bus_return_error (invocation, error);
  return entry;
}

static void
on_get_entry (ScepExport *export, GVariant *parameters, GDBusMethodInvocation *invocation)
{
  g_autoptr (ScepKeystoreEntry) entry = lookup (export, parameters, invocation);

  if (entry != NULL)
    g_dbus_method_invocation_return_value (
        invocation, g_variant_new ("(@a{sv})", scep_bus_keystore_describe (get_keystore (export),
                                                                           entry, TRUE)));
}

static void
on_get_certificate_chain (ScepExport *export, GVariant *parameters,
                          GDBusMethodInvocation *invocation)
{
  g_autoptr (ScepKeystoreEntry) entry = lookup (export, parameters, invocation);
  g_autofree char *pem = NULL;

  if (entry == NULL)
    return;
  if (scep_keystore_entry_get_certificate (entry) != NULL)
    pem = scep_certificate_list_to_pem (scep_keystore_entry_get_chain (entry));
  g_dbus_method_invocation_return_value (invocation, g_variant_new ("(s)", pem == NULL ? "" : pem));
}

static gboolean
read_key_options (GVariant *options, guint *bits, GError **error)
{
  g_auto (GVariantDict) dict = G_VARIANT_DICT_INIT (options);
  g_autoptr (GVariant) length = NULL;

  *bits = DEFAULT_KEY_BITS;
  if (!scep_bus_option (&dict, "RSAKeyLength", "u", &length, error) ||
      !scep_bus_options_end (&dict, "RSAKeyLength", error))
    return FALSE;
  if (length != NULL)
    *bits = g_variant_get_uint32 (length);
  if (scep_rsa_bits_is_allowed (*bits))
    return TRUE;
  scep_error_set (error, SCEP_ERROR_INVALID_SETTING, _ ("RSAKeyLength is %u; it can be one of %s."),
                  *bits, SCEP_RSA_BITS_ALLOWED);
  return FALSE;
}

static void
on_create_key_pair (ScepExport *export, GVariant *parameters, GDBusMethodInvocation *invocation)
{
  const char *alias;
  g_autoptr (GVariant) options = NULL;
  g_autoptr (GError) error = NULL;
  guint bits;

  g_variant_get (parameters, "(&s@a{sv})", &alias, &options);
  if (!scep_bus_keystore_check_alias (alias, TRUE, &error) ||
      !read_key_options (options, &bits, &error))
    scep_bus_return_error (invocation, error);
  else
    scep_keystore_create_key_pair_async (get_keystore (export), alias, bits, FALSE, NULL,
                                         on_written, invocation);
}

static void
on_get_csr (ScepExport *export, GVariant *parameters, GDBusMethodInvocation *invocation)
{
  g_autoptr (ScepKeystoreEntry) entry = lookup (export, parameters, invocation);
  g_autoptr (GVariant) options = g_variant_get_child_value (parameters, 1);

  if (entry != NULL)
    scep_bus_csr_answer (entry, options, invocation);
}

static void
on_import_certificate (ScepExport *export, GVariant *parameters, GDBusMethodInvocation *invocation)
{
  const char *alias, *pem;
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) chain = NULL;

  g_variant_get (parameters, "(&s&s)", &alias, &pem);
  if (strlen (pem) > MAX_CERTIFICATES) {
    scep_bus_return_code (invocation, SCEP_ERROR_INVALID_ENTRY,
                          _ ("The certificates are larger than 256 KiB."));
    return;
  }
  if (scep_bus_keystore_check_alias (alias, TRUE, &error))
    chain = scep_certificate_list_from_pem (pem, &error);
  if (chain == NULL)
    scep_bus_return_error (invocation, error);
  else
    scep_keystore_import_certificate_async (get_keystore (export), alias, chain, FALSE, NULL,
                                            on_written, invocation);
}

static void
on_key_pair_read (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Import) import = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) pem = scep_fd_reader_read_finish (SCEP_FD_READER (source), result, &error);

  if (pem == NULL)
    scep_bus_return_error (import->invocation, error);
  else
    scep_keystore_import_key_pair_async (import->keystore, import->alias, pem, NULL, on_written,
                                         import->invocation);
}

static void
on_import_key_pair (ScepExport *export, GVariant *parameters, GDBusMethodInvocation *invocation)
{
  ScepBusKeystore *self = scep_export_get_object (export);
  g_autoptr (GError) error = NULL;
  const char *alias;
  gint32 index;
  int fd = -1;
  Import *import;

  g_variant_get (parameters, "(&sh)", &alias, &index);
  if (scep_bus_keystore_check_alias (alias, TRUE, &error))
    fd = scep_fd_from_call (invocation, (guint) index, &error);
  if (fd < 0) {
    scep_bus_return_error (invocation, error);
    return;
  }
  import = g_new (Import, 1);
  import->keystore = g_object_ref (self->keystore);
  import->alias = g_strdup (alias);
  import->invocation = invocation;
  scep_fd_reader_read_async (self->reader, scep_guard_get_user (invocation), fd, MAX_KEY_PAIR,
                             READ_TIMEOUT_MS, on_key_pair_read, import);
}

static void
on_exported (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GDBusMethodInvocation *invocation = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) pem = scep_keystore_export_finish (SCEP_KEYSTORE (source), result, &error);
  g_autoptr (GUnixFDList) list = NULL;
  int fd = pem == NULL ? -1 : scep_fd_new_sealed ("scep-key-pair", pem, &error);

  if (fd < 0) {
    scep_bus_return_error (invocation, error);
    return;
  }
  list = g_unix_fd_list_new_from_array (&fd, 1);
  g_dbus_method_invocation_return_value_with_unix_fd_list (invocation, g_variant_new ("(h)", 0),
                                                           list);
}

static void
on_export_key_pair (ScepExport *export, GVariant *parameters, GDBusMethodInvocation *invocation)
{
  g_autoptr (ScepKeystoreEntry) entry = lookup (export, parameters, invocation);

  if (entry != NULL)
    scep_keystore_export_async (get_keystore (export), scep_keystore_entry_get_alias (entry), NULL,
                                on_exported, invocation);
}

static void
on_delete_entry (ScepExport *export, GVariant *parameters, GDBusMethodInvocation *invocation)
{
  g_autoptr (GError) error = NULL;
  const char *alias;

  g_variant_get (parameters, "(&s)", &alias);
  if (!scep_bus_keystore_check_alias (alias, TRUE, &error))
    scep_bus_return_error (invocation, error);
  else
    scep_keystore_remove_async (get_keystore (export), alias, NULL, on_written, invocation);
}

static const ScepBusMethod methods[] = {
  { "ListEntries", on_list_entries },
  { "GetEntry", on_get_entry },
  { "GetCertificateChain", on_get_certificate_chain },
  { "CreateKeyPair", on_create_key_pair },
  { "GetCSR", on_get_csr },
  { "ImportCertificate", on_import_certificate },
  { "ImportKeyPair", on_import_key_pair },
  { "ExportKeyPair", on_export_key_pair },
  { "DeleteEntry", on_delete_entry },
  { NULL, NULL },
};

static GVariant *
get_property (ScepExport *export, const char *name)
{
  ScepKeystore *keystore = get_keystore (export);

  if (g_str_equal (name, "Id"))
    return g_variant_new_string (scep_keystore_get_id (keystore));
  if (g_str_equal (name, "ServicePid"))
    return g_variant_new_string (scep_keystore_get_service_pid (keystore));
  return g_variant_new_string (scep_keystore_get_backend (keystore));
}

static const ScepBusInterface bus_interface = {
  .info = &scep_bus_keystore_interface,
  .methods = methods,
  .get_property = get_property,
};

static void
on_entry_changed (ScepKeystore *keystore, const char *alias, ScepBusKeystore *self)
{
  scep_export_emit (self->export, "EntryChanged", g_variant_new ("(s)", alias));
}

static void
on_entry_removed (ScepKeystore *keystore, const char *alias, ScepBusKeystore *self)
{
  scep_export_emit (self->export, "EntryRemoved", g_variant_new ("(s)", alias));
}

static void
scep_bus_keystore_dispose (GObject *object)
{
  ScepBusKeystore *self = SCEP_BUS_KEYSTORE (object);

  if (self->export != NULL)
    scep_export_remove (self->export);
  g_clear_pointer (&self->export, scep_export_unref);
  g_clear_object (&self->keystore);
  g_clear_object (&self->reader);
  G_OBJECT_CLASS (scep_bus_keystore_parent_class)->dispose (object);
}

static void
scep_bus_keystore_class_init (ScepBusKeystoreClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = scep_bus_keystore_dispose;
}

static void
scep_bus_keystore_init (ScepBusKeystore *self)
{
}

/**
 * scep_bus_keystore_new:
 * @reader: where file descriptors of callers are read
 *
 * Returns: (transfer full) (nullable): the keystore on the bus, or %NULL with
 *   a GIO error
 */
ScepBusKeystore *
scep_bus_keystore_new (ScepDispatcher *dispatcher, ScepKeystore *keystore, ScepFdReader *reader,
                       GError **error)
{
  g_autoptr (ScepBusKeystore) self = g_object_new (SCEP_TYPE_BUS_KEYSTORE, NULL);
  g_autofree char *path =
      g_strconcat (SCEP_PATH_KEYSTORES, "/", scep_keystore_get_id (keystore), NULL);

  self->keystore = g_object_ref (keystore);
  self->reader = g_object_ref (reader);
  self->export = scep_dispatcher_export (dispatcher, path, &bus_interface, self, error);
  if (self->export == NULL)
    return NULL;
  g_signal_connect_object (keystore, "entry-changed", G_CALLBACK (on_entry_changed), self, 0);
  g_signal_connect_object (keystore, "entry-removed", G_CALLBACK (on_entry_removed), self, 0);
  return g_steal_pointer (&self);
}

/**
 * scep_bus_keystore_get_keystore:
 *
 * Returns: (transfer none): the keystore behind it
 */
ScepKeystore *
scep_bus_keystore_get_keystore (ScepBusKeystore *self)
{
  return self->keystore;
}

/**
 * scep_bus_keystore_get_export:
 *
 * Returns: (transfer none): what is on the bus
 */
ScepExport *
scep_bus_keystore_get_export (ScepBusKeystore *self)
{
  return self->export;
}
