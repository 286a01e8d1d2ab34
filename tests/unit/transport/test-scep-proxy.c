/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "transport/scep-proxy.h"

#include <string.h>

static const char *const variables[] = { "http_proxy", "https_proxy", "all_proxy", "no_proxy",
                                         "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY" };

/* What a daemon with this environment alone would do. */
typedef struct {
  const char *name;
  const char *environment[3]; /* "name=value" */
  const char *uri;
  const char *proxy;
} Row;

static const Row rows[] = {
  { "none", { NULL }, "http://ca.example.org/scep", "direct://" },
  { "empty", { "http_proxy=" }, "http://ca.example.org/scep", "direct://" },
  { "http", { "http_proxy=http://p:3128" }, "http://ca.example.org/scep", "http://p:3128" },
  { "capitals", { "HTTP_PROXY=http://p:3128" }, "http://ca.example.org/scep", "http://p:3128" },
  { "small-first",
    { "HTTP_PROXY=http://other", "http_proxy=http://p" },
    "http://ca.example.org/scep",
    "http://p" },
  { "no-scheme", { "http_proxy=p:3128" }, "http://ca.example.org/scep", "http://p:3128" },
  { "http-is-not-https", { "http_proxy=http://p" }, "https://ca.example.org/scep", "direct://" },
  { "https", { "https_proxy=http://p" }, "https://ca.example.org/scep", "http://p" },
  { "all", { "all_proxy=socks5://p:1080" }, "https://ca.example.org/scep", "socks5://p:1080" },
  { "own-before-all",
    { "all_proxy=socks5://p:1080", "https_proxy=http://q" },
    "https://ca.example.org/scep",
    "http://q" },
  { "exception",
    { "http_proxy=http://p", "no_proxy=10.0.0.0/8, ca.example.org" },
    "http://ca.example.org/scep",
    "direct://" },
  { "exception-of-domain",
    { "all_proxy=http://p", "NO_PROXY=.example.org" },
    "http://ca.example.org/scep",
    "direct://" },
  { "exception-of-net",
    { "all_proxy=http://p", "no_proxy=10.0.0.0/8" },
    "http://10.1.2.3/scep",
    "direct://" },
  { "exception-of-another",
    { "all_proxy=http://p", "no_proxy=example.com" },
    "http://ca.example.org/scep",
    "http://p" },
  { "exception-of-all",
    { "all_proxy=http://p", "no_proxy=example.com,*" },
    "http://ca.example.org/scep",
    "direct://" },
};

static void
clear_environment (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (variables); i++)
    g_unsetenv (variables[i]);
}

static void
test_row (gconstpointer data)
{
  const Row *row = data;
  g_autoptr (GProxyResolver) resolver = NULL;
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) found = NULL;

  clear_environment ();
  for (guint i = 0; i < G_N_ELEMENTS (row->environment) && row->environment[i] != NULL; i++) {
    g_auto (GStrv) words = g_strsplit (row->environment[i], "=", 2);

    g_setenv (words[0], words[1], TRUE);
  }
  resolver = scep_proxy_resolver_new ();
  found = g_proxy_resolver_lookup (resolver, row->uri, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (found[0], ==, row->proxy);
  g_assert_null (found[1]);
}

/* User name and password of an HTTP proxy are kept apart from its address. */
static const struct {
  const char *name;
  const char *variable;
  const char *value;
  const char *url;
  const char *shown; /* the name of it, NULL for none */
  const char *plain; /* what is sent, NULL for nothing */
} logins[] = {
  { "none", "http_proxy", "http://p:3128", "http://ca", "p:3128", NULL },
  { "both", "http_proxy", "http://user:word@p:3128", "http://ca", "p:3128", "user:word" },
  { "path", "http_proxy", "http://user:word@p:3128/x@y", "http://ca", "p:3128", "user:word" },
  { "no-scheme", "https_proxy", "user:word@p:3128", "https://ca", "p:3128", "user:word" },
  { "capitals", "HTTPS_PROXY", "HTTP://user:word@p", "https://ca", "p", "user:word" },
  { "all", "all_proxy", "http://user:word@p", "https://ca", "p", "user:word" },
  { "no-password", "http_proxy", "http://user@p", "http://ca", "p", "user:" },
  { "escapes", "http_proxy", "http://us%3Aer:w%40r%2Fd@p", "http://ca", "p", "us:er:w@r/d" },
  { "at", "http_proxy", "http://user:w@rd@p", "http://ca", "p", "user:w@rd" },
  { "no-escape", "http_proxy", "http://user:100%@p", "http://ca", "p", "user:100%" },
  { "address", "http_proxy", "http://user:word@[::1]:3128", "http://ca", "[::1]:3128",
    "user:word" },
  { "other-scheme", "https_proxy", "http://user:word@p", "http://ca", NULL, NULL },
};

