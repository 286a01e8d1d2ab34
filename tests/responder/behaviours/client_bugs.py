# SPDX-License-Identifier: LGPL-2.1-or-later
"""What other clients get wrong."""

from . import Behaviour, Chapter, Enrolls, Fails, RenewalFails, Renews

UNKNOWN_WORDS = ''.join('Unknown-%d\n' % i for i in range(400))

CAPABILITIES = Chapter('Capabilities', (
    Behaviour(
        id='word-of-the-same-length',
        who='certmonger',
        does='Any word as long as a keyword counts as that keyword.',
        reaction='The whole word has to be there: the server is not asked for what it lacks.',
        modes={'caps': 'XXXXXXX\nPOSTPKIOperation\nAES\nSHA-256\n'},
        expect=Renews(sent=('POST 19 ours',)),
        shown=('unit/codec/test-scep-capabilities.c /capabilities/same-length',)),
    Behaviour(
        id='beginning-of-a-word',
        who='strongSwan',
        does='An empty line, or any beginning of a keyword, counts as the keyword.',
        reaction='It counts for nothing.',
        modes={'caps': '\nS\nPOST\nR\n\n'},
        expect=Enrolls(sent=('GET 19',)),
        shown=('unit/codec/test-scep-capabilities.c /capabilities/prefix',)),
    Behaviour(
        id='long-list',
        who='certmonger',
        does='A list of more than 1024 bytes is refused.',
        reaction='It is read, up to 16 KiB, and what is not known in it is skipped.',
        modes={'caps': UNKNOWN_WORDS + 'POSTPKIOperation\n'},
        expect=Enrolls(),
        shown=('unit/codec/test-scep-capabilities.c /capabilities/long',)),
    Behaviour(
        id='private-words',
        who='cryptlib',
        does='Words shorter than 3 or longer than 16 bytes are skipped unread.',
        reaction='Every word is compared whole, whatever its length.',
        shown=('unit/codec/test-scep-capabilities.c /capabilities/unknown',)),
    Behaviour(
        id='case-of-keywords',
        who='jscep',
        does='Keywords in another case are not recognised.',
        reaction='Case does not matter.',
        modes={'caps': 'postpkioperation\nRENEWAL\n'},
        expect=Renews(sent=('POST 17 ours',)),
        shown=('unit/codec/test-scep-capabilities.c /capabilities/case-and-order',)),
    Behaviour(
        id='weakest-for-an-empty-list',
        who='sscep, jscep',
        does='Without capabilities, requests are encrypted with DES and signed with MD5.',
        reaction='AES-128 and SHA-256 are used; DES and MD5 are never sent.',
        modes={'caps': 'none'},
        expect=Enrolls(sent=('GET 19 aes-128-cbc SHA256',)),
        shown=('unit/codec/test-scep-pki-message.c /pki-message/weak-algorithms',
               'unit/enroll/test-scep-algorithm-choice.c /algorithm-choice/downgrade')),
))

REPLIES = Chapter('What a reply says of itself', (
    Behaviour(
        id='beginning-of-a-status',
        who='strongSwan',
        does='A pkiStatus or messageType that only begins like a known one is taken for it.',
        reaction='It has to be that one byte; the reply is refused.',
        modes={'status': '03'},
        expect=Fails('MalformedReply', sent=('POST 19',)),
        shown=('unit/codec/test-scep-cert-rep.c /cert-rep/pki-status',
               'unit/codec/test-scep-cert-rep.c /cert-rep/message-type')),
    Behaviour(
        id='status-missing',
        who='Apple',
        does='A reply without messageType or pkiStatus is taken for a good one.',
        reaction='It is refused.',
        shown=('unit/codec/test-scep-cert-rep.c /cert-rep/message-type',
               'unit/codec/test-scep-cert-rep.c /cert-rep/pki-status')),
    Behaviour(
        id='nonce-missing',
        who='strongSwan, Apple',
        does='The recipientNonce is not looked at.',
        reaction='A reply without it is refused.',
        modes={'nonce': 'missing'},
        expect=Fails('NonceMismatch'),
        shown=('unit/codec/test-scep-cert-rep.c /cert-rep/nonce',)),
    Behaviour(
        id='nonce-wrong',
        who='sscep',
        does='A wrong recipientNonce is a line in the log and nothing more.',
        reaction='The reply is refused.',
        modes={'nonce': 'wrong'},
        expect=Fails('NonceMismatch')),
    Behaviour(
        id='transaction-prefix',
        who='sscep',
        does='A transactionID that is the beginning of the right one, or empty, passes.',
        reaction='All of it has to be the same.',
        modes={'txid': 'prefix'},
        expect=Fails('TransactionMismatch'),
        shown=('unit/codec/test-scep-cert-rep.c /cert-rep/transaction-id',)),
    Behaviour(
        id='transaction-missing',
        who='sscep',
        does='A reply without a transactionID passes.',
        reaction='It is refused.',
        modes={'txid': 'missing'},
        expect=Fails('TransactionMismatch')),
    Behaviour(
        id='refusal-with-unknown-reason',
        who='jscep, Apple',
        does='A failInfo that the RFC does not know ends the program.',
        reaction='It is a refusal like any other, and its number is told.',
        modes={'fail.info': '14606'},
        expect=Fails('RejectedOther', saying='14606', state=('rejected',)),
        shown=('unit/codec/test-scep-fail-info.c /fail-info/unknown',)),
    Behaviour(
        id='refusal-without-reason',
        who='jscep, Apple',
        does='A refusal without any failInfo ends the program.',
        reaction='It is a refusal like any other.',
        modes={'fail.info': 'none'},
        expect=Fails('RejectedOther', saying='without naming a reason', state=('rejected',)),
        shown=('unit/codec/test-scep-fail-info.c /fail-info/unknown',)),
))

