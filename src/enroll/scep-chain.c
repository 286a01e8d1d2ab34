/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "enroll/scep-chain.h"

#include "base/scep-error.h"

#include <glib/gi18n-lib.h>
#include <string.h>

/* Whether one certificate is signed by another. */
typedef struct {
  ScepDigest digest;
  GError *why; /* (owned) (nullable): %NULL if it is */
} Signature;

/* The search begins with the anchor and goes on with whatever chains to it so far. Everything is
 * looked at in one order, which the order of the bundle does not change. */
typedef struct {
  ScepChains *chains;
  GPtrArray *open;        /* (element-type ScepCertificate) (owned): all but the anchor */
  GPtrArray *queue;       /* (element-type ScepChainLink): what may issue others */
  GHashTable *signatures; /* (element-type char Signature) (owned): by both fingerprints */
  ScepPathRules rules;
  guint verifications;
} Search;

static void
link_free (gpointer data)
{
  ScepChainLink *link = data;

  g_clear_object (&link->certificate);
  g_free (link);
}

static void
refusal_free (gpointer data)
{
  ScepChainRefusal *refusal = data;

  g_clear_object (&refusal->certificate);
  g_clear_error (&refusal->reason);
  g_free (refusal);
}

static void
signature_free (gpointer data)
{
  Signature *signature = data;

  g_clear_error (&signature->why);
  g_free (signature);
}

/**
 * scep_chains_free:
 * @chains: (transfer full) (nullable):
 */
void
scep_chains_free (ScepChains *chains)
{
  if (chains == NULL)
    return;
  g_ptr_array_unref (chains->links);
  g_ptr_array_unref (chains->paths);
  g_ptr_array_unref (chains->refusals);
  g_clear_error (&chains->refused_ca);
  g_clear_error (&chains->refused_leaf);
  g_free (chains);
}

