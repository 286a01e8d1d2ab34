# SPDX-License-Identifier: LGPL-2.1-or-later
"""What somebody who means harm does."""

from . import (AwaitsTrust, Behaviour, CertificateFails, Chapter, Checks, Enrolls, Fails,
               RefusesSetting, RenewalFails)

ON_THE_WAY = 'somebody on the way'
ANOTHER_CLIENT = 'another client of the CA'
SERVER = 'a server'
CALLER = 'a caller on the bus'

DOWNGRADE = Chapter('Weaker than it need be', (
    Behaviour(
        id='capabilities-stripped',
        who=ON_THE_WAY,
        does='The list of capabilities offers DES and MD5 and nothing better.',
        reaction='The request goes with AES-128 and SHA-256 all the same. A list that was better '
                 'before is still used, and there is the warning `capabilities-weakened`.',
        modes={'caps': 'DES\nMD5\nPOSTPKIOperation\n'},
        expect=Enrolls(sent=('POST 19 aes-128-cbc SHA256',)),
        shown=('unit/enroll/test-scep-algorithm-choice.c /algorithm-choice/downgrade',
               'unit/enroll/test-scep-server-memory.c /server-memory/weakened')),
    Behaviour(
        id='capabilities-stripped-later',
        who=ON_THE_WAY,
        does='The list of capabilities becomes shorter when everybody has a certificate already.',
        reaction='There is the warning `capabilities-weakened`, on the bus, in the journal and in '
                 '`scepctl status`, and nothing that is sent becomes weaker.',
        expect=Checks(then={'caps': 'DES3\nSHA-1\n'}, warnings=('capabilities-weakened',)),
        shown=('responder/test_servers.py Servers.test_weakened',)),
    Behaviour(
        id='capabilities-gone',
        who=ON_THE_WAY,
        does='There is no list any more, or one without a word.',
        reaction='The same.',
        expect=Checks(then={'http.GetCACaps': '404'}, warnings=('capabilities-weakened',)),
        shown=('unit/enroll/test-scep-server-memory.c /server-memory/weakened-to-nothing',
               'unit/enroll/test-scep-server-memory.c /server-memory/never-listed')),
    Behaviour(
        id='capabilities-fault',
        who=SERVER,
        does='GetCACaps fails, as everything does at times.',
        reaction='That says nothing of what the server can.',
        expect=Checks(then={'http.GetCACaps': '503'})),
    Behaviour(
        id='post-broken',
        who=ON_THE_WAY,
        does='Answers to posted messages are swallowed, so that GET is used.',
        reaction='A server that has ever answered POST is asked so first every time, and GET is '
                 'the warning `capabilities-weakened`. The policy `strict` never uses GET.',
        shown=('unit/enroll/test-scep-server-memory.c /server-memory/post-broken',
               'unit/enroll/test-scep-server-memory.c /server-memory/strict')),
    Behaviour(
        id='server-header',
        who=ON_THE_WAY,
        does='The header Server names an old product that knows weak algorithms only.',
        reaction='Nobody reads it.',
        modes={'http.server': 'Microsoft-IIS/6.0'},
        expect=Enrolls(sent=('POST 19 aes-128-cbc SHA256',))),
    Behaviour(
        id='digest-of-reply',
        who=SERVER,
        does='The reply is signed over an MD5 digest.',
        reaction='It is refused under every policy.',
        modes={'sign.digest': 'md5'}, settings={'AlgorithmPolicy': 'legacy'},
        expect=Fails('WeakAlgorithm'),
        shown=('unit/codec/test-scep-signed-data.c /signed-data/md5',)),
    Behaviour(
        id='strict-reply',
        who=SERVER,
        does='The reply is encrypted with single DES.',
        reaction='`strict` refuses it; else there is the warning `legacy-reply`.',
        modes={'envelope.cipher': 'des-cbc'},
        settings={'AlgorithmPolicy': 'strict', 'RSAKeyLength': 2048},
        expect=Fails('WeakAlgorithm'),
        shown=('unit/codec/test-scep-cert-rep.c /cert-rep/des',)),
))

