/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "enroll/scep-ca-trust.h"

#include "base/scep-error.h"
#include "certificate-factory.h"
#include "enroll/scep-issued-certificate.h"

#include <string.h>

/*
 * Who is who in a bundle must not depend on its order, and whoever is written to must
 * have the key of a CA that the pin stands for: every bundle is asked about in all its
 * orders.
 */

#define NOW G_GINT64_CONSTANT (1760000000)
#define DAY (24 * 3600)
#define AGENT "1.3.6.1.4.1.311.20.2.1"

/* What each generation of one CA signed of itself and of the other. */
enum {
  OLD,
  NEW,
  OLD_WITH_NEW,
  NEW_WITH_OLD,
  N_CROSS
};

typedef struct {
  TestCertificate *certificates[N_CROSS];
  TestCertificate *leaves[2]; /* by the old key, by the new key */
  GBytes *csr;
  gboolean with_ids;
} Generations;

static EVP_PKEY *keys[3];

/* @from, @to: days from now */
static TestCertificate *
make (TestCertificateSpec spec, gint from, gint to, TestCertificate *issuer, EVP_PKEY *key)
{
  spec.not_before = NOW + (gint64) from * DAY;
  spec.not_after = NOW + (gint64) to * DAY;
  return test_certificate_new (&spec, issuer, key);
}

static ScepCaTrust *
ask (GPtrArray *bundle, const char *pin, const char *ra_pin, GError **error)
{
  ScepCaTrustQuestion question = { .pin = pin,
                                   .pin_provenance = SCEP_PROVENANCE_FINGERPRINT,
                                   .ra_pin = ra_pin,
                                   .policy = SCEP_POLICY_DEFAULT,
                                   .now = NOW,
                                   .host = "ca.example.org" };

  return scep_ca_trust_evaluate (bundle, &question, error);
}

static const char *
fp (TestCertificate *certificate)
{
  return scep_certificate_get_fingerprint (certificate->certificate);
}

static gint
compare_text (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

/* Everything that was found out, in a form that can be compared. */
static char *
describe (ScepCaTrust *trust, const GError *error)
{
  g_autoptr (ScepSettings) settings = scep_settings_new_default ();
  g_autoptr (ScepTrustRecord) record = NULL;
  g_autoptr (GPtrArray) lines = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GPtrArray) receivers = NULL;
  GPtrArray *entries;

  if (trust == NULL)
    return g_strdup_printf ("%d: %s", error->code, error->message);
  record = scep_ca_trust_make_record (trust, settings);
  entries = scep_trust_record_get_entries (record);
  for (guint i = 0; i < entries->len; i++) {
    const ScepTrustEntry *entry = g_ptr_array_index (entries, i);

    g_ptr_array_add (lines, g_strdup_printf ("%s %x %x", entry->fingerprint, (guint) entry->roles,
                                             (guint) entry->provenance));
  }
  g_ptr_array_sort (lines, compare_text);
  receivers = scep_ca_trust_list_recipients (trust);
  for (guint i = 0; i < receivers->len; i++)
    g_ptr_array_add (
        lines,
        g_strconcat ("to ", scep_certificate_get_fingerprint (g_ptr_array_index (receivers, i)),
                     NULL));
  g_ptr_array_add (lines, g_strdup_printf ("%x", (guint) scep_ca_trust_get_warnings (trust)));
  g_ptr_array_add (lines, NULL);
  return g_strjoinv ("\n", (char **) lines->pdata);
}

/* The next order after @order of @n numbers, by the alphabet; %FALSE after the last. */
static gboolean
permute (guint *order, guint n)
{
  guint i = n - 1;
  guint j = n - 1;

  while (i > 0 && order[i - 1] >= order[i])
    i--;
  if (i == 0)
    return FALSE;
  while (order[j] <= order[i - 1])
    j--;
  for (guint *a = &order[i - 1], *b = &order[j], c = *a; a < b;) {
    *a = *b;
    *b = c;
    for (a = &order[i], b = &order[n - 1]; a < b; a++, b--) {
      c = *a;
      *a = *b;
      *b = c;
    }
    break;
  }
  return TRUE;
}