static void
search_clear (Search *search)
{
  g_clear_pointer (&search->chains, scep_chains_free);
  g_clear_pointer (&search->open, g_ptr_array_unref);
  g_clear_pointer (&search->queue, g_ptr_array_unref);
  g_clear_pointer (&search->signatures, g_hash_table_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Search, search_clear)

/**
 * scep_chain_compare_age:
 *
 * Returns: less than 0 if @a comes first: the newer one, of two of an age the one that
 *   lasts, else by the fingerprint
 */
gint
scep_chain_compare_age (ScepCertificate *a, ScepCertificate *b)
{
  gint64 begins[] = { scep_certificate_get_not_before (a), scep_certificate_get_not_before (b) };
  gint64 ends[] = { scep_certificate_get_not_after (a), scep_certificate_get_not_after (b) };

  if (begins[0] != begins[1])
    return begins[0] > begins[1] ? -1 : 1;
  if (ends[0] != ends[1])
    return ends[0] > ends[1] ? -1 : 1;
  return strcmp (scep_certificate_get_fingerprint (a), scep_certificate_get_fingerprint (b));
}

static gint
compare_open (gconstpointer a, gconstpointer b)
{
  return scep_chain_compare_age (*(ScepCertificate *const *) a, *(ScepCertificate *const *) b);
}

/**
 * scep_chain_is_same_ca:
 *
 * Returns: whether both have the same name and the same key: what one issued, the
 *   other one issued too (RFC 5280 section 6.1.1 (d))
 */
gboolean
scep_chain_is_same_ca (ScepCertificate *a, ScepCertificate *b)
{
  return scep_certificate_has_subject_of (a, b) &&
         scep_certificate_has_public_key (a, scep_certificate_get_spki (b));
}

/**
 * scep_chain_link_is_ca:
 *
 * Returns: whether it may issue others; the anchor may, though an old one does not say
 *   that it is a CA
 */
gboolean
scep_chain_link_is_ca (const ScepChainLink *link)
{
  return link->issuer == NULL || scep_certificate_is_ca (link->certificate);
}

static gboolean
contains (GPtrArray *certificates, ScepCertificate *certificate)
{
  for (guint i = 0; i < certificates->len; i++) {
    if (scep_certificate_equal (g_ptr_array_index (certificates, i), certificate))
      return TRUE;
  }
  return FALSE;
}

/* Everything but the anchor, each certificate once, the newest first. */
static GPtrArray *
list_open (ScepCertificate *anchor, GPtrArray *certificates)
{
  GPtrArray *open = g_ptr_array_new_with_free_func (g_object_unref);

  for (guint i = 0; i < certificates->len; i++) {
    ScepCertificate *certificate = g_ptr_array_index (certificates, i);

    if (!scep_certificate_equal (certificate, anchor) && !contains (open, certificate))
      g_ptr_array_add (open, g_object_ref (certificate));
  }
  g_ptr_array_sort (open, compare_open);
  return open;
}

static ScepChainLink *
link_new (ScepCertificate *certificate, ScepChainLink *issuer)
{
  ScepChainLink *link = g_new0 (ScepChainLink, 1);

  link->certificate = g_object_ref (certificate);
  link->issuer = issuer;
  return link;
}

static ScepChainLink *
find_link (GPtrArray *links, ScepCertificate *certificate)
{
  for (guint i = 0; i < links->len; i++) {
    ScepChainLink *link = g_ptr_array_index (links, i);

    if (link->certificate == certificate)
      return link;
  }
  return NULL;
}

static guint
count_paths (Search *search, ScepCertificate *certificate)
{
  guint count = find_link (search->chains->links, certificate) != NULL ? 1 : 0;

  for (guint i = 0; i < search->chains->paths->len; i++) {
    const ScepChainLink *link = g_ptr_array_index (search->chains->paths, i);

    if (link->certificate == certificate)
      count++;
  }
  return count;
}

/* No CA stands above itself, under whichever of its certificates. */
static gboolean
is_above (ScepChainLink *link, ScepCertificate *certificate)
{
  for (; link != NULL; link = link->issuer) {
    if (scep_chain_is_same_ca (link->certificate, certificate))
      return TRUE;
  }
  return FALSE;
}

static ScepChainRefusal *
find_refusal (ScepChains *chains, const char *fingerprint)
{
  for (guint i = 0; i < chains->refusals->len; i++) {
    ScepChainRefusal *refusal = g_ptr_array_index (chains->refusals, i);

    if (g_str_equal (scep_certificate_get_fingerprint (refusal->certificate), fingerprint))
      return refusal;
  }
  return NULL;
}

/* A signature that cannot be read may be good; one that is not of this key may be of another. */
static guint
rank_reason (const GError *reason, gboolean is_signed)
{
  if (is_signed)
    return 2;
  return reason->code == SCEP_ERROR_SIGNATURE_INVALID || reason->code == SCEP_ERROR_UNTRUSTED_CA
             ? 0
             : 1;
}

/* Of several reasons the one of the issuer that came nearest, and of these the first. */
static void
refuse (Search *search, ScepCertificate *certificate, gboolean is_signed, const GError *reason)
{
  ScepChainRefusal *refusal =
      find_refusal (search->chains, scep_certificate_get_fingerprint (certificate));

  if (refusal == NULL) {
    refusal = g_new0 (ScepChainRefusal, 1);
    refusal->certificate = g_object_ref (certificate);
    g_ptr_array_add (search->chains->refusals, refusal);
  } else if (rank_reason (refusal->reason, refusal->is_signed) >= rank_reason (reason, is_signed)) {
    return;
  }
  g_clear_error (&refusal->reason);
  refusal->reason = g_error_copy (reason);
  refusal->is_signed = is_signed;
}

/* Returns: %NULL if that is too much work */
static const Signature *
verify (Search *search, ScepCertificate *certificate, ScepCertificate *issuer)
{
  g_autofree char *pair = g_strconcat (scep_certificate_get_fingerprint (certificate), " ",
                                       scep_certificate_get_fingerprint (issuer), NULL);
  Signature *signature = g_hash_table_lookup (search->signatures, pair);

  if (signature != NULL)
    return signature;
  if (search->verifications >= SCEP_CHAIN_MAX_VERIFICATIONS)
    return NULL;
  signature = g_new0 (Signature, 1);
  scep_certificate_is_issued_by (certificate, issuer, &signature->digest, &signature->why);
  /* What names another key is not verified. */
  if (!g_error_matches (signature->why, SCEP_ERROR, SCEP_ERROR_UNTRUSTED_CA))
    search->verifications++;
  g_hash_table_insert (search->signatures, g_steal_pointer (&pair), signature);
  return signature;
}

/* One more way to a certificate; another certificate of a CA that stands above leads nowhere. */
static void
add_path (Search *search, ScepCertificate *certificate, ScepChainLink *issuer)
{
  gboolean is_known = find_link (search->chains->links, certificate) != NULL;
  gboolean leads_on = scep_certificate_is_ca (certificate) && !is_above (issuer, certificate);
  ScepChainLink *link;

  if (is_known && (!leads_on || count_paths (search, certificate) >= SCEP_CHAIN_MAX_PATHS))
    return;
  link = link_new (certificate, issuer);
  g_ptr_array_add (is_known ? search->chains->paths : search->chains->links, link);
  if (leads_on && scep_chain_link_get_depth (link) < SCEP_CHAIN_MAX_DEPTH)
    g_ptr_array_add (search->queue, link);
}

/* Returns: %FALSE if that is too much work */
static gboolean
try (Search *search, ScepCertificate *certificate, ScepChainLink *issuer)
{
  const Signature *signature;
  ScepWarnings warnings = SCEP_WARNING_NONE;
  g_autoptr (GError) why = NULL;

  if (certificate == issuer->certificate ||
      !scep_certificate_names_issuer (certificate, issuer->certificate))
    return TRUE;
  signature = verify (search, certificate, issuer->certificate);
  if (signature == NULL)
    return FALSE;
  if (signature->why != NULL) {
    refuse (search, certificate, FALSE, signature->why);
  } else if (scep_path_check (certificate, issuer, signature->digest, &search->rules, &warnings,
                              &why)) {
    search->chains->warnings |= warnings;
    add_path (search, certificate, issuer);
  } else {
    refuse (search, certificate, TRUE, why);
  }
  return TRUE;
}

static gboolean
visit (Search *search, ScepChainLink *issuer)
{
  for (guint i = 0; i < search->open->len; i++) {
    if (!try (search, g_ptr_array_index (search->open, i), issuer))
      return FALSE;
  }
  return TRUE;
}

/* Whether its issuer may be somebody else of that name, whom nobody trusts. */
static gboolean
names_stranger (Search *search, ScepCertificate *certificate)
{
  if (scep_certificate_is_self_issued (certificate))
    return TRUE;
  for (guint i = 0; i < search->open->len; i++) {
    ScepCertificate *other = g_ptr_array_index (search->open, i);

    if (other != certificate && find_link (search->chains->links, other) == NULL &&
        scep_certificate_names_issuer (certificate, other))
      return TRUE;
  }
  return FALSE;
}

/* What was refused under one issuer and taken under another is no refusal. */
static void
finish (Search *search)
{
  ScepChains *chains = search->chains;

  for (guint i = 0; i < chains->refusals->len;) {
    ScepChainRefusal *refusal = g_ptr_array_index (chains->refusals, i);
    GError **first =
        scep_certificate_is_ca (refusal->certificate) ? &chains->refused_ca : &chains->refused_leaf;

    if (find_link (chains->links, refusal->certificate) != NULL) {
      g_ptr_array_remove_index (chains->refusals, i);
      continue;
    }
    refusal->is_grave = refusal->is_signed || !names_stranger (search, refusal->certificate);
    if (*first == NULL && refusal->is_grave)
      *first = g_error_copy (refusal->reason);
    i++;
  }
  chains->ignored = search->open->len + 1 - chains->links->len;
  if (chains->ignored > 0)
    chains->warnings |= SCEP_WARNING_IGNORED_CERTIFICATES;
}

static void
search_init (Search *search, ScepCertificate *anchor, GPtrArray *certificates)
{
  search->chains = g_new0 (ScepChains, 1);
  search->chains->links = g_ptr_array_new_with_free_func (link_free);
  search->chains->paths = g_ptr_array_new_with_free_func (link_free);
  search->chains->refusals = g_ptr_array_new_with_free_func (refusal_free);
  search->open = list_open (anchor, certificates);
  search->queue = g_ptr_array_new ();
  search->signatures = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, signature_free);
}

