/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ctl/scep-ctl.h"

#include "ctl/scep-ctl-history.h"
#include "ctl/scep-ctl-output.h"

#include <glib/gi18n-lib.h>

/* What is shown first, and how: the label before the value; an empty one is left out. */
static const struct {
  const char *name;
  const char *label;
} rows[] = {
  { "Message", "" },
  { "Subject", "" },
  { "Fingerprint", N_ ("fingerprint") },
  { "SerialNumber", N_ ("serial number") },
  { "NotAfter", N_ ("valid until") },
  { "TransactionID", N_ ("transaction") },
  { "CAFingerprints", "" },
  { "Settings", "" },
  { "Count", N_ ("times") },
  { "FirstTime", N_ ("since") },
};

static void
append_detail (GString *text, const char *label, GVariant *value)
{
  g_autofree char *shown = scep_ctl_format_value (value);

  g_string_append_printf (text, "%s%s%s%s", text->len > 0 ? ", " : "", label,
                          *label != '\0' ? " " : "", shown);
}

static gboolean
is_known (const char *name)
{
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    if (g_str_equal (rows[i].name, name))
      return TRUE;
  }
  /* The message says the same to people. */
  return g_str_equal (name, "Error");
}

/**
 * scep_ctl_format_details:
 * @details: a{sv} of one event
 *
 * Returns: (transfer full): the details in one line, for people
 */
char *
scep_ctl_format_details (GVariant *details)
{
  GString *text = g_string_new (NULL);
  GVariantIter iter;
  const char *name;
  GVariant *value;

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autoptr (GVariant) known = g_variant_lookup_value (details, rows[i].name, NULL);

    if (known != NULL)
      append_detail (text, *rows[i].label != '\0' ? _ (rows[i].label) : "", known);
  }
  g_variant_iter_init (&iter, details);
  while (g_variant_iter_loop (&iter, "{&sv}", &name, &value)) {
    if (!is_known (name))
      append_detail (text, name, value);
  }
  return g_string_free (text, FALSE);
}

static GVariant *
event_to_json (guint64 time, const char *event, GVariant *details)
{
  GVariantDict dict = G_VARIANT_DICT_INIT (NULL);

  g_variant_dict_insert (&dict, "Time", "t", time);
  g_variant_dict_insert (&dict, "Event", "s", event);
  g_variant_dict_insert_value (&dict, "Details", details);
  return g_variant_dict_end (&dict);
}

static void
print_event (guint64 time, const char *event, GVariant *details)
{
  g_autofree char *when = scep_ctl_format_time (time);
  g_autofree char *text = scep_ctl_format_details (details);

  g_print ("%-26s %-24s %s\n", when != NULL ? when : "-", event, text);
}

static void
print_history (ScepCtl *self, GVariant *events)
{
  g_autoptr (GVariantBuilder) json = g_variant_builder_new (G_VARIANT_TYPE ("aa{sv}"));

  if (!self->json && g_variant_n_children (events) == 0)
    g_print (_ ("Nothing has happened yet.\n"));
  for (gsize i = 0; i < g_variant_n_children (events); i++) {
    g_autoptr (GVariant) details = NULL;
    const char *event;
    guint64 time;

    g_variant_get_child (events, i, "(t&s@a{sv})", &time, &event, &details);
    if (self->json)
      g_variant_builder_add_value (json, event_to_json (time, event, details));
    else
      print_event (time, event, details);
  }
  if (self->json)
    scep_ctl_print_json (g_variant_builder_end (json));
}

/**
 * scep_ctl_history:
 *
 * The verb "history": what happened to one profile, oldest first.
 */
gboolean
scep_ctl_history (ScepCtl *self, const ScepCtlVerb *verb, GStrv *argv, GError **error)
{
  g_autoptr (ScepProxyProfile) profile = NULL;
  g_autoptr (GVariant) reply = NULL;
  g_autoptr (GVariant) events = NULL;

  if (!scep_ctl_parse (self, verb, NULL, argv, error))
    return FALSE;
  profile = scep_ctl_get_profile (self, error);
  if (profile == NULL)
    return FALSE;
  reply = scep_ctl_call (profile, "GetHistory", NULL, error);
  if (reply == NULL)
    return FALSE;
  events = g_variant_get_child_value (reply, 0);
  print_history (self, events);
  return TRUE;
}
