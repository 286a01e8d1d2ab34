/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "responder.h"

#include <openssl/pem.h>
#include <openssl/pkcs7.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

#define YEAR (365L * 24 * 3600)

void
print_fingerprint (const char *label, X509 *cert)
{
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int length;

  X509_digest (cert, EVP_sha256 (), digest, &length);
  printf ("%s ", label);
  for (unsigned int i = 0; i < length; i++)
    printf ("%02x", digest[i]);
  printf ("\n");
}

static void
add_extension (X509 *cert, X509 *issuer, int nid, const char *value)
{
  X509V3_CTX context;
  X509_EXTENSION *extension;

  X509V3_set_ctx (&context, issuer, cert, NULL, NULL, 0);
  extension = X509V3_EXT_conf_nid (NULL, &context, nid, value);
  if (extension == NULL || !X509_add_ext (cert, extension, -1))
    abort ();
  X509_EXTENSION_free (extension);
}

static void
set_random_serial (X509 *cert)
{
  unsigned char bytes[12];
  BIGNUM *number;

  RAND_bytes (bytes, sizeof bytes);
  bytes[0] |= 0x40;
  bytes[0] &= 0x7f;
  number = BN_bin2bn (bytes, sizeof bytes, NULL);
  BN_to_ASN1_INTEGER (number, X509_get_serialNumber (cert));
  BN_free (number);
}

static X509 *
new_certificate (EVP_PKEY *key, X509_NAME *issuer, long not_before, long not_after)
{
  X509 *cert = X509_new ();

  X509_set_version (cert, 2);
  set_random_serial (cert);
  X509_set_issuer_name (cert, issuer);
  X509_gmtime_adj (X509_getm_notBefore (cert), not_before);
  X509_gmtime_adj (X509_getm_notAfter (cert), not_after);
  X509_set_pubkey (cert, key);
  return cert;
}

static bool
load (Identity *self, const char *path)
{
  FILE *file = fopen (path, "r");

  if (file == NULL)
    return false;
  self->key = PEM_read_PrivateKey (file, NULL, NULL, NULL);
  self->cert = PEM_read_X509 (file, NULL, NULL, NULL);
  fclose (file);
  return self->key != NULL && self->cert != NULL;
}

static void
save (Identity *self, const char *path)
{
  FILE *file = fopen (path, "w");

  if (file == NULL)
    abort ();
  PEM_write_PrivateKey (file, self->key, NULL, NULL, 0, NULL, NULL);
  PEM_write_X509 (file, self->cert);
  fclose (file);
}

/* What is to be in a certificate of the responder's own. */
typedef struct {
  const char *name;
  const char *basic_constraints;
  const char *key_usage;
  const char *extended_key_usage; /* or NULL */
  const char *name_constraints;   /* or NULL */
} Template;

static const Template ca_template = {
  "Test CA", "critical,CA:TRUE", "critical,keyCertSign,cRLSign,digitalSignature,keyEncipherment",
  NULL, NULL
};
static const Template root_template = { "Test Root", "critical,CA:TRUE",
                                        "critical,keyCertSign,cRLSign", NULL, NULL };
static const Template ra_template = { "Test RA", "critical,CA:FALSE",
                                      "critical,digitalSignature,keyEncipherment",
                                      "1.3.6.1.5.5.7.3.28", NULL };
static const Template plain_ra_template = { "Test RA", "critical,CA:FALSE",
                                            "critical,digitalSignature,keyEncipherment", NULL,
                                            NULL };
static const Template ra_sign_template = { "Test RA sign", "critical,CA:FALSE",
                                           "critical,digitalSignature", "1.3.6.1.5.5.7.3.28",
                                           NULL };
static const Template ra_decrypt_template = { "Test RA encrypt", "critical,CA:FALSE",
                                              "critical,keyEncipherment", "1.3.6.1.5.5.7.3.28",
                                              NULL };
