/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "responder.h"

#include <getopt.h>
#include <openssl/pem.h>
#include <openssl/provider.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const struct option options[] = {
  { "dir", required_argument, NULL, 'd' },
  { "port", required_argument, NULL, 'p' },
  { "ra", required_argument, NULL, 'r' },
  { "challenge", required_argument, NULL, 'c' },
  { NULL, 0, NULL, 0 },
};

static FILE *
open_in (const char *dir, const char *name, const char *mode)
{
  char *path;
  FILE *file;

  if (asprintf (&path, "%s/%s", dir, name) < 0)
    abort ();
  file = fopen (path, mode);
  if (file == NULL) {
    perror (path);
    exit (1);
  }
  free (path);
  return file;
}

int
main (int argc, char **argv)
{
  Responder responder = { .challenge = NULL };
  const char *dir = NULL;
  const char *ra = "none";
  int port = 0;
  FILE *file;

  for (int c; (c = getopt_long (argc, argv, "", options, NULL)) != -1;) {
    if (c == 'd')
      dir = optarg;
    else if (c == 'p')
      port = atoi (optarg);
    else if (c == 'r')
      ra = optarg;
    else if (c == 'c')
      responder.challenge = optarg;
    else
      return 2;
  }
  if (dir == NULL) {
    fprintf (stderr, "usage: scep-responder --dir DIR [--port N] [--challenge WORD]\n"
                     "                      [--ra none|one|pair|chained|no-eku]\n");
    return 2;
  }
  signal (SIGPIPE, SIG_IGN);
  /* Single DES lives in the legacy provider. */
  OSSL_PROVIDER_load (NULL, "default");
  OSSL_PROVIDER_load (NULL, "legacy");
  mkdir (dir, 0700);
  if (!ca_open (&responder, dir, ra)) {
    fprintf (stderr, "scep-responder: unknown kind of RA: %s\n", ra);
    return 2;
  }
  file = open_in (dir, "ca.crt", "w");
  PEM_write_X509 (file, responder.root.cert);
  fclose (file);
  responder.log = open_in (dir, "requests.log", "a");
  setvbuf (stdout, NULL, _IOLBF, 0);
  print_fingerprint ("CA", responder.root.cert);
  print_fingerprint ("RA", responder.decrypt.cert);
  serve (&responder, port);
  return 1;
}
