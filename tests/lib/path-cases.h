/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* Extensions as RFC 5280 wants them, which OpenSSL finds no fault with either. */
#define PATH_IDS "subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid:always\n"
#define PATH_SIGNS "keyUsage=critical,keyCertSign,cRLSign\n"
#define PATH_IS_CA "basicConstraints=critical,CA:TRUE\n"
#define PATH_ROOT PATH_IS_CA PATH_SIGNS PATH_IDS
#define PATH_CA PATH_IS_CA PATH_SIGNS PATH_IDS
#define PATH_END "keyUsage=critical,digitalSignature\n" PATH_IDS

/**
 * PathCase:
 * @name: of the test; a number is that of the test in NIST's PKITS
 * @root: (nullable): its extensions, as OpenSSL's configuration file has them,
 *   %PATH_ROOT if %NULL
 * @ca: (nullable): of the CA below it, %PATH_CA if %NULL
 * @lower: (nullable): of a CA below that one; %NULL means that there is none
 * @lower_subject: (nullable):
 * @end: (nullable): of what the lowest CA issued, %PATH_END if %NULL
 * @end_subject: (nullable):
 * @accepted: whether this service takes the path
 * @openssl_refuses: (nullable): why OpenSSL does not, although this service does
 * @openssl_agrees_from: the version of OpenSSL that accepts it, too, or 0
 * @openssl_accepts: (nullable): why OpenSSL does, although this service does not
 *
 * A path from a root down to an end entity, and what is to be said of it.
 */
typedef struct {
  const char *name;
  const char *root;
  const char *ca;
  const char *lower;
  const char *lower_subject;
  const char *end;
  const char *end_subject;
  gboolean accepted;
  const char *openssl_refuses;
  gulong openssl_agrees_from;
  const char *openssl_accepts;
} PathCase;

const PathCase *path_cases_get (guint *n_cases);
