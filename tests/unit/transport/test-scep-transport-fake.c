/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "scep-transport-fake.h"

static void
on_done (GObject *source, GAsyncResult *result, gpointer user_data)
{
  *(GAsyncResult **) user_data = g_object_ref (result);
}

static void
start (ScepTransportFake *fake, GCancellable *cancellable, GAsyncResult **result)
{
  ScepHttpRequest request = { .url = "http://ca.example/", .max_reply = 10, .total_timeout = 1 };

  scep_transport_send_async (SCEP_TRANSPORT (fake), &request, cancellable, on_done, result);
  g_assert_null (*result);
}

static ScepHttpReply *
wait_for (ScepTransportFake *fake, GAsyncResult **result, GError **error)
{
  while (*result == NULL)
    g_main_context_iteration (NULL, TRUE);
  return scep_transport_send_finish (SCEP_TRANSPORT (fake), *result, error);
}

static void
test_steps (void)
{
  g_autoptr (ScepTransportFake) fake = scep_transport_fake_new ();
  g_autoptr (GAsyncResult) failed = NULL;
  g_autoptr (GAsyncResult) answered = NULL;
  g_autoptr (ScepHttpReply) reply = NULL;
  g_autoptr (GError) error = NULL;

  scep_transport_fake_push_error (fake, SCEP_ERROR_TIMEOUT);
  scep_transport_fake_push_reply (fake, 404, NULL, NULL);
  start (fake, NULL, &failed);
  g_assert_null (wait_for (fake, &failed, &error));
  g_assert_error (error, SCEP_ERROR, SCEP_ERROR_TIMEOUT);
  start (fake, NULL, &answered);
  reply = wait_for (fake, &answered, NULL);
  g_assert_cmpuint (scep_http_reply_get_status (reply), ==, 404);
  g_assert_cmpuint (scep_transport_fake_get_n_requests (fake), ==, 2);
  g_assert_cmpstr (scep_transport_fake_get_request (fake, 1)->url, ==, "http://ca.example/");
}

static void
test_hold (void)
{
  g_autoptr (ScepTransportFake) fake = scep_transport_fake_new ();
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GAsyncResult) cancelled = NULL;
  g_autoptr (GAsyncResult) released = NULL;
  g_autoptr (ScepHttpReply) reply = NULL;
  g_autoptr (GError) error = NULL;

  scep_transport_fake_push_reply (fake, 200, NULL, NULL);
  scep_transport_fake_hold (fake, TRUE);
  start (fake, cancellable, &cancelled);
  start (fake, NULL, &released);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_assert_null (cancelled);
  g_cancellable_cancel (cancellable);
  g_assert_null (wait_for (fake, &cancelled, &error));
  g_assert_error (error, SCEP_ERROR, SCEP_ERROR_CANCELLED);
  scep_transport_fake_hold (fake, FALSE);
  reply = wait_for (fake, &released, NULL);
  g_assert_cmpuint (scep_http_reply_get_status (reply), ==, 200);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/transport-fake/steps", test_steps);
  g_test_add_func ("/transport-fake/hold", test_hold);
  return g_test_run ();
}