TRUST = Chapter('Whom to trust', (
    Behaviour(
        id='ca-substituted',
        who=ON_THE_WAY,
        does='GetCACert brings the certificate of another CA.',
        reaction='It is not the one of the fingerprint: no request is sent.',
        settings={'CARootFingerprint': 'ab' * 32},
        expect=Fails('FingerprintMismatch', sent=(), asked=('GetCACaps', 'GetCACert'))),
    Behaviour(
        id='nothing-to-compare',
        who=ON_THE_WAY,
        does='There is no fingerprint to compare with.',
        reaction='The certificate is offered, and nothing is sent until somebody confirms it.',
        settings={'CARootFingerprint': ''},
        expect=AwaitsTrust('CA')),
    Behaviour(
        id='fingerprint-too-short',
        who='an administrator who was told so',
        does='The fingerprint is an MD5 one, as old servers show it.',
        reaction='The setting is refused: only SHA-256 names one certificate.',
        settings={'CARootFingerprint': 'd41d8cd98f00b204e9800998ecf8427e'},
        expect=RefusesSetting('SHA-256')),
    Behaviour(
        id='impostor-beside-the-ra',
        who=ANOTHER_CLIENT,
        does='It puts its own genuine certificate beside that of the RA.',
        reaction='Only the RA is written to, and there is the warning `ignored-certificates`.',
        server={'ra': 'one'}, modes={'attack.impostor': 1},
        expect=Enrolls(warnings=('ignored-certificates',)),
        shown=('unit/enroll/test-scep-ca-trust.c /ca-trust/impostor',
               'unit/enroll/test-scep-ca-trust.c /ca-trust/restore/warning')),
    Behaviour(
        id='impostor-comes-later',
        who=ANOTHER_CLIENT,
        does='It does so when everybody has a certificate already.',
        reaction='The next check of the CA certificates has the same warning.',
        server={'ra': 'one'},
        expect=Checks(then={'attack.impostor': 1}, warnings=('ignored-certificates',))),
    Behaviour(
        id='strangers-in-the-list',
        who=SERVER,
        does='GetCACert brings a certificate that has nothing to do with the CA.',
        reaction='It is not trusted; the warning `ignored-certificates` stays until it is gone.',
        modes={'ca.extra': 1},
        expect=Enrolls(warnings=('ignored-certificates',)),
        shown=('responder/test_servers.py Servers.test_ignored_certificates',)),
    Behaviour(
        id='impostor-as-the-ra',
        who=ANOTHER_CLIENT,
        does='It puts its own genuine certificate where there is no RA.',
        reaction='No request is sent, for a chain to the CA makes nobody an RA.',
        modes={'attack.impostor': 1},
        expect=Fails('UntrustedCA', saying='RACertificateFingerprint', sent=()),
        shown=('unit/enroll/test-scep-ca-trust.c /ca-trust/impostor',
               'unit/enroll/test-scep-rollover.c /rollover/unproven-ra')),
    Behaviour(
        id='expired-ra',
        who=SERVER,
        does='The RA certificate has expired, or is not for this.',
        reaction='It is not written to.',
        shown=('unit/enroll/test-scep-ca-trust.c /ca-trust/expired-ra',
               'unit/enroll/test-scep-ca-trust.c /ca-trust/single-by-usage')),
    Behaviour(
        id='tls-of-a-stranger',
        who=ON_THE_WAY,
        does='An https server shows a certificate of an unknown CA, or for another name.',
        reaction='Nothing is sent; a proxy comes from the environment only.',
        shown=('responder/test_network.py test_tls_of_a_stranger',
               'responder/test_network.py test_tls_of_another_name',
               'unit/transport/test-scep-transport-soup.c /transport-soup/proxy')),
))

