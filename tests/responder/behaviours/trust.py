# SPDX-License-Identifier: LGPL-2.1-or-later
"""CAs that are more than one certificate, and what becomes of each."""

from . import Behaviour, Chapter

ROLES = 'unit/enroll/test-scep-ca-roles.c /ca-roles/'
GENERATION = 'unit/enroll/test-scep-ca-generation.c /ca-generation/'
FINDINGS = 'unit/enroll/test-scep-ca-findings.c /ca-findings/'
RECIPIENT = 'unit/enroll/test-scep-recipient.c /recipient/'


def trust(id, who, does, reaction, *shown):
    return Behaviour(id=id, who=who, does=does, reaction=reaction, shown=shown)


GENERATIONS = Chapter('Generations of one CA', (
    trust('ca-cross-certified', 'CAs with a new key (RFC 4210), Microsoft',
          'GetCACert has the old and the new root, each signed by the other one too, or some of '
          'these four, in any order.',
          'A CA is a name and a key: whether the old or the new one is pinned, what the other '
          'signs is believed if one of them vouches for it, and the order makes no difference.',
          ROLES + 'cross-certificates', ROLES + 'below-generations',
          'responder/test_rollover.py Rollover.test_cross_certified'),
    trust('ca-other-certificate-of-key', 'CAs with a new key (RFC 4210), Microsoft',
          'A message names a certificate of the CA that nobody here has, of the same key.',
          'It is the key that counts.',
          'unit/codec/test-scep-signed-data.c /signed-data/other-certificate-of-key'),
    trust('ca-renewed', 'Microsoft',
          'The CA has a new certificate for the same name and key; nobody announces it.',
          'It is the same CA, and is followed with both verification methods; the history has '
          '`ca-renewed`. A profile that did not know the one before gets `FingerprintMismatch`, '
          'and is told that the certificate may have been renewed.',
          GENERATION + 'renewed', GENERATION + 'not-renewed', GENERATION + 'renewed-and-back',
          'unit/enroll/test-scep-rollover.c /rollover/renewed'),
    trust('ca-namesake', 'test and production CAs of one name',
          'Beside the pinned root there is another one of the same name, with another key.',
          'It is ignored, with the warning `ignored-certificates`.', ROLES + 'namesake'),
    trust('ca-second-issuer', 'CAs with several certificates for one key',
          'A certificate may not stand below one certificate of its issuer, but below another of '
          'the same name and key.',
          'It is used, whichever comes first.', ROLES + 'second-issuer', 'unit/enroll/'
          'test-scep-chain.c /chain/reason'),
))

RECEIVERS = Chapter('Who receives', (
    trust('ca-two-issuing', 'Microsoft, EJBCA', 'There are two issuing CAs below one root.',
          'The newer one is written to; after `badMessageCheck`, or an HTTP error that may mean '
          'the same, the other one, and what was found out is remembered. A request that is '
          'pending stays with the one that took it.',
          ROLES + 'two-issuing', RECIPIENT + 'refused', RECIPIENT + 'faulted',
          RECIPIENT + 'in-turn', RECIPIENT + 'pending'),
    trust('ca-ec-below', 'CAs with an EC sub-CA', 'One of the CAs below the root, or the only '
          'one, has an EC key, and there is no RA.',
          'A CA with an RSA key is written to, the root where there is no other.',
          ROLES + 'ec-beside-rsa', ROLES + 'ec-below-rsa'),
    trust('ra-old-and-new', 'every CA with an RA', 'The old and the new RA are both valid and in '
          'the list.', 'The newer one is written to, and either may sign.',
          ROLES + 'two-ras', ROLES + 'restore-one-ra'),
    trust('ra-of-another-hierarchy', 'RAs with a certificate of another CA',
          'The RA was not issued by the CA.',
          'It is used if `RACertificateFingerprint` names it, as long as it is valid.',
          ROLES + 'foreign-ra', ROLES + 'foreign-ra-refused'),
))

LEFT_OUT = Chapter('What is not used, and why', (
    trust('root-of-version-1', 'CAs of before 2000', 'The root is a version 1 certificate, or has '
          'no basicConstraints.', 'It may be pinned or given, if it signs itself.',
          ROLES + 'old-roots', ROLES + 'not-self-signed',
          'unit/enroll/test-scep-issued-certificate.c /issued-certificate/by-old-root',
          'unit/enroll/test-scep-settings-validate.c /settings-validate/certificates'),
    trust('ca-unsupported', 'CAs with unusual algorithms',
          'The issuing CA is signed with SHA-224 or RSASSA-PSS over SHA-1, names another key of '
          'its issuer, or the CA has a brainpool key.',
          'That is told, and nothing is sent to the root instead.',
          ROLES + 'left-out', ROLES + 'brainpool'),
    trust('ca-diagnosed', 'every CA', 'There are certificates in the list that are not used.',
          '`diagnose` lists every certificate with what it is for, or with the reason why it is '
          'not used.', FINDINGS + 'roles', FINDINGS + 'refused', FINDINGS + 'unknown'),
    trust('ca-too-many', 'somebody on the way', 'There are many certificates of the same name, or '
          'many ways from the root to one of them.',
          'No more than 64 certificates and 256 signatures are looked at, with keys that chain to '
          'the trusted CA, and no more than 8 ways to one certificate.',
          'unit/enroll/test-scep-chain.c /chain/too-much-work',
          'unit/enroll/test-scep-chain.c /chain/as-much-as-there-may-be',
          'unit/enroll/test-scep-chain.c /chain/many-paths',
          'unit/enroll/test-scep-ca-trust.c /ca-trust/too-many'),
    trust('ca-long-name', 'somebody on the way', 'A name in a certificate is longer than 4096 '
          'bytes, or the names of many certificates take long to compare.',
          'The certificate with the long name counts as one that cannot be read, and of the others '
          'each name is made comparable only once.',
          'unit/codec/test-scep-name.c /name/long'),
))

CHAPTERS = (GENERATIONS, RECEIVERS, LEFT_OUT)