static void
test_login (gconstpointer data)
{
  guint i = GPOINTER_TO_UINT (data);
  g_autoptr (ScepProxy) proxy = NULL;
  g_autoptr (GProxyResolver) resolver = NULL;
  g_auto (GStrv) found = NULL;
  g_autofree char *encoded = NULL;
  g_autofree char *expected = NULL;

  clear_environment ();
  g_setenv (logins[i].variable, logins[i].value, TRUE);
  proxy = scep_proxy_find (logins[i].url);
  g_assert_cmpint (proxy == NULL, ==, logins[i].shown == NULL);
  if (proxy == NULL)
    return;
  g_assert_cmpstr (scep_proxy_get_name (proxy), ==, logins[i].shown);
  g_assert_cmpstr (scep_proxy_get_variable (proxy), ==, logins[i].variable);
  resolver = scep_proxy_resolver_new ();
  found = g_proxy_resolver_lookup (resolver, logins[i].url, NULL, NULL);
  g_assert_null (strstr (found[0], "word@"));
  g_assert_null (strstr (found[0], "user"));
  if (logins[i].plain != NULL) {
    encoded = g_base64_encode ((const guchar *) logins[i].plain, strlen (logins[i].plain));
    expected = g_strconcat ("Basic ", encoded, NULL);
  }
  g_assert_cmpstr (scep_proxy_get_authorization (proxy), ==, expected);
}

/* SOCKS has a login of its own, which GLib knows. */
static void
test_socks (void)
{
  g_autoptr (ScepProxy) proxy = NULL;
  g_autoptr (GProxyResolver) resolver = NULL;
  g_auto (GStrv) found = NULL;

  clear_environment ();
  g_setenv ("all_proxy", "socks5://user:word@p:1080", TRUE);
  proxy = scep_proxy_find ("http://ca");
  g_assert_cmpstr (scep_proxy_get_name (proxy), ==, "p:1080");
  g_assert_null (scep_proxy_get_authorization (proxy));
  resolver = scep_proxy_resolver_new ();
  found = g_proxy_resolver_lookup (resolver, "http://ca", NULL, NULL);
  g_assert_cmpstr (found[0], ==, "socks5://user:word@p:1080");
}

/* What a proxy can have, and what a variable can have besides. */
static void
test_usable (void)
{
  static const struct {
    const char *value;
    gboolean is_usable;
  } values[] = {
    { "http://user:word@p:3128", TRUE },
    { "p:3128", TRUE },
    { "socks5://[2001:db8::1]", TRUE },
    { "https://p", TRUE },
    { "ftp://p", FALSE },
    { "http://", FALSE },
    { "http://user:word@:3128", FALSE },
    { "http://p:word/", FALSE },
    /* What GLib cannot read, it logs as a whole. */
    { "socks5://user:wo%rd@p:1080", FALSE },
    { "socks5://user:word@p:99999", FALSE },
    { "https://user:wo%rd@p:3128", FALSE },
    /* A password with a character that ends the host is not a host. */
    { "http://user:12/word@p:3128", FALSE },
    { "http://user:12#word@p:3128", FALSE },
    { "user:12?word@p:3128", FALSE },
    { "socks5://user:12/word@p:1080", FALSE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (values); i++) {
    g_autoptr (ScepProxy) proxy = NULL;

    g_test_message ("%s", values[i].value);
    clear_environment ();
    g_setenv ("HTTPS_PROXY", values[i].value, TRUE);
    proxy = scep_proxy_find ("https://ca");
    g_assert_cmpint (scep_proxy_is_usable (proxy), ==, values[i].is_usable);
  }
}

static void
test_exception (void)
{
  clear_environment ();
  g_setenv ("http_proxy", "http://user:word@p", TRUE);
  g_setenv ("no_proxy", "ca", TRUE);
  g_assert_null (scep_proxy_find ("http://ca"));
  g_setenv ("no_proxy", "*", TRUE);
  g_assert_null (scep_proxy_find ("http://other"));
}

/* A list of exceptions is no proxy, and an empty value is none. */
static void
test_is_set (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (variables); i++) {
    gboolean names_proxy = g_ascii_strcasecmp (variables[i], "no_proxy") != 0;

    g_test_message ("%s", variables[i]);
    clear_environment ();
    g_setenv (variables[i], "", TRUE);
    g_assert_false (scep_proxy_is_set ());
    g_setenv (variables[i], "p", TRUE);
    g_assert_cmpint (scep_proxy_is_set (), ==, names_proxy);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autofree char *path = g_strconcat ("/proxy/", rows[i].name, NULL);

    g_test_add_data_func (path, &rows[i], test_row);
  }
  for (guint i = 0; i < G_N_ELEMENTS (logins); i++) {
    g_autofree char *path = g_strconcat ("/proxy/login/", logins[i].name, NULL);

    g_test_add_data_func (path, GUINT_TO_POINTER (i), test_login);
  }
  g_test_add_func ("/proxy/socks", test_socks);
  g_test_add_func ("/proxy/usable", test_usable);
  g_test_add_func ("/proxy/login/exception", test_exception);
  g_test_add_func ("/proxy/is-set", test_is_set);
  return g_test_run ();
}
