/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "life-server.h"

#include "base/scep-text.h"
#include "openssl-scep.h"
#include "openssl-time.h"

#include <string.h>

#define OID_MESSAGE_TYPE "2.16.840.1.113733.1.9.2"
#define OID_SENDER_NONCE "2.16.840.1.113733.1.9.5"
#define OID_TRANSACTION_ID "2.16.840.1.113733.1.9.7"
#define CAPABILITIES "SCEPStandard\nPOSTPKIOperation\nAES\nSHA-256\nRenewal\n"
#define VALIDITY (30 * LIFE_DAY)
/* Every so many requests wait for somebody at the CA, for so many polls. */
#define PENDING_EVERY 7
#define PENDING_POLLS 2

/* A transaction that has been begun. */
typedef struct {
  X509_REQ *csr; /* (owned) */
  guint polls_left;
} Waiting;

/* A request, opened. */
typedef struct {
  CMS_ContentInfo *cms; /* (owned) */
  TestCertificate *ca;  /* to which it was encrypted */
  X509 *signer;
  char *type; /* (owned) */
  char *id;   /* (owned) */
  GBytes *nonce;
  GBytes *plain;
} Request;

static void
waiting_free (gpointer data)
{
  Waiting *waiting = data;

  X509_REQ_free (waiting->csr);
  g_free (waiting);
}

static void
request_clear (Request *request)
{
  CMS_ContentInfo_free (request->cms);
  g_free (request->type);
  g_free (request->id);
  g_clear_pointer (&request->nonce, g_bytes_unref);
  g_clear_pointer (&request->plain, g_bytes_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Request, request_clear)

void
life_server_init (LifeServer *self, ScepClockFake *clock, gint64 ca_period, guint n_cas)
{
  memset (self, 0, sizeof *self);
  self->clock = clock;
  self->origin = scep_clock_now (SCEP_CLOCK (clock));
  self->ca_period = ca_period;
  self->challenge = "secret";
  self->cas = g_ptr_array_new_with_free_func ((GDestroyNotify) test_certificate_free);
  self->waiting = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, waiting_free);
  for (guint i = 0; i < n_cas; i++) {
    gint64 begin = self->origin + i * ca_period;
    TestCertificateSpec spec = {
      .name = "Life CA",
      .serial = (long) i + 1,
      .rsa_bits = 2048,
      .ca = TRUE,
      .key_usage = "critical,keyCertSign,cRLSign,digitalSignature,keyEncipherment",
      .not_before = begin - LIFE_CA_EARLY,
      .not_after = begin + (ca_period != 0 ? ca_period + LIFE_CA_LATE : 15 * 365 * LIFE_DAY),
    };

    g_ptr_array_add (self->cas, test_certificate_new (&spec, NULL, NULL));
  }
}

void
life_server_clear (LifeServer *self)
{
  g_ptr_array_unref (self->cas);
  g_hash_table_unref (self->waiting);
}

static gint64
get_now (LifeServer *self)
{
  return scep_clock_now (SCEP_CLOCK (self->clock));
}

/* The generation that is used at @time. */
static TestCertificate *
get_ca_at (LifeServer *self, gint64 time)
{
  guint index = self->ca_period != 0 ? (guint) ((time - self->origin) / self->ca_period) : 0;

  return g_ptr_array_index (self->cas, MIN (index, self->cas->len - 1));
}

/* Returns: (transfer none): the CA of the day */
TestCertificate *
life_server_get_ca (LifeServer *self)
{
  return get_ca_at (self, get_now (self));
}

/* Returns: (transfer none) (nullable): the next CA, if it is announced */
static TestCertificate *
get_next_ca (LifeServer *self)
{
  TestCertificate *next = get_ca_at (self, get_now (self) + LIFE_CA_ANNOUNCED);

  return next != life_server_get_ca (self) ? next : NULL;
}

/* Returns: (transfer none) (nullable): the generation that issued @certificate */
TestCertificate *
life_server_find_issuer (LifeServer *self, X509 *certificate)
{
  for (guint i = 0; i < self->cas->len; i++) {
    TestCertificate *ca = g_ptr_array_index (self->cas, i);

    if (X509_verify (certificate, ca->key) == 1)
      return ca;
  }
  return NULL;
}

static GBytes *
take_bio (BIO *bio)
{
  char *data;
  long length = BIO_get_mem_data (bio, &data);
  GBytes *bytes = g_bytes_new (data, (gsize) length);

  BIO_free (bio);
  return bytes;
}

static GBytes *
get_attribute (CMS_SignerInfo *info, const char *oid)
{
  ASN1_OBJECT *object = OBJ_txt2obj (oid, 1);
  X509_ATTRIBUTE *attribute =
      CMS_signed_get_attr (info, CMS_signed_get_attr_by_OBJ (info, object, -1));
  ASN1_STRING *value = X509_ATTRIBUTE_get0_type (attribute, 0)->value.asn1_string;

  ASN1_OBJECT_free (object);
  return g_bytes_new (ASN1_STRING_get0_data (value), (gsize) ASN1_STRING_length (value));
}