/**
 * scep_chains_build:
 * @anchor: a CA certificate that is authenticated
 * @certificates: (element-type ScepCertificate): in any order, which makes no difference
 * @policy: which algorithms will do
 * @now: Unix seconds
 *
 * Finds what chains to the anchor, by name and signature, through CA
 * certificates only: all that scep_path_check() says yes to, by one way at least.
 * The anchor's own signature is not looked at. At most
 * %SCEP_CHAIN_MAX_VERIFICATIONS signatures are verified, with keys of certificates
 * that chain to the anchor only.
 *
 * Returns: (transfer full) (nullable): the chains, or %NULL with
 *   %SCEP_ERROR_UNTRUSTED_CA or %SCEP_ERROR_WEAK_ALGORITHM if the anchor
 *   itself will not do, %SCEP_ERROR_CLOCK_IMPLAUSIBLE if it is not valid yet,
 *   %SCEP_ERROR_MALFORMED_REPLY if it is too much work
 */
ScepChains *
scep_chains_build (ScepCertificate *anchor, GPtrArray *certificates, ScepPolicy policy, gint64 now,
                   GError **error)
{
  g_auto (Search) search = { .rules = { .policy = policy, .now = now } };
  ScepChainLink *top = link_new (anchor, NULL);

  search_init (&search, anchor, certificates);
  g_ptr_array_add (search.chains->links, top);
  g_ptr_array_add (search.queue, top);
  if (!scep_path_check_anchor (anchor, &search.rules, &search.chains->warnings, error))
    return NULL;
  for (guint i = 0; i < search.queue->len; i++) {
    if (!visit (&search, g_ptr_array_index (search.queue, i))) {
      scep_error_set (
          error, SCEP_ERROR_MALFORMED_REPLY,
          _ ("The SCEP server sent so many certificates of the same name that verifying them was "
             "given up; this is no CA's usual answer, check the server"));
      return NULL;
    }
  }
  finish (&search);
  return g_steal_pointer (&search.chains);
}

