/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "service/scep-bus-query.h"

#include "base/scep-text.h"
#include "codec/scep-serial.h"
#include "service/scep-bus-error.h"

#include <glib/gi18n-lib.h>

static void
on_crl_fetched (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GDBusMethodInvocation *invocation = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) crl = scep_profile_get_crl_finish (SCEP_PROFILE (source), result, &error);

  if (crl == NULL)
    scep_bus_return_error (invocation, error);
  else
    g_dbus_method_invocation_return_value (
        invocation,
        g_variant_new ("(@ay)", g_variant_new_from_bytes (G_VARIANT_TYPE_BYTESTRING, crl, TRUE)));
}

/**
 * scep_bus_get_crl:
 * @invocation: (transfer full): GetCRL
 */
void
scep_bus_get_crl (ScepProfile *profile, GDBusMethodInvocation *invocation)
{
  scep_profile_get_crl_async (profile, on_crl_fetched, invocation);
}

static void
on_certificate_fetched (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GDBusMethodInvocation *invocation = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (ScepCertificate) certificate =
      scep_profile_get_certificate_finish (SCEP_PROFILE (source), result, &error);
  g_autoptr (GPtrArray) list = g_ptr_array_new ();
  g_autofree char *pem = NULL;

  if (certificate == NULL) {
    scep_bus_return_error (invocation, error);
    return;
  }
  g_ptr_array_add (list, certificate);
  pem = scep_certificate_list_to_pem (list);
  g_dbus_method_invocation_return_value (invocation, g_variant_new ("(s)", pem));
}

/* As GDBus answers to an argument of a wrong type. */
static void
refuse_serial (const char *serial, GDBusMethodInvocation *invocation)
{
  g_autofree char *shown = scep_text_printable (serial, -1);

  g_dbus_method_invocation_return_error (invocation, G_DBUS_ERROR, G_DBUS_ERROR_INVALID_ARGS,
                                         _ ("“%s” is not a serial number: that is 1 to 20 octets "
                                            "in hexadecimal, two digits each, with "
                                            "or without colons, as SerialNumber shows it."),
                                         shown);
}

/**
 * scep_bus_get_certificate:
 * @serial: as the caller wrote it
 * @invocation: (transfer full): GetCertificate
 */
void
scep_bus_get_certificate (ScepProfile *profile, const char *serial,
                          GDBusMethodInvocation *invocation)
{
  g_autoptr (GBytes) number = scep_serial_parse (serial);

  if (number == NULL)
    refuse_serial (serial, invocation);
  else
    scep_profile_get_certificate_async (profile, number, on_certificate_fetched, invocation);
}

static GVariant *
step_to_variant (const ScepDiagnosisStep *step)
{
  GVariantDict dict = G_VARIANT_DICT_INIT (NULL);

  g_variant_dict_insert (&dict, "step", "s", step->step);
  g_variant_dict_insert (&dict, "result", "s", scep_diagnosis_result_to_string (step->result));
  g_variant_dict_insert (&dict, "text", "s", step->text);
  g_variant_dict_insert (&dict, "hint", "s", step->hint);
  return g_variant_dict_end (&dict);
}

static void
on_diagnosed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GDBusMethodInvocation *invocation = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (ScepDiagnosis) diagnosis =
      scep_profile_diagnose_finish (SCEP_PROFILE (source), result, &error);
  GPtrArray *steps;
  GVariantBuilder builder;

  if (diagnosis == NULL) {
    scep_bus_return_error (invocation, error);
    return;
  }
  steps = scep_diagnosis_get_steps (diagnosis);
  g_variant_builder_init (&builder, G_VARIANT_TYPE ("aa{sv}"));
  for (guint i = 0; i < steps->len; i++)
    g_variant_builder_add_value (&builder, step_to_variant (g_ptr_array_index (steps, i)));
  g_dbus_method_invocation_return_value (invocation, g_variant_new ("(aa{sv})", &builder));
}

/**
 * scep_bus_diagnose:
 * @invocation: (transfer full): Diagnose
 */
void
scep_bus_diagnose (ScepProfile *profile, GDBusMethodInvocation *invocation)
{
  scep_profile_diagnose_async (profile, on_diagnosed, invocation);
}