/* The two of NDES have one name, and its CA signs nothing but certificates and CRLs. */
static const Template plain_ca_template = { "Test CA", "critical,CA:TRUE",
                                            "critical,keyCertSign,cRLSign", NULL, NULL };
static const Template ndes_sign_template = { "Test RA", "critical,CA:FALSE",
                                             "critical,digitalSignature", "1.3.6.1.4.1.311.20.2.1",
                                             NULL };
static const Template ndes_decrypt_template = { "Test RA", "critical,CA:FALSE",
                                                "critical,keyEncipherment",
                                                "1.3.6.1.4.1.311.20.2.1", NULL };
static const Template other_template = { "Stranger", "critical,CA:FALSE",
                                         "critical,digitalSignature,keyEncipherment", NULL, NULL };
/* Below the root: one that must not sign certificates, and one that may not give every name. */
static const Template unsigning_ca_template = { "Test CA", "critical,CA:TRUE", "critical,cRLSign",
                                                NULL, NULL };
static const Template constrained_ca_template = {
  "Test CA", "critical,CA:TRUE", "critical,keyCertSign,cRLSign,digitalSignature,keyEncipherment",
  NULL, "critical,permitted;DNS:example.net,excluded;email:example.org"
};

static bool
has_ec_ca (const char *ra)
{
  return strcmp (ra, "ec") == 0 || strcmp (ra, "ec-alone") == 0;
}

/* sha1, md5: what the root signed the issuing CA with */
static bool
has_weak_digest (const char *ra)
{
  return strcmp (ra, "sha1") == 0 || strcmp (ra, "md5") == 0;
}

/* Below a root, and without an RA. */
static bool
is_limited (const char *ra)
{
  return strcmp (ra, "no-cert-sign") == 0 || strcmp (ra, "constrained") == 0;
}

static bool
is_alone (const char *ra)
{
  return strcmp (ra, "none") == 0 || strcmp (ra, "plain") == 0 || strcmp (ra, "ec-alone") == 0 ||
         strcmp (ra, "weak-key") == 0 || has_weak_digest (ra) || is_limited (ra);
}

static const Template *
get_ca_template (const char *ra)
{
  if (strcmp (ra, "no-cert-sign") == 0)
    return &unsigning_ca_template;
  if (strcmp (ra, "constrained") == 0)
    return &constrained_ca_template;
  return strcmp (ra, "ndes") == 0 || strcmp (ra, "plain") == 0 ? &plain_ca_template : &ca_template;
}

static EVP_PKEY *
new_key (Responder *responder, bool is_ca)
{
  if (is_ca && has_ec_ca (responder->ra))
    return EVP_PKEY_Q_keygen (NULL, NULL, "EC", "P-256");
  return EVP_RSA_gen (is_ca && strcmp (responder->ra, "weak-key") == 0 ? 1024 : 2048);
}

static const EVP_MD *
get_digest (Responder *responder, bool is_ca)
{
  return is_ca && has_weak_digest (responder->ra) ? EVP_get_digestbyname (responder->ra)
                                                  : EVP_sha256 ();
}

/* Loads what is there, or makes it; without @issuer it signs itself. */
static void
open_identity (Responder *responder, Identity *self, const char *file, const Template *template,
               Identity *issuer)
{
  char *path;
  X509_NAME *name = X509_NAME_new ();
  Identity *by = issuer != NULL ? issuer : self;
  bool is_ca = self == &responder->ca;

  if (asprintf (&path, "%s/%s.pem", responder->dir, file) < 0)
    abort ();
  if (!load (self, path)) {
    self->key = new_key (responder, is_ca);
    X509_NAME_add_entry_by_txt (name, "O", MBSTRING_UTF8, (const unsigned char *) "Responder", -1,
                                -1, 0);
    X509_NAME_add_entry_by_txt (name, "CN", MBSTRING_UTF8, (const unsigned char *) template->name,
                                -1, -1, 0);
    self->cert =
        new_certificate (self->key, issuer != NULL ? X509_get_subject_name (issuer->cert) : name,
                         -3600, responder->lifetime + responder->generation * YEAR);
    X509_set_subject_name (self->cert, name);
    add_extension (self->cert, by->cert, NID_basic_constraints, template->basic_constraints);
    add_extension (self->cert, by->cert, NID_key_usage, template->key_usage);
    add_extension (self->cert, by->cert, NID_subject_key_identifier, "hash");
    if (template->extended_key_usage != NULL)
      add_extension (self->cert, by->cert, NID_ext_key_usage, template->extended_key_usage);
    if (template->name_constraints != NULL)
      add_extension (self->cert, by->cert, NID_name_constraints, template->name_constraints);
    X509_sign (self->cert, by->key, get_digest (responder, is_ca));
    save (self, path);
  }
  X509_NAME_free (name);
  free (path);
}

