/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ctl/scep-ctl.h"

#include "base/scep-names.h"
#include "ctl/scep-ctl-output.h"

#include <glib/gi18n-lib.h>

static ScepProxyKeystore *
open_keystore (ScepCtl *self, const ScepCtlVerb *verb, GStrv *argv, GError **error)
{
  g_autofree char *id = NULL;
  const GOptionEntry options[] = {
    { "keystore", 'k', 0, G_OPTION_ARG_STRING, &id, N_ ("The keystore, “default” if not given"),
      N_ ("ID") },
    G_OPTION_ENTRY_NULL,
  };

  if (!scep_ctl_parse (self, verb, options, argv, error))
    return NULL;
  return scep_ctl_get_keystore (self, id != NULL ? id : SCEP_DEFAULT_ID, error);
}

static GVariant *
entry_to_json (const char *alias, const char *kind, GVariant *details)
{
  GVariantDict dict = G_VARIANT_DICT_INIT (details);

  g_variant_dict_insert (&dict, "Alias", "s", alias);
  if (kind != NULL)
    g_variant_dict_insert (&dict, "Kind", "s", kind);
  return g_variant_dict_end (&dict);
}

static void
print_header (void)
{
  g_autofree char *alias = scep_ctl_pad (_ ("ALIAS"), 32);
  g_autofree char *kind = scep_ctl_pad (_ ("KIND"), 20);

  g_print ("%s %s %s\n", alias, kind, _ ("SUBJECT"));
}

static void
print_entry (const char *alias, const char *kind, GVariant *details)
{
  const char *subject = "";

  g_variant_lookup (details, "Subject", "&s", &subject);
  g_print ("%-32s %-20s %s\n", alias, kind, subject);
}

/**
 * scep_ctl_keystore_list:
 *
 * The verb "keystore list".
 */
gboolean
scep_ctl_keystore_list (ScepCtl *self, const ScepCtlVerb *verb, GStrv *argv, GError **error)
{
  g_autoptr (ScepProxyKeystore) keystore = open_keystore (self, verb, argv, error);
  g_autoptr (GVariantBuilder) json = g_variant_builder_new (G_VARIANT_TYPE ("aa{sv}"));
  g_autoptr (GVariantIter) iter = NULL;
  g_autoptr (GVariant) reply = NULL;
  const char *alias, *kind;
  GVariant *details;

  if (keystore == NULL)
    return FALSE;
  reply = scep_ctl_call (keystore, "ListEntries", NULL, error);
  if (reply == NULL)
    return FALSE;
  if (!self->json)
    print_header ();
  g_variant_get (reply, "(a(ssa{sv}))", &iter);
  while (g_variant_iter_loop (iter, "(&s&s@a{sv})", &alias, &kind, &details)) {
    if (self->json)
      g_variant_builder_add_value (json, entry_to_json (alias, kind, details));
    else
      print_entry (alias, kind, details);
  }
  if (self->json)
    scep_ctl_print_json (g_variant_builder_end (json));
  return TRUE;
}

static void
show_json (const char *alias, GVariant *details, const char *pem)
{
  GVariantDict dict = G_VARIANT_DICT_INIT (details);

  g_variant_dict_insert (&dict, "Alias", "s", alias);
  g_variant_dict_insert (&dict, "CertificateChain", "s", pem);
  scep_ctl_print_json (g_variant_dict_end (&dict));
}

static void
show_rows (const char *alias, GVariant *details, const char *pem)
{
  GVariantIter iter;
  const char *name;
  GVariant *value;

  scep_ctl_print_row (_ ("Alias"), alias);
  g_variant_iter_init (&iter, details);
  while (g_variant_iter_loop (&iter, "{&sv}", &name, &value)) {
    g_autofree char *text = scep_ctl_format_value (value);

    scep_ctl_print_row (name, text);
  }
  if (*pem != '\0')
    g_print ("\n%s", pem);
}

/**
 * scep_ctl_keystore_show:
 *
 * The verb "keystore show": details and certificates, never a key.
 */
gboolean
scep_ctl_keystore_show (ScepCtl *self, const ScepCtlVerb *verb, GStrv *argv, GError **error)
{
  g_autoptr (ScepProxyKeystore) keystore = open_keystore (self, verb, argv, error);
  g_autoptr (GVariant) entry = NULL;
  g_autoptr (GVariant) chain = NULL;
  g_autoptr (GVariant) details = NULL;
  const char *pem;

  if (keystore == NULL)
    return FALSE;
  entry = scep_ctl_call (keystore, "GetEntry", g_variant_new ("(s)", **argv), error);
  if (entry == NULL)
    return FALSE;
  chain = scep_ctl_call (keystore, "GetCertificateChain", g_variant_new ("(s)", **argv), error);
  if (chain == NULL)
    return FALSE;
  details = g_variant_get_child_value (entry, 0);
  g_variant_get (chain, "(&s)", &pem);
  if (self->json)
    show_json (**argv, details, pem);
  else
    show_rows (**argv, details, pem);
  return TRUE;
}

/**
 * scep_ctl_keystore_delete:
 *
 * The verb "keystore delete".
 */
gboolean
scep_ctl_keystore_delete (ScepCtl *self, const ScepCtlVerb *verb, GStrv *argv, GError **error)
{
  g_autoptr (ScepProxyKeystore) keystore = open_keystore (self, verb, argv, error);
  g_autoptr (GVariant) reply = NULL;

  if (keystore == NULL)
    return FALSE;
  reply = scep_ctl_call (keystore, "DeleteEntry", g_variant_new ("(s)", **argv), error);
  return reply != NULL;
}
