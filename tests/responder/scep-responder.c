/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * GET /control?key=value&… switches modes between requests; an empty value switches one off,
 * reset=1 all that came before it. The answer says how many requests are held.
 *
 *   hold=1                     requests wait until hold=0
 *   http.OPERATION=            html, empty, huge, chunked, trickle, redirect, gzip, close, half
 *                              or a status; http.times=N limits it; retry-after=S
 *   caps=                      the text of GetCACaps, or none
 *   ca.order=reversed, ca.extra=1, ca.missing=1, ca.next=1, ca.no-root=1, ca.list=1, ca.ber=1,
 *   list.content=empty
 *   ca.cross=1                 with the CA before, each signed by the other one, too
 *   ca.identifier=TEXT         what GetCACert has to be asked with, any: whatever
 *   next-ca=                   good, ber, sha1, ra, other, forged, outer, old or unsigned: what
 *                              GetNextCACert gets, and its keyword is in GetCACaps; without it
 *                              there is no next CA
 *   rollover=N                 an action: generation N of the CA, 0 the first, with an RA of its
 *                              own, is the current one from now on; no reset takes it back
 *   ra.change=S                an action: the CA has another RA from now on, for S seconds
 *   unreadable=                a status or empty: what a message gets that cannot be decrypted
 *   path=PATH, url.limit=N      the only path, else 404; the longest query, else 414
 *   http.old=1, type.OPERATION= HTTP/1.0; another Content-Type, or none
 *   post.strict=1, drop.METHOD=1, refuse.METHOD=N
 *                              a body of another type or of no length is none; a message is
 *                              taken and answered with nothing, or with that status
 *   want.cipher=NAME, fault.TYPE= any other is badAlg; error, html or empty for a messageType
 *   pending=N                  so many PENDING, -1 for ever
 *   renewal.17=, renewal.19=, renewal.self=
 *                              refuse, error, html, empty, old, ca, other-key or challenge: what
 *                              a RenewalReq, a PKCSReq that a certificate of this CA signed, and
 *                              any other PKCSReq get; renewal.names=same: what a certificate of
 *                              this CA signs has to be for the names of that, byte for byte
 *   fail.info=                 a number, or none; fail.text=TEXT, fail.times=N
 *   status=                    another pkiStatus on a SUCCESS
 *   nonce.sender=              echo or missing
 *   nonce=, txid=              wrong, missing, prefix
 *   content=                   zero, dummy or absent: that of a message without any
 *   sign.issued=1, sign.no-parameters=1, sign.request-status=TEXT, sign.hresult=N,
 *   fail.text-type=printable, fail.text-oid=old
 *   sign.type=enveloped, sign.attributes=odd (one without a value, one with two)
 *   trailing=                  crlf, zeros or text: what follows an answer that is ASN.1
 *   sign.key=forged|other, sign.digest=NAME, sign.nocerts=1, sign.extra=1, sign.ber=1
 *   envelope.cipher=NAME, envelope.oaep=1, envelope.ber=1, envelope.recipient=other|password,
 *   envelope.extra=1, envelope.mislabeled=1
 *   envelope.hand=1            put together without OpenSSL's CMS: envelope.oaep-hash=NAME,
 *                              envelope.oaep-mask=NAME, envelope.oaep-mask-untold=1,
 *                              envelope.gcm=primitive|nested, envelope.tag=N,
 *                              envelope.tag-untold=1, envelope.tag-wrong=1,
 *                              envelope.originator=empty|certificate
 *   issue.key=other, issue.issuer=other, issue.subject=CN, issue.ca=1, issue.digest=NAME,
 *   issue.not-before=S, issue.not-after=S (from now), issue.none=1, issue.chain=1, issue.extra=1,
 *   issue.crl-url=URL, issue.no-key-parameters=1, issue.serial=N,
 *   issue.malformed=serial|text|time
 *   crl.number=N, crl.entries=N, crl.count=N, crl.key=other, crl.this-update=S,
 *   crl.next-update=S (from now): what a GetCRL and GET /crl get
 *   certificate.none=1, certificate.other=1, certificate.key=other, certificate.extra=1: what
 *                              a GetCert gets instead of what was issued
 *   http.server=TEXT, http.date= the header Server; the header Date: S (from now), none, or TEXT
 *   http.body=TEXT             what is said with the status of an error
 *   attack.record=1, attack.replay=1, attack.flip=N, attack.cut=N, attack.deep=1,
 *   attack.impostor=1: what somebody on the way makes of it, see responder-attack.c
 *
 * DIR/requests.log has a JSON object for each request, DIR/ca.crt the topmost certificates of
 * this CA and those before. The fingerprints of CA, RA and, once it is there, NEXT-CA are printed
 * whenever they change.
 */
#include "responder.h"

#include <getopt.h>
#include <openssl/provider.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define TEN_YEARS (3650L * 24 * 3600)

static const struct option options[] = {
  { "dir", required_argument, NULL, 'd' },      { "port", required_argument, NULL, 'p' },
  { "ra", required_argument, NULL, 'r' },       { "challenge", required_argument, NULL, 'c' },
  { "lifetime", required_argument, NULL, 'l' }, { NULL, 0, NULL, 0 },
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
  static Responder responder = { .lifetime = TEN_YEARS };
  const char *dir = NULL;
  const char *ra = "none";
  int port = 0;

  for (int c; (c = getopt_long (argc, argv, "", options, NULL)) != -1;) {
    if (c == 'd')
      dir = optarg;
    else if (c == 'p')
      port = atoi (optarg);
    else if (c == 'r')
      ra = optarg;
    else if (c == 'c')
      responder.challenge = optarg;
    else if (c == 'l')
      responder.lifetime = atol (optarg);
    else
      return 2;
  }
  if (dir == NULL) {
    fprintf (stderr, "usage: scep-responder --dir DIR [--port N] [--challenge WORD]\n"
                     "                      [--ra none|plain|one|pair|chained|ndes|no-eku|\n"
                     "                       ec|ec-alone|weak-key|sha1|md5|no-cert-sign|\n"
                     "                       constrained]\n"
                     "                      [--lifetime SECONDS, of the first CA]\n");
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
  responder.log = open_in (dir, "requests.log", "a");
  setvbuf (stdout, NULL, _IOLBF, 0);
  generations_start (&responder);
  serve (port);
  return 1;
}
