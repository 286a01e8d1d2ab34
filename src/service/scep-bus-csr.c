/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "service/scep-bus-csr.h"

#include "base/scep-error.h"
#include "codec/scep-csr.h"
#include "codec/scep-name.h"
#include "service/scep-bus-error.h"
#include "service/scep-bus-value.h"

#include <glib/gi18n-lib.h>

#define MAX_DN 1024
#define MAX_ALT_NAMES 64

typedef struct {
  GBytes *tbs;                       /* (owned) */
  GDBusMethodInvocation *invocation; /* (owned) */
} Request;

static void
request_free (Request *request)
{
  g_bytes_unref (request->tbs);
  g_free (request);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Request, request_free)

static void
on_signed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Request) request = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) signature = scep_key_sign_finish (SCEP_KEY (source), result, &error);
  g_autoptr (GBytes) csr = NULL;
  g_autofree char *pem = NULL;

  if (signature == NULL) {
    scep_bus_return_error (request->invocation, error);
    return;
  }
  csr = scep_csr_assemble (request->tbs, scep_key_get_spki (SCEP_KEY (source)), signature);
  pem = scep_csr_to_pem (csr);
  g_dbus_method_invocation_return_value (request->invocation, g_variant_new ("(s)", pem));
}

static gboolean
check_sizes (GVariant *subject, GVariant *alt_names, GError **error)
{
  if ((subject == NULL || g_variant_get_size (subject) <= MAX_DN) &&
      (alt_names == NULL || g_variant_n_children (alt_names) <= MAX_ALT_NAMES))
    return TRUE;
  scep_error_set (error, SCEP_ERROR_INVALID_SETTING,
                  _ ("SubjectDN takes at most 1023 bytes and SubjectAltNames at most 64 names."));
  return FALSE;
}

static GBytes *
build (ScepKey *key, GVariant *options, GError **error)
{
  g_auto (GVariantDict) dict = G_VARIANT_DICT_INIT (options);
  g_autoptr (GVariant) subject = NULL;
  g_autoptr (GVariant) alt_names = NULL;
  g_autoptr (GBytes) name = NULL;
  g_autofree const char **values = NULL;
  ScepCsrSpec spec = { NULL };

  if (!scep_bus_option (&dict, "SubjectDN", "s", &subject, error) ||
      !scep_bus_option (&dict, "SubjectAltNames", "as", &alt_names, error) ||
      !scep_bus_options_end (&dict, "SubjectDN, SubjectAltNames", error) ||
      !check_sizes (subject, alt_names, error))
    return NULL;
  name = scep_name_parse (subject == NULL ? "" : g_variant_get_string (subject, NULL), error);
  if (name == NULL) {
    g_prefix_error (error, "SubjectDN: ");
    return NULL;
  }
  if (alt_names != NULL)
    values = g_variant_get_strv (alt_names, NULL);
  spec.subject = name;
  spec.spki = scep_key_get_spki (key);
  spec.alt_names = values;
  return scep_csr_build_tbs (&spec, error);
}

/**
 * scep_bus_csr_answer:
 * @entry: with the key that signs
 * @options: a{sv}: `SubjectDN`, `SubjectAltNames`
 * @invocation: (transfer full): GetCSR
 *
 * Makes a PKCS#10 request (RFC 2986) and answers with it.
 */
void
scep_bus_csr_answer (ScepKeystoreEntry *entry, GVariant *options, GDBusMethodInvocation *invocation)
{
  ScepKey *key = scep_keystore_entry_get_key (entry);
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) tbs = NULL;
  Request *request;

  if (key == NULL)
    scep_error_set (&error, SCEP_ERROR_INVALID_ENTRY,
                    _ ("The entry %s has no private key that could sign a request."),
                    scep_keystore_entry_get_alias (entry));
  else if (scep_csr_check_key (scep_key_get_spki (key), &error))
    tbs = build (key, options, &error);
  if (tbs == NULL) {
    scep_bus_return_error (invocation, error);
    return;
  }
  request = g_new (Request, 1);
  request->tbs = g_bytes_ref (tbs);
  request->invocation = invocation;
  scep_key_sign_async (key, SCEP_DIGEST_SHA256, tbs, NULL, on_signed, request);
}