SIGNATURES = Chapter('Who signed, and what', (
    Behaviour(
        id='signer-from-the-message',
        who='jscep',
        does='The signer is looked up among the certificates that came with the reply.',
        reaction='Only the CA and RA certificates that are trusted already count.',
        modes={'sign.key': 'forged'},
        expect=Fails('SignatureInvalid'),
        shown=('unit/codec/test-scep-signed-data.c /signed-data/forged',)),
    Behaviour(
        id='no-certificates-no-check',
        who='jscep',
        does='A reply that brings no certificates is not verified.',
        reaction='It is verified like any other.',
        modes={'sign.key': 'forged', 'sign.nocerts': 1},
        expect=Fails('SignatureInvalid'),
        shown=('unit/codec/test-scep-signed-data.c /signed-data/forged',)),
    Behaviour(
        id='no-trust-store',
        who='micromdm',
        does='A signature of anybody passes if it only fits.',
        reaction='It has to be that of the CA or the RA.',
        modes={'sign.key': 'other'},
        expect=Fails('UntrustedCA'),
        shown=('unit/codec/test-scep-signed-data.c /signed-data/unknown-signer',)),
    Behaviour(
        id='first-of-two-signers',
        who='micromdm',
        does='Of several signers, only the first one is read.',
        reaction='There must be exactly one.',
        shown=('unit/codec/test-scep-signed-data.c /signed-data/number-of-signers',)),
    Behaviour(
        id='next-ca-not-verified',
        who='sscep',
        does='A next CA that the present one has not signed is logged and taken.',
        reaction='It is refused with a warning, and nothing of it is stored.',
        shown=('responder/test_rollover.py test_forged',
               'unit/codec/test-scep-next-ca.c /next-ca/unsigned',
               'unit/codec/test-scep-next-ca.c /next-ca/signed-by-stranger')),
    Behaviour(
        id='next-ca-around-the-content',
        who='jscep',
        does='The next CA is read from the certificates around the signed content.',
        reaction='Only what is signed is read.',
        shown=('responder/test_rollover.py test_forged',
               'unit/codec/test-scep-next-ca.c /next-ca/outer-certificate')),
))

CERTIFICATES = Chapter('Requests and certificates', (
    Behaviour(
        id='first-certificate-is-mine',
        who='micromdm',
        does='The first certificate of the reply is taken for the one that was issued.',
        reaction='It is the one of the requested key, wherever it stands.',
        modes={'issue.extra': 1, 'issue.chain': 1},
        expect=Enrolls()),
    Behaviour(
        id='no-certificate-at-all',
        who='micromdm',
        does='A success without a certificate ends the program.',
        reaction='It is an error that says so.',
        modes={'issue.none': 1},
        expect=Fails('CertificateMismatch', saying='no certificate'),
        shown=('unit/enroll/test-scep-issued-certificate.c /issued-certificate/none',)),
    Behaviour(
        id='old-certificate-again',
        who='sscep, jscep',
        does='The transactionID is made from the key: a renewal with that key looks like a '
             'repetition to NDES, which sends the old certificate.',
        reaction='The transactionID is random and the key is new; an old certificate is refused, '
                 'and the one there is stays.',
        settings={'RenewalSendsChallenge': 'never'},
        expect=RenewalFails('CertificateMismatch', saying='old certificate',
                            then={'renewal.17': 'old', 'renewal.19': 'old'}),
        shown=('unit/codec/test-scep-pki-message.c /pki-message/transaction-id',
               'unit/enroll/test-scep-issued-certificate.c /issued-certificate/refused')),
    Behaviour(
        id='several-recipients',
        who='micromdm and others',
        does='A request is encrypted to every certificate of the server; NDES cannot read it.',
        reaction='There is one recipient, chosen by what its certificate is for.',
        server={'ra': 'pair'},
        expect=Enrolls(),
        shown=('unit/codec/test-scep-pki-message.c /pki-message/one-certificate-one-recipient',)),
))

CHAPTERS = (CAPABILITIES, REPLIES, SIGNATURES, CERTIFICATES)