/* Asks in every order; all answers must be one. Returns: (transfer full) (nullable): it */
static ScepCaTrust *
ask_in_any_order (TestCertificate *const *certificates, guint n, const char *pin,
                  const char *ra_pin, GError **error)
{
  guint order[8];
  g_autofree char *first = NULL;
  ScepCaTrust *answer = NULL;

  g_assert_cmpuint (n, <=, G_N_ELEMENTS (order));
  for (guint i = 0; i < n; i++)
    order[i] = i;
  do {
    g_autoptr (GPtrArray) bundle = g_ptr_array_new ();
    g_autoptr (GError) why = NULL;
    g_autoptr (ScepCaTrust) trust = NULL;
    g_autofree char *text = NULL;

    for (guint i = 0; i < n; i++)
      g_ptr_array_add (bundle, certificates[order[i]]->certificate);
    trust = ask (bundle, pin, ra_pin, &why);
    text = describe (trust, why);
    if (first != NULL) {
      g_assert_cmpstr (text, ==, first);
      continue;
    }
    first = g_steal_pointer (&text);
    answer = g_steal_pointer (&trust);
    if (answer == NULL)
      g_propagate_error (error, g_steal_pointer (&why));
  } while (permute (order, n));
  return answer;
}

static gboolean
has_key (GPtrArray *certificates, EVP_PKEY *key)
{
  unsigned char *der = NULL;
  int length = i2d_PUBKEY (key, &der);
  g_autoptr (GBytes) spki = g_bytes_new (der, (gsize) length);
  gboolean found = FALSE;

  OPENSSL_free (der);
  for (guint i = 0; i < certificates->len; i++)
    found = found || scep_certificate_has_public_key (g_ptr_array_index (certificates, i), spki);
  return found;
}

static void
generations_init (Generations *self, gboolean with_ids, gboolean one_time)
{
  TestCertificateSpec leaf = { .name = "host", .serial = 9 };
  gint new_from = one_time ? -30 : -3;
  TestCertificate **c = self->certificates;
  const char *const names[] = { "AA", "BB" };

#define IDS(own, by)                                                                               \
  .key_id = with_ids ? names[own] : NULL,                                                          \
  .issuer_key_id = with_ids ? (by == 0 ? "\xaa" : "\xbb") : NULL
  c[OLD] = make ((TestCertificateSpec){ .name = "CA", .ca = TRUE, .serial = 1, IDS (0, 0) }, -30,
                 60, NULL, keys[0]);
  c[NEW] = make ((TestCertificateSpec){ .name = "CA", .ca = TRUE, .serial = 2, IDS (1, 1) },
                 new_from, 900, NULL, keys[1]);
  c[OLD_WITH_NEW] =
      make ((TestCertificateSpec){ .name = "CA", .ca = TRUE, .serial = 3, IDS (0, 1) },
            one_time ? -30 : -2, 60, c[NEW], keys[0]);
  c[NEW_WITH_OLD] =
      make ((TestCertificateSpec){ .name = "CA", .ca = TRUE, .serial = 4, IDS (1, 0) }, new_from,
            60, c[OLD], keys[1]);
  for (guint i = 0; i < 2; i++) {
    leaf.issuer_key_id = with_ids ? (i == 0 ? "\xaa" : "\xbb") : NULL;
    self->leaves[i] = make (leaf, -1, 30, c[i], keys[2]);
  }
#undef IDS
  self->csr = test_csr_new ("host", NULL, keys[2]);
  self->with_ids = with_ids;
}

static void
generations_clear (Generations *self)
{
  for (guint i = 0; i < N_CROSS; i++)
    test_certificate_free (self->certificates[i]);
  for (guint i = 0; i < 2; i++)
    test_certificate_free (self->leaves[i]);
  g_bytes_unref (self->csr);
}

/* What is installed OpenSSL takes too, from the same anchor. */
static void
check_by_openssl (GPtrArray *chain, TestCertificate *anchor)
{
  X509_STORE *store = X509_STORE_new ();
  X509_STORE_CTX *context = X509_STORE_CTX_new ();
  STACK_OF (X509) *certificates = sk_X509_new_null ();

  for (guint i = 0; i < chain->len; i++) {
    GBytes *der = scep_certificate_get_der (g_ptr_array_index (chain, i));
    gsize length;
    const unsigned char *octets = g_bytes_get_data (der, &length);

    sk_X509_push (certificates, d2i_X509 (NULL, &octets, (long) length));
  }
  X509_STORE_add_cert (store, anchor->x509);
  X509_STORE_set_flags (store, X509_V_FLAG_PARTIAL_CHAIN);
  g_assert_true (
      X509_STORE_CTX_init (context, store, sk_X509_value (certificates, 0), certificates));
  X509_VERIFY_PARAM_set_time (X509_STORE_CTX_get0_param (context), (time_t) NOW);
  if (X509_verify_cert (context) != 1)
    g_error ("%s", X509_verify_cert_error_string (X509_STORE_CTX_get_error (context)));
  X509_STORE_CTX_free (context);
  X509_STORE_free (store);
  sk_X509_pop_free (certificates, X509_free);
}