REPLIES = Chapter('Forged and changed replies', (
    Behaviour(
        id='forged-refusal',
        who=ON_THE_WAY,
        does='A refusal is signed with a key of its own, under the name of the CA.',
        reaction='It is not believed and ends nothing; the next attempt comes soon.',
        modes={'sign.key': 'forged', 'fail.info': 2},
        expect=Fails('SignatureInvalid', state=('waiting',)),
        shown=('unit/codec/test-scep-cert-rep.c /cert-rep/signature-comes-first',)),
    Behaviour(
        id='replayed-reply',
        who=ON_THE_WAY,
        does='A genuine reply to an earlier request is sent once more.',
        reaction='It is refused, and the certificate stays.',
        modes={'attack.record': 1},
        expect=RenewalFails('TransactionMismatch', sent=('POST 17',),
                            then={'attack.record': '', 'attack.replay': 1}),
        shown=('unit/enroll/test-scep-enrollment.c /enrollment/pending/other-nonce',)),
    Behaviour(
        id='changed-reply',
        who=ON_THE_WAY,
        does='One bit of a genuine reply is changed.',
        reaction='It is refused before anything is decrypted.',
        modes={'attack.flip': 100},
        expect=Fails('SignatureInvalid'),
        shown=('unit/codec/test-scep-cert-rep.c /cert-rep/every-changed-byte',
               'unit/codec/test-scep-signed-data.c /signed-data/tampered')),
    Behaviour(
        id='attributes-in-the-wrong-place',
        who=ON_THE_WAY,
        does='Attributes are there twice, with two values, unsigned, or not at all.',
        reaction='The reply is refused; what is not signed is never read.',
        shown=('unit/codec/test-scep-signed-data.c /signed-data/repeated-attributes',
               'unit/codec/test-scep-signed-data.c /signed-data/unsigned-attribute',
               'unit/codec/test-scep-signed-data.c /signed-data/no-attributes',
               'unit/codec/test-scep-signed-data.c /signed-data/other-content-type',
               'unit/codec/test-scep-signed-data.c /signed-data/number-of-signers')),
    Behaviour(
        id='decryption-oracle',
        who=ON_THE_WAY,
        does='Replies are changed to learn from the answers whether they decrypt.',
        reaction='The signature is verified first. What is unwrapped or padded wrongly goes on '
                 'with a random key, and all faults have one sentence.',
        shown=('unit/codec/test-scep-cert-rep.c /cert-rep/wrong-key',
               'unit/codec/test-scep-private-key.c /private-key/unwrap/pkcs1',
               'unit/codec/test-scep-private-key.c /private-key/unwrap/oaep',
               'unit/codec/test-scep-private-key.c /private-key/unwrap/oaep/faults',
               'unit/codec/test-constant-time.c /constant-time/padding',
               'unit/codec/test-constant-time.c /constant-time/oaep',
               'unit/codec/test-scep-cert-rep.c /cert-rep/wrong-content',
               'unit/codec/test-scep-content-cipher.c /content-cipher/every-padding',
               'unit/codec/test-scep-signed-data.c /signed-data/nothing-where-forged')),
    Behaviour(
        id='unsigned-words-while-pending',
        who=ON_THE_WAY,
        does='HTTP errors and foreign replies answer the polls of a request that is pending.',
        reaction='The request stays, and is polled again.',
        shown=('unit/enroll/test-scep-enrollment.c /enrollment/pending/fault',
               'unit/enroll/test-scep-enrollment.c /enrollment/pending/other-id',
               'unit/enroll/test-scep-profile.c /profile/unsigned-keeps-pending')),
))

CERTIFICATES = Chapter('Certificates that were not asked for', (
    Behaviour(
        id='issued-for-another-key',
        who=SERVER,
        does='The certificate is for another key.',
        reaction='It is not installed.',
        modes={'issue.key': 'other'},
        expect=Fails('CertificateMismatch')),
    Behaviour(
        id='issued-a-ca',
        who=SERVER,
        does='The certificate is that of a CA.',
        reaction='It is not installed.',
        modes={'issue.ca': 1},
        expect=Fails('CertificateMismatch', saying='that of a CA')),
    Behaviour(
        id='issued-expired',
        who=SERVER,
        does='The certificate has expired already.',
        reaction='It is not installed.',
        modes={'issue.not-before': -200, 'issue.not-after': -100},
        expect=Fails('CertificateMismatch', saying='expired')),
    Behaviour(
        id='issued-ahead',
        who=SERVER,
        does='The certificate begins in an hour.',
        reaction='It is not installed; ten minutes are forgiven.',
        modes={'issue.not-before': 3600},
        expect=Fails('CertificateMismatch', saying='ten minutes')),
    Behaviour(
        id='issued-by-a-stranger',
        who=SERVER,
        does='The certificate is issued by somebody else.',
        reaction='It is not installed.',
        modes={'issue.issuer': 'other'},
        expect=Fails('UntrustedCA')),
    Behaviour(
        id='issued-other-name',
        who=SERVER,
        does='The certificate has another subject.',
        reaction='It is installed with the warning `subject-changed`: the CA decides on names.',
        modes={'issue.subject': 'somebody else'},
        expect=Enrolls(warnings=('subject-changed',)),
        shown=('unit/codec/test-scep-name.c /name/equal',)),
    Behaviour(
        id='strangers-along',
        who=SERVER,
        does='The reply brings certificates of strangers beside the one that was issued.',
        reaction='They are neither installed nor trusted.',
        shown=('unit/enroll/test-scep-issued-certificate.c /issued-certificate/strangers',)),
    Behaviour(
        id='asked-for-another',
        who=SERVER,
        does='A GetCert is answered with another certificate than was asked for.',
        reaction='It is refused: serial number and issuer are compared.',
        expect=CertificateFails('CertificateMismatch', then={'certificate.other': 1},
                                saying='another one'),
        shown=('unit/enroll/test-scep-asked-certificate.c /asked-certificate/other',)),
    Behaviour(
        id='asked-for-forged',
        who=SERVER,
        does='A GetCert is answered with a certificate of the right serial number and issuer that '
             'the CA did not sign.',
        reaction='It is refused.',
        expect=CertificateFails('SignatureInvalid', then={'certificate.key': 'other'},
                                saying='refused'),
        shown=('unit/enroll/test-scep-asked-certificate.c /asked-certificate/not-signed',)),
))

