/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "transport-fixture.h"

#include "transport/scep-transport-soup.h"

#include <gnutls/abstract.h>
#include <gnutls/x509.h>
#include <string.h>

/* Milliseconds: how often the main loop shows that it goes on. */
#define TICK 5

gboolean transport_was_sent;
guint transport_standstill;

void
transport_keep_result (GObject *source, GAsyncResult *result, gpointer user_data)
{
  *(GAsyncResult **) user_data = g_object_ref (result);
}

static gboolean
on_tick (gpointer user_data)
{
  return G_SOURCE_CONTINUE;
}

/* One turn of a loop that never sleeps for longer than a tick: what takes more is work. */
static void
turn (void)
{
  gint64 start = g_get_monotonic_time ();

  g_main_context_iteration (NULL, TRUE);
  transport_standstill =
      MAX (transport_standstill, (guint) ((g_get_monotonic_time () - start) / 1000));
}

/* Sends one request and waits for its end. */
ScepHttpReply *
transport_send (ScepTransport *transport, const ScepHttpRequest *request, GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;
  guint tick = g_timeout_add (TICK, on_tick, NULL);

  transport_standstill = 0;
  scep_transport_send_async (transport, request, NULL, transport_keep_result, &result);
  g_assert_null (result);
  while (result == NULL)
    turn ();
  g_source_remove (tick);
  transport_was_sent = scep_transport_was_sent (transport, result);
  return scep_transport_send_finish (transport, result, error);
}

/* The same, for a GET and a reply of at most TRANSPORT_CAP bytes. */
ScepHttpReply *
transport_get (ScepTransport *transport, const char *url, guint timeout, GError **error)
{
  ScepHttpRequest request = { .url = url, .max_reply = TRANSPORT_CAP, .total_timeout = timeout };

  return transport_send (transport, &request, error);
}

/* That nothing comes back but an error, with @word in it and nothing of the request. */
void
transport_assert_fails (const char *url, guint timeout, ScepError code, const char *word)
{
  g_autoptr (ScepTransport) transport = scep_transport_soup_new (NULL, NULL);
  g_autoptr (ScepHttpReply) reply = NULL;
  g_autoptr (GError) error = NULL;

  reply = transport_get (transport, url, timeout, &error);
  g_assert_null (reply);
  g_assert_error (error, SCEP_ERROR, (int) code);
  g_test_message ("%s", error->message);
  g_assert_nonnull (strstr (error->message, word));
  g_assert_null (strstr (error->message, "message="));
}

/* A self-signed certificate with its key, as PEM, for the address 127.0.0.1 or another name. */
char *
transport_make_certificate (gboolean right_name, time_t from, time_t until)
{
  static const guint8 address[] = { 127, 0, 0, 1 };
  gnutls_x509_privkey_t key;
  gnutls_x509_crt_t certificate;
  gnutls_datum_t key_pem = { NULL, 0 };
  gnutls_datum_t certificate_pem = { NULL, 0 };
  char *pem;

  gnutls_x509_privkey_init (&key);
  gnutls_x509_privkey_generate (key, GNUTLS_PK_EC,
                                GNUTLS_CURVE_TO_BITS (GNUTLS_ECC_CURVE_SECP256R1), 0);
  gnutls_x509_crt_init (&certificate);
  gnutls_x509_crt_set_version (certificate, 3);
  gnutls_x509_crt_set_serial (certificate, "\x01", 1);
  gnutls_x509_crt_set_dn (certificate, "CN=test", NULL);
  gnutls_x509_crt_set_basic_constraints (certificate, 1, -1);
  if (right_name)
    gnutls_x509_crt_set_subject_alt_name (certificate, GNUTLS_SAN_IPADDRESS, address, 4,
                                          GNUTLS_FSAN_SET);
  gnutls_x509_crt_set_activation_time (certificate, from);
  gnutls_x509_crt_set_expiration_time (certificate, until);
  gnutls_x509_crt_set_key (certificate, key);
  g_assert_cmpint (gnutls_x509_crt_sign2 (certificate, certificate, key, GNUTLS_DIG_SHA256, 0), >=,
                   0);
  gnutls_x509_privkey_export2_pkcs8 (key, GNUTLS_X509_FMT_PEM, NULL, GNUTLS_PKCS_PLAIN, &key_pem);
  gnutls_x509_crt_export2 (certificate, GNUTLS_X509_FMT_PEM, &certificate_pem);
  pem = g_strdup_printf ("%s%s", (char *) key_pem.data, (char *) certificate_pem.data);
  gnutls_free (key_pem.data);
  gnutls_free (certificate_pem.data);
  gnutls_x509_crt_deinit (certificate);
  gnutls_x509_privkey_deinit (key);
  return pem;
}