static bool
open_ra (Responder *self, const char *ra, bool chained)
{
  const Template *sign = &ra_template;
  const Template *decrypt = NULL;

  if (strcmp (ra, "pair") == 0) {
    sign = &ra_sign_template;
    decrypt = &ra_decrypt_template;
  } else if (strcmp (ra, "ndes") == 0) {
    sign = &ndes_sign_template;
    decrypt = &ndes_decrypt_template;
  } else if (strcmp (ra, "no-eku") == 0) {
    sign = &plain_ra_template;
  } else if (strcmp (ra, "one") != 0 && strcmp (ra, "ec") != 0 && !chained) {
    return false;
  }
  open_identity (self, &self->sign, "ra-sign", sign, &self->ca);
  self->decrypt = self->sign;
  if (decrypt != NULL)
    open_identity (self, &self->decrypt, "ra-decrypt", decrypt, &self->ca);
  return true;
}

/*
 * @ra: none, plain (a CA for certificates only, without an RA), one, pair, chained, ndes, no-eku,
 * ec (a CA with an EC key, and an RA), ec-alone (without one), weak-key (a CA with 1024 bits),
 * sha1, md5 (an issuing CA that the root signed so, without an RA), no-cert-sign (its keyUsage
 * does not allow it to issue), constrained (it has name constraints)
 */
bool
ca_open (Responder *self, const char *dir, const char *ra)
{
  bool is_ndes = strcmp (ra, "ndes") == 0;
  bool has_root = is_ndes || strcmp (ra, "chained") == 0 || has_weak_digest (ra) || is_limited (ra);

  self->dir = dir;
  self->ra = ra;
  if (has_root)
    open_identity (self, &self->root, "root", &root_template, NULL);
  open_identity (self, &self->ca, has_root ? "issuing" : "ca", get_ca_template (ra),
                 has_root ? &self->root : NULL);
  if (!has_root)
    self->root = self->ca;
  open_identity (self, &self->other, "other", &other_template, NULL);
  self->sign = self->decrypt = self->ca;
  self->has_ra = !is_alone (ra);
  return !self->has_ra || open_ra (self, ra, has_root);
}

/* The RA alone, in the folder that is set now; for a CA that is there. */
bool
ca_open_ra (Responder *self)
{
  return self->has_ra && open_ra (self, self->ra, strcmp (self->ra, "chained") == 0);
}

/* A certificate with everything of @model but its key. */
X509 *
ca_forge (X509 *model, EVP_PKEY *key)
{
  X509 *cert = X509_dup (model);

  X509_set_pubkey (cert, key);
  X509_sign (cert, key, EVP_sha256 ());
  return cert;
}

static void
copy_extensions (X509 *cert, X509_REQ *csr)
{
  STACK_OF (X509_EXTENSION) *extensions = X509_REQ_get_extensions (csr);

  for (int i = 0; i < sk_X509_EXTENSION_num (extensions); i++) {
    X509_EXTENSION *extension = sk_X509_EXTENSION_value (extensions, i);

    if (OBJ_obj2nid (X509_EXTENSION_get_object (extension)) != NID_basic_constraints)
      X509_add_ext (cert, extension, -1);
  }
  sk_X509_EXTENSION_pop_free (extensions, X509_EXTENSION_free);
}