BYTES = Chapter('Bytes', (
    Behaviour(
        id='deep-nesting',
        who=SERVER,
        does='Elements stand within elements, fifty thousand deep.',
        reaction='That is refused before a parser sees it.',
        modes={'attack.deep': 1},
        expect=Fails('MalformedReply'),
        shown=('unit/codec/test-scep-ber.c /ber/limits/depth',
               'unit/codec/test-scep-ber.c /ber/limits/elements',
               'unit/codec/test-scep-ber.c /ber/limits/hostile')),
    Behaviour(
        id='cut-off',
        who=ON_THE_WAY,
        does='A genuine reply is cut off.',
        reaction='It is refused, wherever that is.',
        modes={'attack.cut': 900},
        expect=Fails('MalformedReply'),
        shown=('unit/codec/test-scep-cert-rep.c /cert-rep/cut-off',)),
    Behaviour(
        id='endless-reply',
        who=SERVER,
        does='A reply does not end, comes byte by byte, or not at all.',
        reaction='Bytes and time are limited, and the certificate there is stays in use.',
        shown=('responder/test_bad_input.py test_bad_days',
               'responder/test_network.py test_trickle',
               'unit/transport/test-scep-transport-soup.c /transport-soup/too-large',
               'unit/transport/test-scep-transport-soup.c /transport-soup/silent')),
    Behaviour(
        id='endless-interim',
        who=ON_THE_WAY,
        does='A server or a proxy sends `100 Continue` without end, and never an answer.',
        reaction='More than ten end the request. They are read in a thread of their own: the bus, '
                 'timers and the watchdog do not wait for it.',
        modes={'http.GetCACert': 'interim'},
        expect=Fails('MalformedReply', saying='interim answers'),
        shown=('responder/test_network.py test_interim',
               'unit/transport/test-scep-soup-exchange.c /soup-exchange/interim/endless',
               'unit/transport/test-scep-soup-exchange.c /soup-exchange/interim/in-tls',
               'unit/transport/test-scep-soup-exchange.c /soup-exchange/interim/of-proxy')),
    Behaviour(
        id='hanging-library',
        who=SERVER,
        does='It brings the HTTP library to do something for ever.',
        reaction='The deadline ends the request all the same, and after 90 s another thread takes '
                 'the place of the one that hangs.',
        shown=('unit/transport/test-scep-transport-thread.c /transport-thread/requests',
               'unit/transport/test-scep-transport-thread.c /transport-thread/replaced')),
    Behaviour(
        id='http2',
        who=SERVER,
        does='It breaks HTTP/2: headers that cannot be decoded, streams that never end.',
        reaction='HTTP/2 is not offered to it.',
        shown=('unit/transport/test-scep-soup-exchange.c /soup-exchange/alpn',
               'unit/transport/test-scep-soup-exchange.c /soup-exchange/alpn/in-tunnel')),
    Behaviour(
        id='short-reply',
        who=SERVER,
        does='The connection ends before as much has come as was announced.',
        reaction='That is told at once, with both numbers.',
        modes={'http.GetCACert': 'short'},
        expect=Fails('ServerUnreachable', saying='3 of 9 bytes came'),
        shown=('unit/transport/test-scep-soup-exchange.c /soup-exchange/cut',)),
    Behaviour(
        id='compressed-reply',
        who=SERVER,
        does='A reply is compressed, and huge when it is not.',
        reaction='Nothing is decompressed.',
        modes={'http.GetCACert': 'gzip'},
        expect=Fails('MalformedReply'),
        shown=('unit/transport/test-scep-transport-soup.c /transport-soup/encoded',)),
    Behaviour(
        id='lying-content-type',
        who=SERVER,
        does='The header Content-Type says something else than the bytes.',
        reaction='The bytes decide.',
        modes={'type.GetCACert': 'text/html', 'type.PKIOperation': 'text/html'},
        expect=Enrolls()),
    Behaviour(
        id='control-characters',
        who=SERVER,
        does='Its words hold control characters and sequences for a terminal.',
        reaction='They are shown without them, and 200 characters at most.',
        modes={'fail.info': 2, 'fail.text': '\x1b[2J\x1b]0;root\x07 all is\r\nwell'},
        expect=Fails('BadRequest', saying='all is', state=('rejected',)),
        shown=('unit/codec/test-scep-fail-info.c /fail-info/hostile-text',
               'unit/base/test-scep-text.c /text/printable')),
    Behaviour(
        id='odd-names',
        who=SERVER,
        does='Names are cut off within a character or hold what only looks the same.',
        reaction='They are compared by their bytes and by what they mean, and never by a part.',
        shown=('unit/codec/test-scep-name.c /name/malformed',
               'unit/codec/test-scep-name.c /name/equal')),
))