/* Where the server has the key @real: it can read what is sent, at the second attempt at the
 * latest, its signature is believed, and what it issues is installed. */
static void
check_enrolls (Generations *g, ScepCaTrust *trust, guint pinned, guint real)
{
  g_autoptr (GPtrArray) receivers = scep_ca_trust_list_recipients (trust);
  g_autoptr (GPtrArray) reply = g_ptr_array_new ();
  g_autoptr (GPtrArray) chain = NULL;
  g_autoptr (GError) error = NULL;
  ScepWarnings warnings = SCEP_WARNING_NONE;
  ScepIssuedQuestion question = {
    .csr = g->csr, .trust = trust, .policy = SCEP_POLICY_DEFAULT, .now = NOW
  };

  g_assert_true (has_key (receivers, keys[real]));
  g_assert_cmpuint (receivers->len, <=, 2);
  g_assert_true (has_key (scep_ca_trust_get_signers (trust), keys[real]));
  g_ptr_array_add (reply, g->leaves[real]->certificate);
  chain = scep_issued_certificate_check (reply, &question, &warnings, &error);
  g_assert_no_error (error);
  /* Without key identifiers OpenSSL takes the first CA of the name, and does not try another. */
  if (g->with_ids)
    check_by_openssl (chain, g->certificates[pinned]);
}

static void
check_pinned (Generations *g, guint subset, guint pinned)
{
  static const guint cross[] = { NEW_WITH_OLD, OLD_WITH_NEW }; /* away from the pin */
  guint other = 1 - pinned;
  gboolean connected = (subset & (1u << cross[pinned])) != 0;
  TestCertificate *some[N_CROSS];
  g_autoptr (ScepCaTrust) trust = NULL;
  g_autoptr (GPtrArray) receivers = NULL;
  g_autoptr (GError) error = NULL;
  guint n = 0;

  for (guint i = 0; i < N_CROSS; i++) {
    if ((subset & (1u << i)) != 0)
      some[n++] = g->certificates[i];
  }
  trust = ask_in_any_order (some, n, fp (g->certificates[pinned]), NULL, &error);
  if ((subset & (1u << pinned)) == 0) {
    g_assert_error (error, SCEP_ERROR, SCEP_ERROR_FINGERPRINT_MISMATCH);
    return;
  }
  g_assert_no_error (error);
  g_assert_true (scep_ca_trust_get_anchor (trust) == g->certificates[pinned]->certificate);
  check_enrolls (g, trust, pinned, pinned);
  receivers = scep_ca_trust_list_recipients (trust);
  g_assert_true (has_key (receivers, keys[other]) == connected);
  if (connected)
    check_enrolls (g, trust, pinned, other);
  /* The newer key first, where its age can be seen. */
  if ((subset & (1u << OLD)) != 0 && (subset & (1u << NEW)) != 0)
    g_assert_true (scep_certificate_has_public_key (
        scep_ca_trust_get_recipient (trust),
        scep_certificate_get_spki (
            g->certificates[connected || pinned == NEW ? NEW : OLD]->certificate)));
}

/* RFC 4210 section 4.4: with key identifiers and of one time, and without either. */
static void
test_cross_certificates (void)
{
  for (guint variant = 0; variant < 2; variant++) {
    Generations generations;

    generations_init (&generations, variant != 0, variant != 0);
    for (guint subset = 1; subset < 1u << N_CROSS; subset++) {
      check_pinned (&generations, subset, OLD);
      check_pinned (&generations, subset, NEW);
    }
    generations_clear (&generations);
  }
}

