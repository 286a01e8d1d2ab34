/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How far the first request came on its way to the server. */
#include "enroll/scep-diagnose-private.h"

#include "base/scep-error.h"

#include <glib/gi18n-lib.h>

static const char *
get_endpoint (ScepDiagnose *run)
{
  return scep_settings_get_string (run->settings, SCEP_SETTING_SERVER_ENDPOINT);
}

static gboolean
fail (ScepDiagnose *run, const char *step, const char *hint, const GError *error)
{
  scep_diagnosis_add (run->diagnosis, step, SCEP_DIAGNOSIS_FAILURE, hint, "%s", error->message);
  return FALSE;
}

static void
ok (ScepDiagnose *run, const char *step, const char *text)
{
  scep_diagnosis_add (run->diagnosis, step, SCEP_DIAGNOSIS_OK, "", "%s", text);
}

/* Of a server that is asked directly. */
static void
add_name (ScepDiagnose *run, gboolean connected)
{
  if (run->name_error != NULL)
    scep_diagnosis_add (run->diagnosis, SCEP_DIAGNOSIS_NAME,
                        connected ? SCEP_DIAGNOSIS_WARNING : SCEP_DIAGNOSIS_FAILURE,
                        _ ("Check the name in ServerEndpoint and this machine's DNS servers."),
                        _ ("The name %s could not be resolved: %s"), run->host,
                        run->name_error->message);
}

/* In plain HTTP all that is heard of a server comes from the proxy. */
static gboolean
is_of_proxy (ScepDiagnose *run, ScepTransportPhase phase, const GError *error)
{
  if (error == NULL || run->proxy == NULL || phase == SCEP_TRANSPORT_PHASE_QUEUED)
    return FALSE;
  return phase < SCEP_TRANSPORT_PHASE_SECURING ||
         (!scep_endpoint_is_https (get_endpoint (run)) &&
          (g_error_matches (error, SCEP_ERROR, SCEP_ERROR_SERVER_UNREACHABLE) ||
           g_error_matches (error, SCEP_ERROR, SCEP_ERROR_TIMEOUT)));
}

static gboolean
add_proxy (ScepDiagnose *run, ScepTransportPhase phase, const GError *error)
{
  if (is_of_proxy (run, phase, error))
    return fail (run, SCEP_DIAGNOSIS_PROXY,
                 _ ("Check the proxy, and the variable in the service's environment."), error);
  if (run->proxy != NULL)
    scep_diagnosis_add (run->diagnosis, SCEP_DIAGNOSIS_PROXY, SCEP_DIAGNOSIS_OK, "",
                        _ ("Requests go through the proxy %s, which %s names."),
                        scep_proxy_get_name (run->proxy), scep_proxy_get_variable (run->proxy));
  return TRUE;
}

static gboolean
is_of_tls (ScepTransportPhase phase, const GError *error)
{
  return phase == SCEP_TRANSPORT_PHASE_SECURING ||
         g_error_matches (error, SCEP_ERROR, SCEP_ERROR_TLS_FAILED);
}

static void
add_tls (ScepDiagnose *run, gboolean weak_tls)
{
  if (weak_tls)
    scep_diagnosis_add (run->diagnosis, SCEP_DIAGNOSIS_TLS, SCEP_DIAGNOSIS_WARNING,
                        _ ("Enable TLS 1.2 on the server, and give it a key of 2048 bits."),
                        _ ("TLS authenticates the server, but its version is old or a key is "
                           "short; only AlgorithmPolicy “legacy” lets that pass."));
  else
    ok (run, SCEP_DIAGNOSIS_TLS,
        scep_endpoint_is_https (get_endpoint (run))
            ? _ ("TLS authenticates the server.")
            : _ ("Without TLS, as is usual: messages are encrypted and signed by themselves."));
}

/**
 * scep_diagnose_add_way:
 * @phase: how far the first request came
 * @weak_tls: whether only AlgorithmPolicy “legacy” let TLS pass
 * @error: (nullable): why there is no reply to it
 *
 * Adds the steps up to TLS, as many as were tried: the name, the proxy, the
 * connection, TLS.
 *
 * Returns: whether there is a reply
 */
gboolean
scep_diagnose_add_way (ScepDiagnose *run, ScepTransportPhase phase, gboolean weak_tls,
                       const GError *error)
{
  add_name (run, phase > SCEP_TRANSPORT_PHASE_CONNECTING);
  if (!add_proxy (run, phase, error))
    return FALSE;
  if (error != NULL && !is_of_tls (phase, error))
    return fail (run, SCEP_DIAGNOSIS_CONNECTION,
                 _ ("Check ServerEndpoint, the network and the server."), error);
  ok (run, SCEP_DIAGNOSIS_CONNECTION, _ ("The server answers."));
  if (error != NULL)
    return fail (run, SCEP_DIAGNOSIS_TLS,
                 _ ("Check the server's TLS settings and certificate, and TLSCACertificates."),
                 error);
  add_tls (run, weak_tls);
  return TRUE;
}