static void
add_named_extension (X509 *cert, X509 *issuer)
{
  char *text = modes_get ("issue.extension");
  char *value = text != NULL ? strchr (text, '=') : NULL;
  X509V3_CTX context;
  X509_EXTENSION *extension;

  if (value != NULL) {
    *value++ = '\0';
    X509V3_set_ctx (&context, issuer, cert, NULL, NULL, 0);
    extension = X509V3_EXT_conf (NULL, &context, text, value);
    if (extension == NULL || !X509_add_ext (cert, extension, -1))
      abort ();
    X509_EXTENSION_free (extension);
  }
  free (text);
}

/* Where RFC 3279 wants a NULL. X509_sign() writes the key anew. */
static void
drop_key_parameters (X509 *cert)
{
  X509_ALGOR *algorithm;

  X509_PUBKEY_get0_param (NULL, NULL, NULL, &algorithm, X509_get_X509_PUBKEY (cert));
  X509_ALGOR_set0 (algorithm, OBJ_nid2obj (NID_rsaEncryption), V_ASN1_UNDEF, NULL);
}

/* issue.malformed=serial or time: what ca_malform() changes, or OpenSSL writes as it is told */
static void
prepare_malformed (X509 *cert)
{
  static const unsigned char serial[] = { 0x11, 0x22, 0x33, 0x44 };

  if (modes_is ("issue.malformed", "serial"))
    ASN1_STRING_set (X509_get_serialNumber (cert), serial, sizeof serial);
  if (modes_is ("issue.malformed", "time"))
    ASN1_STRING_set (X509_getm_notAfter (cert), "4912312359Z", -1);
}

/*
 * issue.key=other, issue.subject=NAME, issue.not-before=S, issue.not-after=S (seconds from
 * now), issue.ca=1, issue.digest=NAME, issue.issuer=other, issue.crl-url=URL,
 * issue.no-key-parameters=1, issue.serial=N, issue.extension=NAME=VALUE (as in OpenSSL's configuration)
 */
X509 *
ca_issue (Responder *self, X509_REQ *csr)
{
  Identity *issuer = modes_is ("issue.issuer", "other") ? &self->other : &self->ca;
  EVP_PKEY *key = modes_is ("issue.key", "other") ? self->other.key : X509_REQ_get0_pubkey (csr);
  X509 *cert = new_certificate (key, X509_get_subject_name (issuer->cert),
                                modes_number ("issue.not-before", -60),
                                modes_number ("issue.not-after", YEAR));
  char *subject = modes_get ("issue.subject");
  char *digest = modes_get ("issue.digest");
  char *crl_url = modes_get ("issue.crl-url");
  const EVP_MD *md = digest != NULL ? EVP_get_digestbyname (digest) : EVP_sha256 ();

  X509_set_subject_name (cert, X509_REQ_get_subject_name (csr));
  if (subject != NULL) {
    X509_NAME *name = X509_NAME_new ();

    X509_NAME_add_entry_by_txt (name, "CN", MBSTRING_UTF8, (const unsigned char *) subject, -1, -1,
                                0);
    X509_set_subject_name (cert, name);
    X509_NAME_free (name);
  }
  copy_extensions (cert, csr);
  add_extension (cert, issuer->cert, NID_basic_constraints,
                 modes_on ("issue.ca") ? "critical,CA:TRUE" : "critical,CA:FALSE");
  /* Generations of the CA have the same name: by this OpenSSL tells them apart. */
  add_extension (cert, issuer->cert, NID_authority_key_identifier, "keyid");
  add_named_extension (cert, issuer->cert);
  if (modes_on ("issue.serial"))
    ASN1_INTEGER_set (X509_get_serialNumber (cert), modes_number ("issue.serial", 1));
  prepare_malformed (cert);
  if (modes_on ("issue.no-key-parameters"))
    drop_key_parameters (cert);
  if (crl_url != NULL) {
    char value[256];

    snprintf (value, sizeof value, "URI:%s", crl_url);
    add_extension (cert, issuer->cert, NID_crl_distribution_points, value);
  }
  X509_sign (cert, issuer->key, md);
  free (crl_url);
  free (subject);
  free (digest);
  return cert;
}