/* RFC 4210's certificates for two keys, and what stands below the new one. */
static void
test_below_generations (void)
{
  TestCertificateSpec lower = { .name = "Issuing", .ca = TRUE, .serial = 20, .rsa_bits = 2048 };
  Generations g;

  generations_init (&g, TRUE, FALSE);
  {
    g_autoptr (TestCertificate) issuing = make (lower, -2, 100, g.certificates[NEW], NULL);
    TestCertificate *all[] = { g.certificates[OLD], g.certificates[NEW],
                               g.certificates[OLD_WITH_NEW], g.certificates[NEW_WITH_OLD],
                               issuing };

    for (guint pinned = OLD; pinned <= NEW; pinned++) {
      g_autoptr (GError) error = NULL;
      g_autoptr (ScepCaTrust) trust =
          ask_in_any_order (all, G_N_ELEMENTS (all), fp (g.certificates[pinned]), NULL, &error);

      g_assert_no_error (error);
      g_assert_true (scep_ca_trust_get_issuing_ca (trust) == issuing->certificate);
      g_assert_true (scep_ca_trust_get_recipient (trust) == issuing->certificate);
    }
  }
  generations_clear (&g);
}

typedef struct {
  TestCertificate *certificates[6];
  guint n;
} Bundle;

static void
bundle_clear (Bundle *bundle)
{
  for (guint i = 0; i < bundle->n; i++)
    test_certificate_free (bundle->certificates[i]);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Bundle, bundle_clear)

/* @from: days from now; it lasts for a year */
static TestCertificate *
add (Bundle *bundle, TestCertificateSpec spec, gint from, TestCertificate *issuer, EVP_PKEY *key)
{
  TestCertificate *certificate;

  spec.serial = spec.serial != 0 ? spec.serial : (long) bundle->n + 1;
  certificate = make (spec, from, from + 365, issuer, key);
  bundle->certificates[bundle->n++] = certificate;
  return certificate;
}

static void
assert_recipients (ScepCaTrust *trust, TestCertificate *first, ...)
{
  g_autoptr (GPtrArray) found = scep_ca_trust_list_recipients (trust);
  guint n = 0;
  va_list args;

  va_start (args, first);
  for (TestCertificate *c = first; c != NULL; c = va_arg (args, TestCertificate *), n++) {
    g_assert_cmpuint (n, <, found->len);
    g_assert_true (g_ptr_array_index (found, n) == c->certificate);
  }
  va_end (args);
  g_assert_cmpuint (n, ==, found->len);
  g_assert_true (scep_ca_trust_get_recipient (trust) == first->certificate);
}

static gboolean
may_sign (ScepCaTrust *trust, TestCertificate *certificate)
{
  return g_ptr_array_find (scep_ca_trust_get_signers (trust), certificate->certificate, NULL);
}

static ScepCaTrust *
judge (Bundle *bundle, TestCertificate *anchor, const char *ra_pin)
{
  g_autoptr (GError) error = NULL;
  ScepCaTrust *trust =
      ask_in_any_order (bundle->certificates, bundle->n, fp (anchor), ra_pin, &error);

  g_assert_no_error (error);
  return trust;
}

static void
refused (Bundle *bundle, TestCertificate *anchor, const char *ra_pin, ScepError code,
         const char *says)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (ScepCaTrust) trust =
      ask_in_any_order (bundle->certificates, bundle->n, fp (anchor), ra_pin, &error);

  g_assert_null (trust);
  g_assert_error (error, SCEP_ERROR, (gint) code);
  if (strstr (error->message, says) == NULL)
    g_error ("“%s” is not in: %s", says, error->message);
}

#define ROOT .name = "Root", .ca = TRUE, .key_usage = "critical,keyCertSign,cRLSign"
#define RA .extended_key_usage = AGENT, .key_usage = "digitalSignature,keyEncipherment"

/* Nothing says which of them the server is: the newest, then the other, then the root. */
static void
test_two_issuing (void)
{
  g_auto (Bundle) b = { .n = 0 };
  TestCertificate *root = add (&b, (TestCertificateSpec){ ROOT }, -20, NULL, keys[0]);
  TestCertificate *one =
      add (&b, (TestCertificateSpec){ .name = "One", .ca = TRUE }, -9, root, keys[1]);
  TestCertificate *two =
      add (&b, (TestCertificateSpec){ .name = "Two", .ca = TRUE }, -8, root, keys[2]);
  g_autoptr (ScepCaTrust) trust = judge (&b, root, NULL);

  assert_recipients (trust, two, one, NULL);
  g_assert_true (scep_ca_trust_get_issuing_ca (trust) == two->certificate);
  g_assert_true (may_sign (trust, one) && may_sign (trust, two) && !may_sign (trust, root));
}