PLACES = Chapter('Other places', (
    Behaviour(
        id='redirection',
        who=ON_THE_WAY,
        does='An answer sends the client on to another place, perhaps within the site.',
        reaction='It is not followed; the place is told.',
        modes={'http.PKIOperation': 'redirect'},
        expect=Fails('HttpStatus', saying='/elsewhere', asked=('GetCACaps', 'GetCACert')),
        shown=('unit/transport/test-scep-transport-soup.c /transport-soup/redirect',)),
    Behaviour(
        id='other-schemes',
        who=CALLER,
        does='The endpoint is a file, or holds a name and a password.',
        reaction='The setting is refused.',
        settings={'ServerEndpoint': 'file:///etc/passwd'},
        expect=RefusesSetting('ServerEndpoint'),
        shown=('unit/enroll/test-scep-endpoint.c /endpoint/refused',)),
    Behaviour(
        id='local-distribution-point',
        who='who issued the certificate',
        does='The distribution point of the CRL is a place that is none of its business.',
        reaction='Only http and https are asked, and not this machine, by whichever name or '
                 'address.',
        shown=('unit/enroll/test-scep-crl-fetch.c /crl-fetch/distribution-point/is-local',
               'unit/transport/test-scep-local-address.c /local-address/own',
               'unit/transport/test-scep-transport-soup.c /transport-soup/local/name')),
))

TIME = Chapter('Time, waiting and loss', (
    Behaviour(
        id='pending-for-ever',
        who=SERVER,
        does='It says for ever that the request is pending.',
        reaction='It is polled ever more rarely, and given up after seven days.',
        shown=('unit/enroll/test-scep-enrollment.c /enrollment/poll-limit',
               'unit/enroll/test-scep-schedule.c /schedule/poll',
               'responder/test_bad_input.py test_cancel_in_pending')),
    Behaviour(
        id='wrong-clock',
        who=ON_THE_WAY,
        does='The clock of this machine is wrong, or the CA says that it is.',
        reaction='A clock before the time of the build asks nobody; badTime is a refusal that '
                 'names the clock, and the next attempt is later each time.',
        modes={'fail.info': 3},
        expect=Fails('BadTime', saying='clock', state=('rejected',)),
        shown=('unit/enroll/test-scep-enrollment.c /enrollment/implausible-clock',
               'unit/enroll/test-scep-schedule.c /schedule/refusal')),
    Behaviour(
        id='power-cut',
        who='the power',
        does='It goes at any instant of an enrollment or a renewal.',
        reaction='No working certificate is lost, and no key is left over.',
        shown=('crash/test_crash.py test_enrollment', 'crash/test_crash.py test_pending',
               'crash/test_crash.py test_rollover')),
    Behaviour(
        id='next-ca-forged',
        who=ON_THE_WAY,
        does='The announcement of a next CA is forged, signed by the RA, unsigned or an old one.',
        reaction='Only the present CA is believed, and only a CA that lasts longer.',
        shown=('responder/test_rollover.py test_forged',
               'unit/codec/test-scep-next-ca.c /next-ca/signed-by-ra',
               'unit/codec/test-scep-next-ca.c /next-ca/forged',
               'unit/codec/test-scep-next-ca.c /next-ca/not-newer',
               'unit/enroll/test-scep-ca-generation.c /ca-generation/unexpected')),
    Behaviour(
        id='gone-back',
        who=ON_THE_WAY,
        does='After a rollover the server shows the CA before it again.',
        reaction='Nothing is lost. The error tells both, and only AcceptCA goes back.',
        shown=('unit/enroll/test-scep-rollover.c /rollover/gone-back',
               'unit/enroll/test-scep-rollover.c /rollover/going-back')),
    Behaviour(
        id='old-crl',
        who=ON_THE_WAY,
        does='The CRL is an old one, or somebody else\'s.',
        reaction='It is refused.',
        shown=('unit/enroll/test-scep-crl-check.c /crl-check/order',
               'unit/enroll/test-scep-crl-check.c /crl-check/issuer',
               'unit/enroll/test-scep-crl-check.c /crl-check/dates')),
))