static unsigned char *
find (unsigned char *data, size_t length, const void *what, size_t what_length)
{
  unsigned char *found = memmem (data, length, what, what_length);

  if (found == NULL)
    abort ();
  return found;
}

/* Signs anew what was changed in @der, the lengths in which have two octets. */
static void
sign_anew (unsigned char *der, size_t length, EVP_PKEY *key)
{
  unsigned char *tbs = der + 4;
  size_t tbs_length = 4 + ((size_t) tbs[2] << 8 | tbs[3]);
  size_t signature_length = (size_t) EVP_PKEY_get_size (key);
  EVP_MD_CTX *context = EVP_MD_CTX_new ();

  if (EVP_DigestSignInit (context, NULL, EVP_sha256 (), NULL, key) <= 0 ||
      EVP_DigestSign (context, der + length - signature_length, &signature_length, tbs,
                      tbs_length) <= 0)
    abort ();
  EVP_MD_CTX_free (context);
}

/*
 * issue.malformed=serial (an octet too many), text (no UTF-8 in the subject, for
 * issue.subject=malformed) or time (without seconds): what OpenSSL itself would not write
 *
 * Changes @cert where it stands in @bytes.
 */
void
ca_malform (Responder *self, X509 *cert, Bytes bytes)
{
  unsigned char *der = NULL;
  size_t length = (size_t) i2d_X509 (cert, &der);
  unsigned char *place = find (bytes.data, bytes.length, der, length);

  if (modes_is ("issue.malformed", "serial"))
    memcpy (find (place, length, "\x11\x22\x33\x44", 4), "\0\x11\x22\x33", 4);
  if (modes_is ("issue.malformed", "text"))
    memcpy (find (place, length, "malformed", 9), "malf\xfcrmed", 9);
  sign_anew (place, length, self->ca.key);
  OPENSSL_free (der);
}

/* Whether a client's certificate is one of ours, valid or not. */
bool
ca_has_issued (Responder *self, X509 *cert)
{
  for (; self != NULL; self = self->previous) {
    if (X509_verify (cert, X509_get0_pubkey (self->ca.cert)) == 1)
      return true;
  }
  return false;
}

/* list.content=empty: content that is there and has no byte */
static void
add_empty_content (PKCS7 *p7)
{
  PKCS7 *content = p7->d.sign->contents;

  PKCS7_set_detached (p7, 0);
  ASN1_OCTET_STRING_free (content->d.data);
  content->d.data = ASN1_OCTET_STRING_new ();
}

/* list.damaged=N: the certificate of this number, from 0, has a version that nobody can read */
static void
damage (Bytes list, STACK_OF (X509) * certs)
{
  int n = (int) modes_number ("list.damaged", -1);
  unsigned char *der = NULL;
  int length = n >= 0 && n < sk_X509_num (certs) ? i2d_X509 (sk_X509_value (certs, n), &der) : 0;
  unsigned char *found = length > 0 ? memmem (list.data, list.length, der, (size_t) length) : NULL;
  unsigned char *version =
      found != NULL ? memmem (found, (size_t) length, "\xa0\x03\x02\x01\x02", 5) : NULL;

  if (version != NULL)
    version[2] = 0x04;
  OPENSSL_free (der);
}

/* A degenerate SignedData (RFC 8894, 3.4). */
Bytes
certs_only (STACK_OF (X509) * certs)
{
  PKCS7 *p7 = PKCS7_new ();
  Bytes bytes = { NULL, 0 };
  int length;

  PKCS7_set_type (p7, NID_pkcs7_signed);
  PKCS7_content_new (p7, NID_pkcs7_data);
  PKCS7_set_detached (p7, 1);
  if (modes_is ("list.content", "empty"))
    add_empty_content (p7);
  for (int i = 0; i < sk_X509_num (certs); i++)
    PKCS7_add_certificate (p7, sk_X509_value (certs, i));
  length = i2d_PKCS7 (p7, &bytes.data);
  bytes.length = length > 0 ? (size_t) length : 0;
  damage (bytes, certs);
  PKCS7_free (p7);
  return bytes;
}