static void
test_ec_beside_rsa (void)
{
  g_auto (Bundle) b = { .n = 0 };
  TestCertificate *root = add (&b, (TestCertificateSpec){ ROOT }, -20, NULL, keys[0]);
  TestCertificate *rsa =
      add (&b, (TestCertificateSpec){ .name = "RSA", .ca = TRUE }, -9, root, keys[1]);
  TestCertificate *ec = add (&b, (TestCertificateSpec){ .name = "EC", .ca = TRUE }, -8, root, NULL);
  g_autoptr (ScepCaTrust) trust = judge (&b, root, NULL);

  assert_recipients (trust, rsa, NULL);
  g_assert_true (scep_ca_trust_get_issuing_ca (trust) == rsa->certificate);
  g_assert_false (may_sign (trust, ec));
}

/* The root issues by itself, and has a sub-CA for something else. */
static void
test_ec_below_rsa (void)
{
  for (guint stated = 0; stated < 2; stated++) {
    g_auto (Bundle) b = { .n = 0 };
    TestCertificate *root =
        add (&b,
             (TestCertificateSpec){ .name = "Root",
                                    .ca = TRUE,
                                    .key_usage = stated ? "keyCertSign,keyEncipherment" : NULL },
             -20, NULL, keys[0]);
    TestCertificate *ec =
        add (&b, (TestCertificateSpec){ .name = "EC", .ca = TRUE }, -8, root, NULL);
    g_autoptr (ScepCaTrust) trust = judge (&b, root, NULL);

    assert_recipients (trust, root, NULL);
    g_assert_true (scep_ca_trust_get_issuing_ca (trust) == root->certificate);
    g_assert_true (may_sign (trust, root) && !may_sign (trust, ec));
  }
}

/* The lower CA is the usual one; a root whose key is for encryption may be meant instead. */
static void
test_rsa_below_root (void)
{
  g_auto (Bundle) b = { .n = 0 };
  TestCertificate *root = add (
      &b,
      (TestCertificateSpec){
          .name = "Root", .ca = TRUE, .key_usage = "keyCertSign,digitalSignature,keyEncipherment" },
      -20, NULL, keys[0]);
  TestCertificate *lower =
      add (&b, (TestCertificateSpec){ .name = "Lower", .ca = TRUE }, -30, root, keys[1]);
  g_autoptr (ScepCaTrust) trust = judge (&b, root, NULL);

  assert_recipients (trust, lower, root, NULL);
  g_assert_true (scep_ca_trust_get_issuing_ca (trust) == lower->certificate);
}

/* Both are valid while one follows the other. */
static void
test_two_ras (void)
{
  g_auto (Bundle) b = { .n = 0 };
  TestCertificate *root = add (&b, (TestCertificateSpec){ ROOT }, -20, NULL, keys[0]);
  TestCertificate *old = add (&b, (TestCertificateSpec){ .name = "RA", RA }, -9, root, keys[1]);
  TestCertificate *new = add (&b, (TestCertificateSpec){ .name = "RA", RA }, -1, root, keys[2]);
  g_autoptr (ScepCaTrust) trust = judge (&b, root, NULL);
  g_autoptr (ScepCaTrust) pinned = judge (&b, root, fp (old));

  assert_recipients (trust, new, old, NULL);
  g_assert_true (may_sign (trust, old) && may_sign (trust, new));
  assert_recipients (pinned, old, NULL);
  g_assert_false (may_sign (pinned, new));
}

/* An RA before a CA, however new that is; and where the RA cannot receive, the CA. */
static void
test_ra_before_ca (void)
{
  g_auto (Bundle) b = { .n = 0 };
  TestCertificate *root =
      add (&b, (TestCertificateSpec){ .name = "Root", .ca = TRUE }, -2, NULL, keys[0]);
  TestCertificate *ra = add (&b, (TestCertificateSpec){ .name = "RA", RA }, -9, root, keys[1]);
  g_autoptr (ScepCaTrust) trust = judge (&b, root, NULL);
  g_autoptr (ScepCaTrust) named = judge (&b, root, fp (root));

  assert_recipients (trust, ra, root, NULL);
  g_assert_true (scep_ca_trust_get_issuing_ca (trust) == root->certificate);
  /* A CA that is named as its own RA. */
  assert_recipients (named, root, NULL);
}