/**
 * scep_chains_lookup:
 *
 * Returns: (transfer none) (nullable): the link with the certificate of that fingerprint
 */
const ScepChainLink *
scep_chains_lookup (ScepChains *chains, const char *fingerprint)
{
  for (guint i = 0; i < chains->links->len; i++) {
    const ScepChainLink *link = g_ptr_array_index (chains->links, i);

    if (g_str_equal (scep_certificate_get_fingerprint (link->certificate), fingerprint))
      return link;
  }
  return NULL;
}

/**
 * scep_chains_get_reason:
 *
 * Returns: (transfer none) (nullable): why the certificate of that fingerprint was
 *   left out; %NULL also if it has nothing to do with the anchor
 */
const GError *
scep_chains_get_reason (ScepChains *chains, const char *fingerprint)
{
  const ScepChainRefusal *refusal = find_refusal (chains, fingerprint);

  return refusal != NULL ? refusal->reason : NULL;
}

/**
 * scep_chains_has_lower:
 * @ca: in @chains
 *
 * Generations of a CA, which have one name, stand side by side and not below each other.
 *
 * Returns: whether a CA of that name issued another CA in @chains
 */
gboolean
scep_chains_has_lower (ScepChains *chains, ScepCertificate *ca)
{
  for (guint i = 1; i < chains->links->len; i++) {
    const ScepChainLink *link = g_ptr_array_index (chains->links, i);

    if (scep_chain_link_is_ca (link) && scep_certificate_names_issuer (link->certificate, ca) &&
        !scep_certificate_is_self_issued (link->certificate))
      return TRUE;
  }
  return FALSE;
}
