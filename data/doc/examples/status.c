/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Prints how the default profile is, with the proxy that gdbus-codegen makes. */
#include "scep-proxy.h"

#include <stdio.h>

static int
fail (const char *what, GError *error)
{
  fprintf (stderr, "%s: %s\n", what, error->message);
  g_error_free (error);
  return 1;
}

int
main (void)
{
  GError *error = NULL;
  char *chain = NULL;
  ScepProxyProfile *profile;

  profile = scep_proxy_profile_proxy_new_for_bus_sync (G_BUS_TYPE_SYSTEM, G_DBUS_PROXY_FLAGS_NONE,
                                                       "org.example.SCEPEnrollment",
                                                       "/org/example/SCEPEnrollment", NULL, &error);
  if (profile == NULL)
    return fail ("The service cannot be reached", error);

  printf ("State: %s\n", scep_proxy_profile_get_state (profile));
  if (*scep_proxy_profile_get_last_error (profile) != '\0')
    printf ("Last error: %s\n", scep_proxy_profile_get_last_error_message (profile));
  if (!scep_proxy_profile_call_get_certificate_chain_sync (profile, &chain, NULL, &error)) {
    g_object_unref (profile);
    return fail ("The certificate cannot be read", error);
  }
  fputs (chain, stdout);
  g_free (chain);
  g_object_unref (profile);
  return 0;
}
