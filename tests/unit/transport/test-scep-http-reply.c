/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/scep-error.h"
#include "transport/scep-http-reply-private.h"

#include <string.h>

#define URL "http://ca.example/scep?operation=PKIOperation&message=SECRET"

static ScepHttpReply *
new_reply (guint status, const char *type, const char *text)
{
  g_autoptr (GBytes) body = g_bytes_new (text, strlen (text));

  return scep_http_reply_new (status, type, body, 7, 9);
}

static void
test_refusal (void)
{
  g_autoptr (ScepHttpReply) reply = new_reply (500, "text/html", "no\x1b[31m template");
  g_autoptr (GError) error = NULL;

  g_assert_false (scep_http_reply_check (reply, URL, NULL, &error));
  g_assert_error (error, SCEP_ERROR, SCEP_ERROR_HTTP_STATUS);
  g_assert_nonnull (strstr (error->message, "500"));
  g_assert_nonnull (strstr (error->message, "no?[31m template"));
  g_assert_null (strstr (error->message, "SECRET"));
}

/* As IIS tells of it: the reason comes after more than what is shown. */
static const char page[] =
    "<!DOCTYPE html PUBLIC \"-//W3C//DTD XHTML 1.0 Strict//EN\" "
    "\"http://www.w3.org/TR/xhtml1/DTD/xhtml1-strict.dtd\">\r\n"
    "<html xmlns=\"http://www.w3.org/1999/xhtml\">\r\n<head>\r\n"
    "<title>403 - Forbidden: Access is denied.</title>\r\n"
    "<STYLE type=\"text/css\">\r\n<!--\r\nbody{margin:0;font-size:.7em}\r\n-->\r\n</STYLE>\r\n"
    "<script>if (1 < 2) alert ('x');</script></head>\r\n<body>\r\n<!-- a > b -->"
    "<h2>You do not have \x1b[31mpermission.</h2>\r\n</body></html>";

static void
test_page (void)
{
  g_autoptr (ScepHttpReply) reply = new_reply (403, "text/html; charset=utf-8", page);
  g_autoptr (GError) error = NULL;

  g_assert_false (scep_http_reply_check (reply, URL, NULL, &error));
  g_assert_error (error, SCEP_ERROR, SCEP_ERROR_HTTP_STATUS);
  g_assert_nonnull (strstr (error->message, "“403 - Forbidden: Access is denied. "
                                            "You do not have ?[31mpermission.”"));
}

/* What is cut off anywhere hides the rest, and is no fault. */
static void
test_page_cut_off (void)
{
  for (gsize length = 0; length < strlen (page); length++) {
    g_autofree char *cut = g_strndup (page, length);
    g_autofree char *words = scep_http_words_of_page (cut, strlen (cut));

    g_assert_null (strpbrk (words, "<>{"));
  }
}

static void
test_binary_refusal (void)
{
  g_autoptr (ScepHttpReply) reply = new_reply (404, "application/octet-stream", "\x30\x82");
  g_autoptr (GError) error = NULL;

  g_assert_false (scep_http_reply_check (reply, URL, NULL, &error));
  g_assert_error (error, SCEP_ERROR, SCEP_ERROR_HTTP_STATUS);
  g_assert_null (strstr (error->message, "saying"));
}

static void
test_too_long (void)
{
  g_autoptr (ScepHttpReply) reply = new_reply (414, "text/plain", "URI Too Long");
  g_autoptr (GError) error = NULL;

  g_assert_false (scep_http_reply_check (reply, URL, NULL, &error));
  g_assert_error (error, SCEP_ERROR, SCEP_ERROR_HTTP_STATUS);
  g_assert_nonnull (strstr (error->message, "POSTPKIOperation"));
}

