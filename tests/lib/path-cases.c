/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "path-cases.h"

#define CA_WITH(constraints) "basicConstraints=critical," constraints "\n" PATH_SIGNS PATH_IDS
#define WITH(extension) .ca = PATH_CA extension
#define END_WITH(extension) .end = PATH_END extension

#define UNKNOWN "1.3.6.1.4.1.99999.1"

static const PathCase cases[] = {
  { "plain", .accepted = TRUE },
  { "plain/lower", .lower = PATH_CA, .accepted = TRUE },

  /* keyUsage */
  { "4.7.1/key-cert-sign-false/critical",
    .ca = PATH_IS_CA "keyUsage=critical,digitalSignature,cRLSign\n" PATH_IDS },
  { "4.7.2/key-cert-sign-false", .ca = PATH_IS_CA "keyUsage=digitalSignature,cRLSign\n" PATH_IDS },
  { "4.7.3/key-usage-not-critical", .ca = PATH_IS_CA "keyUsage=keyCertSign,cRLSign\n" PATH_IDS,
    .accepted = TRUE },
  { "4.7.3/key-usage-absent", .ca = PATH_IS_CA PATH_IDS, .accepted = TRUE,
    .openssl_refuses = "RFC 5280 asks CAs for keyUsage, and nobody to refuse what has none" },
  { "key-usage/root-without-key-cert-sign",
    .root = PATH_IS_CA "keyUsage=critical,cRLSign\n" PATH_IDS },
  { "key-usage/lower-without-key-cert-sign",
    .lower = PATH_IS_CA "keyUsage=critical,cRLSign\n" PATH_IDS },
  { "key-usage/end-encipherment-only", .end = "keyUsage=critical,keyEncipherment\n" PATH_IDS,
    .accepted = TRUE },

  /* basicConstraints */
  { "4.6.1/constraints-missing", .ca = PATH_SIGNS PATH_IDS },
  { "4.6.2/not-a-ca", .ca = CA_WITH ("CA:FALSE") },
  { "4.6.3/not-a-ca/not-critical", .ca = "basicConstraints=CA:FALSE\n" PATH_SIGNS PATH_IDS },
  { "4.6.4/not-critical", .ca = "basicConstraints=CA:TRUE\n" PATH_SIGNS PATH_IDS, .accepted = TRUE,
    .openssl_refuses = "RFC 5280 asks CAs for a critical one, and PKITS 4.6.4 to take the other" },
  { "4.6.5/path-length-0/lower-ca", .ca = CA_WITH ("CA:TRUE,pathlen:0"), .lower = PATH_CA },
  { "4.6.7/path-length-0/end", .ca = CA_WITH ("CA:TRUE,pathlen:0"), .accepted = TRUE },
  { "4.6.8/path-length-0/end-is-ca", .ca = CA_WITH ("CA:TRUE,pathlen:0"), .end = PATH_CA,
    .openssl_accepts = "a CA at the end of a path is not counted: this service lets it issue" },
  { "4.6.9/path-length-of-root", .root = CA_WITH ("CA:TRUE,pathlen:0"), .lower = PATH_CA },
  { "4.6.13/path-length-1", .root = CA_WITH ("CA:TRUE,pathlen:1"), .accepted = TRUE },
  { "4.6.15/self-issued-is-not-counted", .ca = CA_WITH ("CA:TRUE,pathlen:0"), .lower = PATH_CA,
    .lower_subject = "/O=Test/CN=CA", .accepted = TRUE },

  /* Extensions that nobody knows, and those that need not be evaluated */
  { "4.16.1/unknown", WITH (UNKNOWN "=DER:0500\n"), .accepted = TRUE },
  { "4.16.2/unknown-critical", WITH (UNKNOWN "=critical,DER:0500\n") },
  { "4.16.2/unknown-critical/root", .root = PATH_ROOT UNKNOWN "=critical,DER:0500\n" },
  { "4.16.2/unknown-critical/end", END_WITH (UNKNOWN "=critical,DER:0500\n") },
  { "4.16.1/unknown/end", END_WITH (UNKNOWN "=DER:0500\n"), .accepted = TRUE },
  { "critical/policies", WITH ("certificatePolicies=critical,1.2.3.4\n"), .accepted = TRUE },
  { "critical/policy-constraints",
    WITH ("policyConstraints=critical,requireExplicitPolicy:3,inhibitPolicyMapping:0\n"),
    .accepted = TRUE },
  { "critical/policy-mappings", WITH ("policyMappings=critical,1.2.3.4:1.2.3.5\n"),
    .accepted = TRUE },
  { "critical/inhibit-any-policy", WITH ("inhibitAnyPolicy=critical,1\n"), .accepted = TRUE },
  { "critical/extended-key-usage", WITH ("extendedKeyUsage=critical,codeSigning\n"),
    .accepted = TRUE },
  { "critical/distribution-point", WITH ("crlDistributionPoints=critical,URI:http://ca/crl\n"),
    .accepted = TRUE },
  { "critical/issuer-alt-name", WITH ("issuerAltName=critical,email:ca@example.org\n"),
    .accepted = TRUE,
    .openssl_refuses = "OpenSSL 3.0 does not know a critical one; it says nothing about the path" },
  { "critical/authority-info-access",
    WITH ("authorityInfoAccess=critical,OCSP;URI:http://ca/ocsp\n"), .accepted = TRUE,
    .openssl_refuses = "OpenSSL 3.0 does not know a critical one; it says nothing about the path" },
  { "critical/key-identifier",
    .ca = PATH_IS_CA PATH_SIGNS "subjectKeyIdentifier=critical,hash\n"
                                "authorityKeyIdentifier=keyid:always\n",
    .accepted = TRUE,
    .openssl_refuses = "OpenSSL 3.0 does not know a critical one; it says nothing about the path" },

  /* What is malformed is not absent */
  { "malformed/key-usage/no-bit-string", .ca = PATH_IS_CA "keyUsage=DER:0500\n" PATH_IDS },
  { "malformed/key-usage/empty", .ca = PATH_IS_CA "keyUsage=DER:030100\n" PATH_IDS },
  { "malformed/key-usage/no-bit-set", .ca = PATH_IS_CA "keyUsage=DER:03020000\n" PATH_IDS },
  { "malformed/key-usage/unused-bits", .ca = PATH_IS_CA "keyUsage=DER:03020906\n" PATH_IDS },
  { "malformed/key-usage/something-follows",
    .ca = PATH_IS_CA "keyUsage=DER:030201060500\n" PATH_IDS,
    .openssl_accepts = "OpenSSL does not look at what follows" },
  { "malformed/key-usage/end", .end = "keyUsage=DER:0500\n" PATH_IDS },
  { "malformed/key-usage/root", .root = PATH_IS_CA "keyUsage=DER:0500\n" PATH_IDS },
  { "malformed/constraints/integer",
    .ca = "basicConstraints=critical,DER:020101\n" PATH_SIGNS PATH_IDS },
  { "malformed/constraints/end", END_WITH ("basicConstraints=critical,DER:0500\n") },
  { "malformed/constraints/negative-length",
    .ca = "basicConstraints=critical,DER:30060101ff0201ff\n" PATH_SIGNS PATH_IDS },
  { "malformed/constraints/long-length",
    .ca = "basicConstraints=critical,DER:30070101ff02020001\n" PATH_SIGNS PATH_IDS },
  { "malformed/constraints/length-without-value",
    .ca = "basicConstraints=critical,DER:30050101ff0200\n" PATH_SIGNS PATH_IDS },
  { "malformed/constraints/something-follows",
    .ca = "basicConstraints=critical,DER:30080101ff0201010500\n" PATH_SIGNS PATH_IDS },
  { "constraints/length-beyond-all",
    .ca = "basicConstraints=critical,DER:300b0101ff0206010000000000\n" PATH_SIGNS PATH_IDS,
    .accepted = TRUE },
  { "malformed/extended-key-usage", WITH ("extendedKeyUsage=DER:0500\n") },
  { "malformed/extended-key-usage/empty", WITH ("extendedKeyUsage=DER:3000\n"),
    .openssl_accepts = "RFC 5280 section 4.2.1.12: one at least; to OpenSSL it forbids all" },
  { "malformed/extended-key-usage/end", END_WITH ("extendedKeyUsage=DER:30020500\n") },
  { "malformed/authority-key-identifier",
    .ca = PATH_IS_CA PATH_SIGNS "subjectKeyIdentifier=hash\nauthorityKeyIdentifier=DER:0500\n" },
  { "malformed/authority-key-identifier/field",
    .ca =
        PATH_IS_CA PATH_SIGNS "subjectKeyIdentifier=hash\nauthorityKeyIdentifier=DER:30020500\n" },
  { "malformed/subject-key-identifier",
    .ca = PATH_IS_CA PATH_SIGNS "subjectKeyIdentifier=DER:0500\nauthorityKeyIdentifier=keyid\n",
    .end = PATH_SIGNS },
  { "malformed/subject-key-identifier/empty",
    .ca = PATH_IS_CA PATH_SIGNS "subjectKeyIdentifier=DER:0400\nauthorityKeyIdentifier=keyid\n",
    .end = PATH_SIGNS },
  { "malformed/name-constraints", WITH ("nameConstraints=critical,DER:0500\n") },
  { "malformed/distribution-points", WITH ("crlDistributionPoints=DER:0500\n") },
  { "malformed/authority-info-access", WITH ("authorityInfoAccess=DER:0500\n"),
    .openssl_accepts = "OpenSSL does not read it" },
  { "malformed/policies", WITH ("certificatePolicies=DER:0500\n"),
    .openssl_accepts = "OpenSSL reads it where policies are asked for" },
  { "malformed/policy-constraints", WITH ("policyConstraints=critical,DER:0500\n"),
    .openssl_accepts = "OpenSSL reads it where policies are asked for" },
  { "malformed/inhibit-any-policy", WITH ("inhibitAnyPolicy=critical,DER:0500\n"),
    .openssl_accepts = "OpenSSL reads it where policies are asked for" },
};

const PathCase *
path_cases_get (guint *n_cases)
{
  *n_cases = G_N_ELEMENTS (cases);
  return cases;
}