SECRETS = Chapter('Secrets and callers', (
    Behaviour(
        id='challenge-read',
        who=CALLER,
        does='It looks for the challenge password: in properties, signals, the journal, messages.',
        reaction='It is write-only, in no log, and on the network within the envelope only.',
        shown=('bus/test_interface.py test_never_readable',
               'bus/test_interface.py test_never_sent_or_logged',
               'unit/codec/test-scep-pki-message.c /pki-message/secret-is-not-in-clear')),
    Behaviour(
        id='challenge-used-twice',
        who=SERVER,
        does='A one-time challenge password would be sent again after it was judged.',
        reaction='It is not, not after a restart either.',
        shown=('responder/test_servers.py test_one_time_challenge_refused',
               'unit/enroll/test-scep-challenge.c /challenge/refused')),
    Behaviour(
        id='other-identity',
        who=CALLER,
        does='It asks for a certificate of any name with the challenge password of this machine.',
        reaction='polkit decides about every setting and every request.',
        shown=('bus/test_policy.py test_rows', 'bus/test_policy.py test_without_polkit')),
    Behaviour(
        id='request-for-another-key',
        who=CALLER,
        does='It wants a request for a key that it does not have.',
        reaction='Keys are made here, and each request is signed with its own.',
        shown=('unit/codec/test-scep-csr.c /csr/other-key',
               'bus/test_keystore.py test_create_and_csr')),
    Behaviour(
        id='guessed-transaction',
        who=ANOTHER_CLIENT,
        does='It guesses a transactionID to poll for the certificate of somebody else.',
        reaction='It has 160 random bits, and the reply is encrypted to the key of the request.',
        shown=('unit/codec/test-scep-pki-message.c /pki-message/transaction-id',
               'unit/codec/test-scep-enveloped-data.c /enveloped-data/for-somebody-else')),
    Behaviour(
        id='too-much-at-once',
        who=CALLER,
        does='It sends many calls, large arguments, or a descriptor that never ends.',
        reaction='They are limited, and nobody else waits for it.',
        shown=('bus/test_limits.py test_flood', 'bus/test_limits.py test_large_arguments',
               'unit/service/test-scep-fd.c /fd/silent-writer',
               'unit/service/test-scep-fd.c /fd/too-much')),
    Behaviour(
        id='long-messages',
        who=CALLER,
        does='It sends as much as the bus carries, to the name or the connection of the service.',
        reaction='What is longer than 512 KiB is not read. Calls are answered with that.',
        shown=('bus/test_limits.py test_call', 'bus/test_limits.py test_signal',
               'bus/test_limits.py test_burst', 'bus/test_limits.py test_descriptors',
               'bus/test_limits.py test_many_descriptors',
               'unit/service/test-scep-bus-bridge.c /bus-bridge/long-reply',
               'unit/service/test-scep-bus-relay.c /bus-relay/header')),
    Behaviour(
        id='values-out-of-range',
        who=CALLER,
        does='Settings have wrong types, lengths or contents.',
        reaction='Nothing is changed, and the setting is named.',
        shown=('bus/test_interface.py test_invalid_values_change_nothing',
               'unit/enroll/test-scep-settings-validate.c /settings-validate/all-or-nothing')),
))

CHAPTERS = (DOWNGRADE, TRUST, REPLIES, CERTIFICATES, BYTES, PLACES, TIME, SECRETS)