static char *
get_text (CMS_SignerInfo *info, const char *oid)
{
  g_autoptr (GBytes) bytes = get_attribute (info, oid);

  return g_strndup (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes));
}

static gboolean
decrypt (Request *request, GBytes *sealed, TestCertificate *ca)
{
  const unsigned char *data = g_bytes_get_data (sealed, NULL);
  CMS_ContentInfo *cms = d2i_CMS_ContentInfo (NULL, &data, (long) g_bytes_get_size (sealed));
  BIO *plain = BIO_new (BIO_s_mem ());
  gboolean opened = cms != NULL && ca != NULL &&
                    CMS_decrypt (cms, ca->key, ca->x509, NULL, plain, CMS_BINARY) == 1;

  CMS_ContentInfo_free (cms);
  if (opened) {
    request->ca = ca;
    request->plain = take_bio (plain);
  } else {
    BIO_free (plain);
  }
  return opened;
}

static gboolean
open_request (LifeServer *self, GBytes *body, Request *request)
{
  const unsigned char *data = g_bytes_get_data (body, NULL);
  BIO *content = BIO_new (BIO_s_mem ());
  g_autoptr (GBytes) sealed = NULL;
  CMS_SignerInfo *info;
  int verified;

  request->cms = d2i_CMS_ContentInfo (NULL, &data, (long) g_bytes_get_size (body));
  g_assert_nonnull (request->cms);
  verified =
      CMS_verify (request->cms, NULL, NULL, NULL, content, CMS_BINARY | CMS_NO_SIGNER_CERT_VERIFY);
  g_assert_cmpint (verified, ==, 1);
  info = sk_CMS_SignerInfo_value (CMS_get0_SignerInfos (request->cms), 0);
  CMS_SignerInfo_get0_algs (info, NULL, &request->signer, NULL, NULL);
  request->type = get_text (info, OID_MESSAGE_TYPE);
  request->id = get_text (info, OID_TRANSACTION_ID);
  request->nonce = get_attribute (info, OID_SENDER_NONCE);
  sealed = take_bio (content);
  return decrypt (request, sealed, life_server_get_ca (self)) ||
         decrypt (request, sealed, get_next_ca (self));
}

static X509 *
issue (LifeServer *self, TestCertificate *ca, X509_REQ *csr)
{
  X509 *certificate = X509_new ();
  gint64 now = get_now (self);

  X509_set_version (certificate, X509_VERSION_3);
  ASN1_INTEGER_set (X509_get_serialNumber (certificate),
                    (long) (1000 + self->n_enrolled + self->n_renewed));
  X509_set_subject_name (certificate, X509_REQ_get_subject_name (csr));
  X509_set_issuer_name (certificate, X509_get_subject_name (ca->x509));
  test_time_set (X509_getm_notBefore (certificate), now - 60);
  test_time_set (X509_getm_notAfter (certificate), now + VALIDITY);
  X509_set_pubkey (certificate, X509_REQ_get0_pubkey (csr));
  g_assert_cmpint (X509_sign (certificate, ca->key, EVP_sha256 ()), >, 0);
  return certificate;
}

static gboolean
has_challenge (LifeServer *self, X509_REQ *csr)
{
  int i = X509_REQ_get_attr_by_NID (csr, NID_pkcs9_challengePassword, -1);
  ASN1_TYPE *value = i >= 0 ? X509_ATTRIBUTE_get0_type (X509_REQ_get_attr (csr, i), 0) : NULL;
  ASN1_STRING *text = value != NULL ? value->value.asn1_string : NULL;

  return text != NULL && (gsize) ASN1_STRING_length (text) == strlen (self->challenge) &&
         memcmp (ASN1_STRING_get0_data (text), self->challenge, strlen (self->challenge)) == 0;
}

/* Whether a certificate of ours, which is good now, signed it. */
static gboolean
is_renewal (LifeServer *self, const Request *request)
{
  gint64 now = get_now (self);

  return g_str_equal (request->type, "17") &&
         life_server_find_issuer (self, request->signer) != NULL &&
         test_time_get (X509_get0_notBefore (request->signer)) <= now &&
         test_time_get (X509_get0_notAfter (request->signer)) > now;
}

/* Returns: (transfer none) (nullable): the transaction, unless it is refused */
static Waiting *
find_transaction (LifeServer *self, const Request *request)
{
  Waiting *waiting = g_hash_table_lookup (self->waiting, request->id);
  const unsigned char *data = g_bytes_get_data (request->plain, NULL);
  X509_REQ *csr;

  if (g_str_equal (request->type, "20")) {
    self->n_polls++;
    return waiting;
  }
  csr = d2i_X509_REQ (NULL, &data, (long) g_bytes_get_size (request->plain));
  g_assert_cmpint (X509_REQ_verify (csr, X509_REQ_get0_pubkey (csr)), ==, 1);
  if (!is_renewal (self, request) &&
      !(g_str_equal (request->type, "19") && has_challenge (self, csr))) {
    X509_REQ_free (csr);
    return NULL;
  }
  if (waiting == NULL) {
    waiting = g_new0 (Waiting, 1);
    if ((self->n_enrolled + self->n_renewed) % PENDING_EVERY == PENDING_EVERY - 1)
      waiting->polls_left = PENDING_POLLS;
    g_hash_table_insert (self->waiting, g_strdup (request->id), waiting);
  }
  X509_REQ_free (waiting->csr);
  waiting->csr = csr;
  return waiting;
}