static unsigned char *
open_indefinite (unsigned char *out, const unsigned char **p, long *length)
{
  int tag;
  int class;

  *out++ = **p;
  *out++ = 0x80;
  ASN1_get_object (p, length, &tag, &class, *length);
  return out;
}

/* The same SignedData, its three outermost lengths indefinite; takes @der. */
Bytes
make_indefinite (Bytes der)
{
  const unsigned char *p = der.data;
  long length = (long) der.length;
  Bytes ber = { OPENSSL_zalloc (der.length + 16), 0 };
  unsigned char *out = open_indefinite (ber.data, &p, &length);
  size_t oid_length = 2 + p[1];

  memcpy (out, p, oid_length);
  out += oid_length;
  p += oid_length;
  length -= (long) oid_length;
  out = open_indefinite (out, &p, &length);
  out = open_indefinite (out, &p, &length);
  memcpy (out, p, (size_t) length);
  ber.length = (size_t) (out + length + 6 - ber.data);
  OPENSSL_free (der.data);
  return ber;
}

/* A certificate of @subject's name and key by @issuer. */
static X509 *
cross_certify (Identity *subject, Identity *issuer)
{
  X509 *cert = X509_dup (subject->cert);

  set_random_serial (cert);
  X509_set_issuer_name (cert, X509_get_subject_name (issuer->cert));
  add_extension (cert, issuer->cert, NID_authority_key_identifier, "keyid");
  X509_sign (cert, issuer->key, EVP_sha256 ());
  return cert;
}

/*
 * ca.list=1 (a list even of one), ca.ber=1 (with indefinite lengths), ca.no-root=1,
 * ca.cross=1 (with the CA before, each signed by the other one, too), ca.order=reversed, ca.extra=1 (a stranger in it), ca.missing=1 (the RA only), ca.next=1 (the
 * next CA, too)
 */
Bytes
ca_bundle (Responder *self, bool *is_single)
{
  STACK_OF (X509) *certs = sk_X509_new_null ();
  bool reversed = modes_is ("ca.order", "reversed");
  Responder *before = modes_on ("ca.cross") ? self->previous : NULL;
  X509 *old_with_new = before != NULL ? cross_certify (&before->root, &self->root) : NULL;
  X509 *new_with_old = before != NULL ? cross_certify (&self->root, &before->root) : NULL;
  X509 *all[] = {
    old_with_new,
    before != NULL ? before->root.cert : NULL,
    new_with_old,
    self->has_ra ? self->sign.cert : NULL,
    self->decrypt.cert != self->sign.cert ? self->decrypt.cert : NULL,
    modes_on ("ca.missing") ? NULL : self->ca.cert,
    self->root.cert != self->ca.cert && !modes_on ("ca.no-root") ? self->root.cert : NULL,
    modes_on ("ca.extra") ? self->other.cert : NULL,
    modes_on ("ca.next") && self->next != NULL ? self->next->ca.cert : NULL,
    modes_on ("attack.impostor") ? attack_impostor (self) : NULL,
  };
  Bytes bytes = { NULL, 0 };

  for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
    if (all[i] != NULL)
      sk_X509_insert (certs, all[i], reversed ? 0 : -1);
  }
  *is_single = sk_X509_num (certs) == 1 && !modes_on ("ca.list") && !modes_on ("ca.ber");
  if (*is_single)
    bytes.length = (size_t) i2d_X509 (sk_X509_value (certs, 0), &bytes.data);
  else
    bytes = certs_only (certs);
  sk_X509_free (certs);
  X509_free (old_with_new);
  X509_free (new_with_old);
  return modes_on ("ca.ber") ? make_indefinite (bytes) : bytes;
}