static void
test_signing_ra (void)
{
  g_auto (Bundle) b = { .n = 0 };
  TestCertificate *root =
      add (&b, (TestCertificateSpec){ .name = "Root", .ca = TRUE }, -20, NULL, keys[0]);
  TestCertificate *ra =
      add (&b,
           (TestCertificateSpec){
               .name = "RA", .key_usage = "digitalSignature", .extended_key_usage = AGENT },
           -9, root, keys[1]);
  g_autoptr (ScepCaTrust) trust = judge (&b, root, NULL);

  assert_recipients (trust, root, NULL);
  g_assert_true (may_sign (trust, ra) && may_sign (trust, root));
}

static ScepCaTrust *
restore (ScepCaTrust *trust, gint64 now, GError **error)
{
  g_autoptr (ScepSettings) settings = scep_settings_new_default ();
  g_autoptr (ScepTrustRecord) record = scep_ca_trust_make_record (trust, settings);

  return scep_ca_trust_restore (record, scep_ca_trust_get_certificates (trust), SCEP_POLICY_DEFAULT,
                                now, error);
}

/* Who is named is the one, whoever issued its certificate, for as long as that is valid. */
static void
test_foreign_ra (void)
{
  g_auto (Bundle) b = { .n = 0 };
  TestCertificate *root = add (&b, (TestCertificateSpec){ ROOT }, -20, NULL, keys[0]);
  TestCertificate *ra = add (&b, (TestCertificateSpec){ .name = "RA", RA }, -9, NULL, keys[1]);
  g_autoptr (ScepCaTrust) trust = NULL;
  g_autoptr (ScepCaTrust) again = NULL;
  g_autoptr (GError) error = NULL;

  trust = judge (&b, root, NULL);
  g_assert_false (may_sign (trust, ra));
  scep_ca_trust_unref (trust);
  trust = judge (&b, root, fp (ra));
  assert_recipients (trust, ra, NULL);
  g_assert_true (may_sign (trust, ra));
  g_assert_true (scep_ca_trust_get_issuing_ca (trust) == root->certificate);
  again = restore (trust, NOW, &error);
  g_assert_no_error (error);
  assert_recipients (again, ra, NULL);
  g_clear_pointer (&again, scep_ca_trust_unref);
  g_assert_null (restore (trust, NOW + (365 - 8) * DAY, &error));
}

static void
test_foreign_ra_refused (void)
{
  g_auto (Bundle) b = { .n = 0 };
  TestCertificate *root = add (&b, (TestCertificateSpec){ ROOT }, -20, NULL, keys[0]);
  TestCertificate *old = add (&b, (TestCertificateSpec){ .name = "RA", RA }, -400, NULL, keys[1]);
  TestCertificate *weak =
      add (&b, (TestCertificateSpec){ .name = "RA", .rsa_bits = 1024, RA }, -4, NULL, NULL);

  refused (&b, root, fp (old), SCEP_ERROR_UNTRUSTED_CA, "expired");
  refused (&b, root, fp (weak), SCEP_ERROR_WEAK_ALGORITHM, "1024");
}

