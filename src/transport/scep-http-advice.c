/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "transport/scep-http-reply-private.h"

#include <glib/gi18n-lib.h>
#include <string.h>

/* Statuses that say what is wrong (RFC 9110 section 15, RFC 6585). */
static const struct {
  guint status;
  const char *advice;
} advices[] = {
  { 401, N_ ("it wants a login, which SCEP does not have: check the path in ServerEndpoint and the "
             "permissions on the server") },
  { 403, N_ ("it refuses this machine: check the path in ServerEndpoint and the permissions on the "
             "server") },
  { 407, N_ ("a proxy wants a user name and password: check http_proxy and https_proxy") },
  { 411, N_ ("it misses the length of the message, which is always sent: check the proxies between "
             "this machine and the server") },
  { 413, N_ ("the message is too large for it: raise the limit for request bodies on the server "
             "and on the proxies before it") },
  { 414, N_ ("a request by GET is too long for it: let it take POST and list POSTPKIOperation") },
  { 417, N_ ("it refuses an Expect header, which is never sent: check the proxies between this "
             "machine and the server") },
  { 426, N_ ("it wants TLS: use https in ServerEndpoint") },
  { 429, N_ ("it is asked too often: raise its limit for this machine, or ConnectRetryInterval") },
  { 502, N_ ("what stands before the SCEP server cannot reach it: check whether it runs") },
  { 504, N_ ("what stands before the SCEP server cannot reach it: check whether it runs") },
  { 511, N_ ("this network wants a login before it lets anybody out: log in, or use another "
             "network") },
};

/* What nginx, Apache, Go and Tomcat say to somebody who speaks HTTP to a port of TLS. */
static const char *const wants_tls[] = {
  "plain http request was sent to https port",
  "speaking plain http to an ssl-enabled",
  "sent an http request to an https server",
  "host and port requires tls",
};

static gboolean
speaks_tls (const char *words)
{
  g_autofree char *lower = g_ascii_strdown (words, -1);

  for (guint i = 0; i < G_N_ELEMENTS (wants_tls); i++) {
    if (strstr (lower, wants_tls[i]) != NULL)
      return TRUE;
  }
  return FALSE;
}

/**
 * scep_http_advise:
 * @status: HTTP status of a refusal
 * @words: (nullable): what the server says about it
 * @advice: (nullable): what to do about a 4xx that says no more than that
 *   something is wrong; %NULL where the path may be
 *
 * Returns: (transfer none): what to do about it, a clause
 */
const char *
scep_http_advise (guint status, const char *words, const char *advice)
{
  if (status == 400 && words != NULL && speaks_tls (words))
    return _ ("this port speaks TLS: use https in ServerEndpoint");
  for (guint i = 0; i < G_N_ELEMENTS (advices); i++) {
    if (status == advices[i].status)
      return _ (advices[i].advice);
  }
  if (status >= 400 && status < 500)
    return advice != NULL ? advice : _ ("check the path in ServerEndpoint");
  return _ ("look into the server's log");
}