static GBytes *
answer_request (LifeServer *self, Request *request)
{
  TestIdentity ca = { request->ca->x509, request->ca->key };
  TestIdentity device = { request->signer, NULL };
  Waiting *waiting = find_transaction (self, request);
  X509 *issued = NULL;
  GBytes *built;
  TestReply reply = {
    .signer = &ca,
    .transaction_id = request->id,
    .message_type = "3",
    .recipient_nonce = request->nonce,
    .cipher = EVP_aes_128_cbc (),
    .digest = EVP_sha256 (),
  };

  if (waiting == NULL) {
    self->n_refused++;
    reply.pki_status = "2";
    reply.fail_info = g_str_equal (request->type, "20") ? "4" : "2";
  } else if (waiting->polls_left > 0) {
    waiting->polls_left--;
    reply.pki_status = "3";
  } else {
    issued = issue (self, request->ca, waiting->csr);
    reply.pki_status = "0";
    reply.recipient = &device;
    reply.issued = issued;
    if (life_server_find_issuer (self, request->signer) != NULL)
      self->n_renewed++;
    else
      self->n_enrolled++;
  }
  built = test_reply_build (&reply);
  X509_free (issued);
  return built;
}

static ScepHttpReply *
make_reply (guint status, GBytes *body)
{
  return scep_http_reply_new (status, "application/octet-stream", body, 0, 0);
}

static ScepHttpReply *
make_text (guint status, const char *text)
{
  g_autoptr (GBytes) body = g_bytes_new (text, strlen (text));

  return make_reply (status, body);
}

static ScepHttpReply *
answer_pki_operation (LifeServer *self, GBytes *body)
{
  g_auto (Request) request = { 0 };
  g_autoptr (GBytes) reply = NULL;

  if (!open_request (self, body, &request)) {
    self->n_unreadable++;
    return make_text (400, "cannot decrypt");
  }
  reply = answer_request (self, &request);
  return make_reply (200, reply);
}

/* RFC 8894 section 4.7.1: certificates only, signed by the CA of the day. */
static ScepHttpReply *
answer_next_ca (LifeServer *self)
{
  TestCertificate *ca = life_server_get_ca (self);
  TestCertificate *next = get_next_ca (self);
  g_autoptr (GBytes) content = NULL;
  g_autoptr (GBytes) reply = NULL;
  CMS_ContentInfo *cms;
  BIO *in;
  BIO *out;

  if (next == NULL)
    return make_text (404, "there is none");
  content = test_degenerate_build (&next->x509, 1);
  in = BIO_new_mem_buf (g_bytes_get_data (content, NULL), (int) g_bytes_get_size (content));
  out = BIO_new (BIO_s_mem ());
  cms = CMS_sign (ca->x509, ca->key, NULL, in, CMS_BINARY | CMS_NOSMIMECAP);
  g_assert_nonnull (cms);
  i2d_CMS_bio (out, cms);
  CMS_ContentInfo_free (cms);
  BIO_free (in);
  reply = take_bio (out);
  return scep_http_reply_new (200, "application/x-x509-next-ca-cert", reply, 0, 0);
}

static ScepHttpReply *
answer_badly (LifeFault fault, GError **error)
{
  if (fault == LIFE_UNREACHABLE) {
    scep_error_set (error, SCEP_ERROR_SERVER_UNREACHABLE, "Nobody there.");
    return NULL;
  }
  if (fault == LIFE_TIMEOUT) {
    scep_error_set (error, SCEP_ERROR_TIMEOUT, "No answer.");
    return NULL;
  }
  if (fault == LIFE_FAULT)
    return make_text (500, "oops");
  if (fault == LIFE_OVERLOADED)
    return make_text (503, "later");
  return make_text (200, "<html>Welcome to the proxy</html>");
}

/* Answers a request; @error is set where there is no answer. */
ScepHttpReply *
life_server_answer (LifeServer *self, const ScepFakeRequest *request, GError **error)
{
  LifeFault fault = self->get_fault != NULL ? self->get_fault (self->user_data) : LIFE_UP;

  if (fault != LIFE_UP)
    return answer_badly (fault, error);
  if (strstr (request->url, "GetCACaps") != NULL)
    return make_text (200, self->ca_period != 0 ? CAPABILITIES "GetNextCACert\n" : CAPABILITIES);
  if (strstr (request->url, "GetNextCACert") != NULL)
    return answer_next_ca (self);
  if (strstr (request->url, "GetCACert") != NULL)
    return make_reply (200, scep_certificate_get_der (life_server_get_ca (self)->certificate));
  return answer_pki_operation (self, request->body);
}