/* One of two RAs expires: there is still the other. */
static void
test_restore_one_ra (void)
{
  g_auto (Bundle) b = { .n = 0 };
  TestCertificate *root = add (&b, (TestCertificateSpec){ ROOT }, -20, NULL, keys[0]);
  TestCertificate *old = add (&b, (TestCertificateSpec){ .name = "RA", RA }, -300, root, keys[1]);
  TestCertificate *new = add (&b, (TestCertificateSpec){ .name = "RA", RA }, -1, root, keys[2]);
  g_autoptr (ScepCaTrust) trust = judge (&b, root, NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (ScepCaTrust) both = restore (trust, NOW, &error);
  g_autoptr (ScepCaTrust) one = restore (trust, NOW + 100 * DAY, &error);

  g_assert_no_error (error);
  assert_recipients (both, new, old, NULL);
  assert_recipients (one, new, NULL);
}

/* A name and a key: what the certificate does not say is no fault, what it says counts. */
static void
test_old_roots (void)
{
  TestCertificateSpec accepted[] = {
    { .name = "Root", .version_1 = TRUE },
    { .name = "Root" },
    { .name = "Root", .key_usage = "keyCertSign,keyEncipherment" },
  };
  TestCertificateSpec no_ca[] = {
    { .name = "Root", .constraints = "critical,CA:FALSE" },
    { .name = "Root", .key_usage = "digitalSignature" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (accepted); i++) {
    g_auto (Bundle) b = { .n = 0 };
    TestCertificate *root = add (&b, accepted[i], -20, NULL, keys[0]);
    TestCertificate *ra = add (&b, (TestCertificateSpec){ .name = "RA", RA }, -9, root, keys[1]);
    g_autoptr (ScepCaTrust) trust = judge (&b, root, NULL);
    g_autoptr (ScepCaTrust) again = restore (trust, NOW, NULL);
    g_autoptr (GPtrArray) bundle = g_ptr_array_new ();
    g_autoptr (ScepCertificate) offered = NULL;

    g_assert_true (scep_ca_trust_get_anchor (trust) == root->certificate);
    g_assert_true (scep_ca_trust_get_issuing_ca (again) == root->certificate);
    g_assert_true (scep_ca_trust_get_recipient (again) == ra->certificate);
    g_ptr_array_add (bundle, ra->certificate);
    g_ptr_array_add (bundle, root->certificate);
    offered = scep_ca_trust_find_offered (bundle, "ca", NULL);
    g_assert_true (offered == root->certificate);
  }
  for (guint i = 0; i < G_N_ELEMENTS (no_ca); i++) {
    g_auto (Bundle) b = { .n = 0 };
    TestCertificate *root = add (&b, no_ca[i], -20, NULL, keys[0]);

    refused (&b, root, NULL, SCEP_ERROR_UNTRUSTED_CA,
             i == 0 ? "RACertificateFingerprint" : "keyCertSign");
  }
}

/* Somebody else's root, or somebody's certificate, that says nothing of itself. */
static void
test_not_self_signed (void)
{
  g_auto (Bundle) b = { .n = 0 };
  TestCertificate *root = add (&b, (TestCertificateSpec){ ROOT }, -20, NULL, keys[0]);
  TestCertificate *plain = add (&b, (TestCertificateSpec){ .name = "host" }, -9, root, keys[1]);
  TestCertificate *claims = add (&b, (TestCertificateSpec){ .name = "Root" }, -9, root, keys[2]);

  refused (&b, plain, NULL, SCEP_ERROR_UNTRUSTED_CA, "RACertificateFingerprint");
  refused (&b, claims, NULL, SCEP_ERROR_UNTRUSTED_CA, "RACertificateFingerprint");
}

/* Another root of that name is nobody, and stands below nobody. */
static void
test_namesake (void)
{
  g_auto (Bundle) b = { .n = 0 };
  TestCertificate *root =
      add (&b, (TestCertificateSpec){ .name = "CA", .ca = TRUE }, -20, NULL, keys[0]);
  TestCertificate *namesake =
      add (&b, (TestCertificateSpec){ .name = "CA", .ca = TRUE }, -2, NULL, keys[1]);
  g_autoptr (ScepCaTrust) trust = judge (&b, root, NULL);

  assert_recipients (trust, root, NULL);
  g_assert_true (scep_ca_trust_get_issuing_ca (trust) == root->certificate);
  g_assert_false (may_sign (trust, namesake));
  g_assert_cmpint (scep_ca_trust_get_warnings (trust), ==, SCEP_WARNING_IGNORED_CERTIFICATES);
}

/* It is not the root that gets the request then. */
static void
test_left_out (void)
{
  static const struct {
    TestCertificateSpec spec;
    ScepError code;
    const char *says;
  } cases[] = {
    { { .sha224 = TRUE }, SCEP_ERROR_UNSUPPORTED, "SHA-224" },
    { { .sha1 = TRUE, .pss = TRUE }, SCEP_ERROR_UNSUPPORTED, "RSASSA-PSS" },
    { { .sha1 = TRUE }, SCEP_ERROR_WEAK_ALGORITHM, "SHA-1" },
    { { .issuer_key_id = "other" }, SCEP_ERROR_UNTRUSTED_CA, "authorityKeyIdentifier" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    TestCertificateSpec spec = cases[i].spec;
    g_auto (Bundle) b = { .n = 0 };
    TestCertificate *root =
        add (&b, (TestCertificateSpec){ .name = "Root", .ca = TRUE, .key_id = "AA" }, -20, NULL,
             keys[0]);

    spec.name = "Issuing";
    spec.ca = TRUE;
    add (&b, spec, -9, root, keys[1]);
    refused (&b, root, NULL, cases[i].code, cases[i].says);
    refused (&b, root, NULL, cases[i].code, "Issuing");
  }
}

static void
test_brainpool (void)
{
  EVP_PKEY *key = EVP_PKEY_Q_keygen (NULL, NULL, "EC", "brainpoolP256r1");
  g_auto (Bundle) b = { .n = 0 };
  TestCertificate *root = add (&b, (TestCertificateSpec){ ROOT }, -20, NULL, key);

  add (&b, (TestCertificateSpec){ .name = "RA", RA }, -9, root, keys[1]);
  refused (&b, root, NULL, SCEP_ERROR_UNSUPPORTED, "brainpool");
  EVP_PKEY_free (key);
}

/* It fails under one certificate of its issuer and not under another of the same name and key. */
static void
test_second_issuer (void)
{
  for (guint i = 0; i < 3; i++) {
    TestCertificateSpec bad = { .name = "Middle", .ca = TRUE, .key_usage = "keyCertSign" };
    TestCertificateSpec good = bad;
    g_auto (Bundle) b = { .n = 0 };
    TestCertificate *root = add (&b, (TestCertificateSpec){ ROOT }, -20, NULL, keys[0]);
    TestCertificate *lower, *middle;

    if (i == 0)
      bad.constraints = "critical,CA:TRUE,pathlen:0";
    else if (i == 1)
      bad.key_id = "CC";
    good.key_id = "AA";
    add (&b, bad, i == 2 ? -400 : -3, root, keys[1]);
    middle = add (&b, good, -9, root, keys[1]);
    lower = add (&b, (TestCertificateSpec){ .name = "Lower", .ca = TRUE, .issuer_key_id = "\xaa" },
                 -8, middle, keys[2]);
    {
      g_autoptr (ScepCaTrust) trust = judge (&b, root, NULL);

      g_assert_true (scep_ca_trust_get_issuing_ca (trust) == lower->certificate);
      assert_recipients (trust, lower, NULL);
    }
  }
}

int
main (int argc, char **argv)
{
  int rc;

  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (keys); i++)
    keys[i] = test_key_new (2048);
  g_test_add_func ("/ca-roles/cross-certificates", test_cross_certificates);
  g_test_add_func ("/ca-roles/below-generations", test_below_generations);
  g_test_add_func ("/ca-roles/two-issuing", test_two_issuing);
  g_test_add_func ("/ca-roles/ec-beside-rsa", test_ec_beside_rsa);
  g_test_add_func ("/ca-roles/ec-below-rsa", test_ec_below_rsa);
  g_test_add_func ("/ca-roles/rsa-below-root", test_rsa_below_root);
  g_test_add_func ("/ca-roles/two-ras", test_two_ras);
  g_test_add_func ("/ca-roles/ra-before-ca", test_ra_before_ca);
  g_test_add_func ("/ca-roles/signing-ra", test_signing_ra);
  g_test_add_func ("/ca-roles/foreign-ra", test_foreign_ra);
  g_test_add_func ("/ca-roles/foreign-ra-refused", test_foreign_ra_refused);
  g_test_add_func ("/ca-roles/restore-one-ra", test_restore_one_ra);
  g_test_add_func ("/ca-roles/old-roots", test_old_roots);
  g_test_add_func ("/ca-roles/not-self-signed", test_not_self_signed);
  g_test_add_func ("/ca-roles/namesake", test_namesake);
  g_test_add_func ("/ca-roles/left-out", test_left_out);
  g_test_add_func ("/ca-roles/brainpool", test_brainpool);
  g_test_add_func ("/ca-roles/second-issuer", test_second_issuer);
  rc = g_test_run ();
  for (guint i = 0; i < G_N_ELEMENTS (keys); i++)
    EVP_PKEY_free (keys[i]);
  return rc;
}