/* A status, what the server says, and what is said to do. */
static void
test_advice (void)
{
  static const struct {
    guint status;
    const char *words;
    const char *advice;
  } rows[] = {
    { 400, "no", "; the server knows." },
    { 404, "no", "; the server knows." },
    { 400, "400 The plain HTTP request was sent to HTTPS port", "use https in ServerEndpoint" },
    { 400, "You're speaking plain HTTP to an SSL-enabled server port.", "use https" },
    { 400, "Client sent an HTTP request to an HTTPS server.", "use https" },
    { 400, "This combination of host and port requires TLS.", "use https" },
    { 401, "no", "it wants a login" },
    { 403, "no", "it refuses this machine" },
    { 407, "no", "a proxy wants a user name and password" },
    { 411, "no", "the length of the message" },
    { 413, "no", "raise the limit for request bodies" },
    { 414, "no", "list POSTPKIOperation" },
    { 417, "no", "an Expect header" },
    { 426, "no", "use https in ServerEndpoint" },
    { 429, "no", "it is asked too often" },
    { 500, "no", "look into the server's log" },
    { 502, "no", "check whether it runs" },
    { 504, "no", "check whether it runs" },
    { 511, "no", "this network wants a login" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autoptr (ScepHttpReply) reply = new_reply (rows[i].status, "text/plain", rows[i].words);
    g_autoptr (GError) error = NULL;

    g_assert_false (scep_http_reply_check (reply, URL, "the server knows", &error));
    g_assert_error (error, SCEP_ERROR, SCEP_ERROR_HTTP_STATUS);
    if (strstr (error->message, rows[i].advice) == NULL)
      g_error ("%u: %s", rows[i].status, error->message);
    if (rows[i].status != 401 && rows[i].status != 403)
      g_assert_null (strstr (error->message, "check the path"));
  }
}

static void
test_path (void)
{
  g_autoptr (ScepHttpReply) reply = new_reply (404, "text/plain", "no");
  g_autoptr (GError) error = NULL;

  g_assert_false (scep_http_reply_check (reply, URL, NULL, &error));
  g_assert_nonnull (strstr (error->message, "check the path in ServerEndpoint"));
}

/* What has no type is shown where it is text, as far as it was read. */
static void
test_no_type (void)
{
  static const char *const rows[][2] = {
    { "out of \303\244pples\r\n", "saying “out of \303\244pples”" },
    { " <html><h1>No</h1></html>", "saying “No”" },
    { "cut off: \303", "saying “cut off: " },
    { "\x30\x82", "status 500; " },
    { "bell\x07", "status 500; " },
    { "\303\050\303\050\303\050", "status 500; " },
    { "\n", "status 500; " },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autoptr (ScepHttpReply) reply = new_reply (500, NULL, rows[i][0]);
    g_autoptr (GError) error = NULL;

    g_assert_false (scep_http_reply_check (reply, URL, NULL, &error));
    if (strstr (error->message, rows[i][1]) == NULL)
      g_error ("%u: %s", i, error->message);
  }
}

/* Where somebody is sent, as it could be configured. */
static void
test_target (void)
{
  static const char *const rows[][2] = {
    { "https://b.example/x", "https://b.example/x" },
    { "/elsewhere", "http://ca.example/elsewhere" },
    { "//b.example/x?operation=PKIOperation&message=MII%2B", "http://b.example/x" },
    { "https://ca.example/scep?operation=GetCACaps", "https://ca.example/scep" },
    { "/x?a=b&operation=GetCACert&message=0&c#frag", "http://ca.example/x?a=b&c" },
    { "http://[", "http://[" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autofree char *target = scep_http_describe_target (URL, rows[i][0]);

    g_assert_cmpstr (target, ==, rows[i][1]);
  }
}

static void
test_redirect (void)
{
  g_autoptr (ScepHttpReply) reply = new_reply (302, NULL, "");
  g_autoptr (GError) error = NULL;

  scep_http_reply_set_location (reply, "https://elsewhere.example/\n");
  g_assert_false (scep_http_reply_check (reply, URL, NULL, &error));
  g_assert_error (error, SCEP_ERROR, SCEP_ERROR_HTTP_STATUS);
  g_assert_nonnull (strstr (error->message, "https://elsewhere.example/"));
}

static void
test_empty (void)
{
  g_autoptr (ScepHttpReply) reply = new_reply (200, "application/x-pki-message", "");
  g_autoptr (GError) error = NULL;

  g_assert_false (scep_http_reply_check (reply, URL, NULL, &error));
  g_assert_error (error, SCEP_ERROR, SCEP_ERROR_MALFORMED_REPLY);
}

/* RFC 8894 section 4.1 knows one success: a part of an answer is none. */
static void
test_other_success (void)
{
  static const guint statuses[] = { 201, 202, 203, 206, 299 };

  for (guint i = 0; i < G_N_ELEMENTS (statuses); i++) {
    g_autoptr (ScepHttpReply) reply = new_reply (statuses[i], "text/plain", "AES\n");
    g_autoptr (GError) error = NULL;

    g_assert_false (scep_http_reply_check (reply, URL, NULL, &error));
    g_assert_error (error, SCEP_ERROR, SCEP_ERROR_HTTP_STATUS);
  }
}

static void
test_success (void)
{
  g_autoptr (ScepHttpReply) reply = new_reply (200, "text/plain", "AES\n");
  g_autoptr (GError) error = NULL;

  g_assert_true (scep_http_reply_check (reply, URL, NULL, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (scep_http_reply_get_status (reply), ==, 200);
  g_assert_cmpstr (scep_http_reply_get_content_type (reply), ==, "text/plain");
  g_assert_cmpuint (g_bytes_get_size (scep_http_reply_get_body (reply)), ==, 4);
  g_assert_cmpint (scep_http_reply_get_date (reply), ==, 7);
  g_assert_cmpuint (scep_http_reply_get_retry_after (reply), ==, 9);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/http-reply/refusal", test_refusal);
  g_test_add_func ("/http-reply/page", test_page);
  g_test_add_func ("/http-reply/page/cut-off", test_page_cut_off);
  g_test_add_func ("/http-reply/binary-refusal", test_binary_refusal);
  g_test_add_func ("/http-reply/too-long", test_too_long);
  g_test_add_func ("/http-reply/advice", test_advice);
  g_test_add_func ("/http-reply/path", test_path);
  g_test_add_func ("/http-reply/no-type", test_no_type);
  g_test_add_func ("/http-reply/target", test_target);
  g_test_add_func ("/http-reply/redirect", test_redirect);
  g_test_add_func ("/http-reply/empty", test_empty);
  g_test_add_func ("/http-reply/other-success", test_other_success);
  g_test_add_func ("/http-reply/success", test_success);
  return g_test_run ();
}
