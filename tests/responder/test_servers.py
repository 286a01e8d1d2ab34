#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The many ways in which servers are right, and challenges from the request log."""

import shutil

from harness import ERROR, MachineTest, main, pki, wait_for
from harness.daemon import DAEMON_USER, settings_variant

# The kind of RA, and what the server does. What a product is known to do is a row of behaviours.
GOOD_DAYS = [
    ('none', {'envelope__cipher': 'aes-256-cbc'}),
    ('none', {'envelope__cipher': 'des-ede3-cbc'}),
    ('none', {'envelope__oaep': 1}),
    ('none', {'sign__ber': 1}),
    ('none', {'sign__extra': 1}),
    ('none', {'sign__nocerts': 1}),
    ('none', {'issue__chain': 1}),
    ('one', {}),
    ('one', {'ca__order': 'reversed'}),
    ('pair', {'ca__order': 'reversed', 'sign__ber': 1, 'envelope__ber': 1}),
    ('chained', {'ca__order': 'reversed', 'issue__chain': 1}),
]


class Servers(MachineTest):
    def serve(self, **how):
        server = self.machine.responder(**how)
        self.addCleanup(server.stop)
        return server

    def fresh(self):
        self.daemon.stop()
        self.daemon = self.start_daemon()

    def enroll(self, server, **more):
        self.daemon.configure(ConnectRetryInterval=5, Enabled=True, **server.settings(**more))
        self.check_enrolled(server)

    def check_enrolled(self, server):
        self.daemon.wait_state('enrolled')
        verified, output = pki.verify(self.daemon.method('GetCertificateChain')[0],
                                      server.ca_file, self.machine.sub('work'))
        self.assertTrue(verified, output)

    def test_good_days(self):
        servers = {}
        for ra, modes in GOOD_DAYS:
            with self.subTest(ra=ra, modes=modes):
                self.fresh()
                if ra not in servers:
                    servers[ra] = self.serve(ra=ra)
                server = servers[ra]
                server.reset()
                server.control(**modes)
                self.enroll(server)
                sent = server.requests('PKIOperation')
                self.assertEqual([r['method'] for r in sent], ['POST'])
                self.assertTrue(sent[0]['challengeOk'])

    def test_pinned_ra(self):
        """A certificate that does not say that it is an RA has to be pinned."""
        server = self.serve(ra='no-eku')
        ra = server.words()['RA']
        recorder = self.machine.recorder()
        self.daemon.configure(ConnectRetryInterval=5, Enabled=True,
                              **server.settings(RACertificateFingerprint='ab' * 32))
        self.assertIn(recorder.wait('EnrollmentFailed')[0],
                      (ERROR + 'UntrustedCA', ERROR + 'FingerprintMismatch'))
        self.assertFalse(server.requests('PKIOperation'))
        self.daemon.configure(RACertificateFingerprint=ra)
        self.check_enrolled(server)

    def test_one_time_challenge(self):
        """Sent once, and gone once its certificate is there."""
        server = self.serve()
        self.enroll(server, ChallengePasswordOneTime=True)
        wait_for(lambda: not self.daemon.get('ChallengePasswordSet'), 'the challenge to go')
        with open(self.daemon.file('profiles', 'default', 'settings.keyfile')) as settings:
            self.assertNotIn(server.challenge, settings.read())
        self.assertEqual([r['challengeOk'] for r in server.requests('PKIOperation')], [True])

    def test_one_time_challenge_refused(self):
        """A signed answer uses it up; only another one is sent again."""
        server = self.serve()
        server.control(fail__info=2)
        recorder = self.machine.recorder()
        self.daemon.configure(ConnectRetryInterval=5, Enabled=True,
                              **server.settings(ChallengePasswordOneTime=True))
        error, message, _ = recorder.wait('EnrollmentFailed')
        self.assertEqual(error, ERROR + 'BadRequest')
        self.assertIn('127.0.0.1:%d' % server.port, message)
        server.control(fail__info='')
        self.daemon.restart()
        self.assertEqual([r['challengeOk'] for r in server.requests('PKIOperation')
                          if r['challengeOk']], [True])
        self.daemon.configure(ChallengePassword=server.challenge)
        self.check_enrolled(server)

    def test_fresh_nonces(self):
        """No two messages have one nonce, be they of one transaction, or for the same thing."""
        server = self.serve()
        server.control(pending=1)
        self.enroll(server)
        self.renew(server, 'POST 17')
        sent = server.requests('PKIOperation')
        self.assertEqual([r['messageType'] for r in sent], ['19', '20', '17'])
        self.assertEqual({len(r['nonce']) for r in sent}, {32})
        self.assertEqual(len({r['nonce'] for r in sent}), 3)
        self.assertEqual(sent[0]['transactionID'], sent[1]['transactionID'])
        self.assertNotEqual(sent[1]['transactionID'], sent[2]['transactionID'])

    def test_windows_error(self):
        """NDES tells the reason by a number: it is explained wherever somebody looks."""
        server = self.serve(ra='ndes')
        server.control(fail__info=2, content='zero', sign__hresult='-2146877422')
        recorder = self.machine.recorder()
        self.daemon.configure(ConnectRetryInterval=5, Enabled=True, **server.settings())
        error, message, _ = recorder.wait('EnrollmentFailed')
        self.assertEqual(error, ERROR + 'BadRequest')
        words = ('0x80094012 (CERTSRV_E_TEMPLATE_DENIED): the account that NDES runs as must be '
                 'permitted to enroll')
        self.assertIn(words, message)
        self.assertEqual(self.daemon.get('LastErrorMessage'), message)
        status = self.machine.scepctl('status').stdout
        self.assertIn(words, ' '.join(status.split()))
        self.assertIn(words, self.machine.scepctl('--json', 'status').stdout)
        self.assertIn(words, self.machine.scepctl('history', check=True).stdout)
        self.assertIn(words, self.daemon.log())

    def check(self, server):
        begin = len(server.requests())
        self.daemon.method('Check')
        # While a check runs nothing is planned.
        wait_for(lambda: self.daemon.get('NextAction'), self.daemon.describe)
        self.assertIn('GetCACert', [r['operation'] for r in server.requests()[begin:]])
        self.assertEqual(self.daemon.get('State'), 'enrolled')

    def test_ignored_certificates(self):
        """What the server sends without being asked is told for as long as it does so."""
        server = self.serve()
        server.control(ca__extra=1)
        self.enroll(server)
        self.assertIn('ignored-certificates', self.daemon.get('Warnings'))
        self.assertIn('ignored-certificates', self.machine.scepctl('status', check=True).stdout)
        self.daemon.restart()
        self.daemon.wait_state('enrolled')
        self.assertIn('ignored-certificates', self.daemon.get('Warnings'))
        server.control(ca__extra='')
        self.check(server)
        wait_for(lambda: 'ignored-certificates' not in self.daemon.get('Warnings'),
                 self.daemon.describe)

    def test_memory_of_words(self):
        """What is odd about a reply, a certificate and a CA is told after a restart, too."""
        server = self.machine.responder(ra='weak-key')
        self.addCleanup(server.stop)
        server.control(sign__digest='sha1', issue__subject='by-policy')
        self.enroll(server, AlgorithmPolicy='legacy')
        words = {'legacy-reply', 'weak-key', 'subject-changed'}
        self.assertLessEqual(words, set(self.daemon.get('Warnings')))
        capabilities = self.daemon.get('Capabilities')
        self.assertIn('Renewal', capabilities)
        self.daemon.restart()
        self.daemon.wait_state('enrolled')
        self.assertLessEqual(words, set(self.daemon.get('Warnings')))
        self.assertEqual(self.daemon.get('Capabilities'), capabilities)
        self.assertIn('subject-changed', self.machine.scepctl('status', check=True).stdout)

    def renew(self, server, *sent):
        """These messages, each described by its words, make the renewal."""
        begin = len(server.requests('PKIOperation'))
        old = self.daemon.get('Fingerprint')
        self.daemon.method('Renew')
        wait_for(lambda: self.daemon.get('Fingerprint') != old, self.daemon.describe)
        self.daemon.wait_state('enrolled')
        requests = server.requests('PKIOperation')[begin:]
        self.assertEqual(len(requests), len(sent), requests)
        for words, request in zip(sent, requests):
            self.assertLessEqual(set(words.split()), set(map(str, request.values())))

    def test_weakened(self):
        """A server that can do less than before: told everywhere, and nothing gets weaker."""
        server = self.serve()
        self.enroll(server)
        word = 'capabilities-weakened'
        self.assertNotIn(word, self.daemon.get('Warnings'))
        server.control(caps='DES3\nSHA-1\n')
        self.check(server)
        wait_for(lambda: word in self.daemon.get('Warnings'), self.daemon.describe)
        self.assertIn(word, self.machine.scepctl('status', check=True).stdout)
        self.assertIn(word, [event[1] for event in self.daemon.method('GetHistory')[0]])
        self.assertIn('does not list AES POSTPKIOperation SHA-256 any more', self.daemon.log())
        self.daemon.restart()
        self.assertIn(word, self.daemon.get('Warnings'))
        self.renew(server, 'POST 17 aes-128-cbc SHA256')
        server.control(caps='')
        self.check(server)
        wait_for(lambda: word not in self.daemon.get('Warnings'), self.daemon.describe)

    def test_memory_of_an_endpoint(self):
        """What had to be worked around is tried first, and with another endpoint not at all."""
        server = self.serve()
        server.control(drop__POST=1, ca__identifier='any', renewal__17='refuse')
        self.enroll(server)
        self.renew(server, 'GET 17', 'GET 17 right', 'GET 19 ours')
        self.daemon.restart()
        self.renew(server, 'GET 17', 'GET 17 right', 'GET 19 ours')
        self.daemon.restart()
        self.renew(server, 'GET 19 ours')
        self.check(server)
        self.assertEqual(server.requests('GetCACert')[-1]['message'], '0')
        server.control(drop__POST='', ca__identifier='')
        begin = len(server.requests())
        self.daemon.configure(ServerEndpoint=server.url + '/other')
        wait_for(lambda: len(server.requests('PKIOperation')) == 10, self.daemon.describe)
        self.assertEqual([(r['method'], r['operation'], r.get('message'))
                          for r in server.requests()[begin:]],
                         [('GET', 'GetCACaps', ''), ('GET', 'GetCACert', ''),
                          ('POST', 'PKIOperation', None)])
        self.check_enrolled(server)

    def test_everything_asked_for(self):
        """What the CSR asks for arrives at the server, and comes back in the certificate."""
        server = self.serve()
        names = ['DNS:gw.example.org', 'IP:192.0.2.7', 'IP:2001:db8::7', 'email:gw@example.org',
                 'URI:urn:example:gw?a=b', 'UPN:gw@corp.example.org']
        self.enroll(server, SubjectAltNames=names, KeyUsage=['digitalSignature', 'keyAgreement'],
                    ExtendedKeyUsage=['clientAuth', '1.3.6.1.5.5.7.3.17'],
                    CertificateTemplate='Gateway')
        self.assertNotIn('subject-changed', self.daemon.get('Warnings'))
        leaf = pki.split(self.daemon.method('GetCertificateChain')[0])[0]
        # OpenSSL before 3.2 has two colons there.
        text = pki.openssl('x509', '-noout', '-text', '-certopt', 'ext_dump', data=leaf).replace(
            'UPN::', 'UPN:')
        for words in ('DNS:gw.example.org, IP Address:192.0.2.7, IP Address:2001:DB8:0:0:0:0:0:7, '
                      'email:gw@example.org, URI:urn:example:gw?a=b, ',
                      'UPN:gw@corp.example.org', 'critical\n                Digital Signature, '
                      'Key Agreement\n', 'TLS Web Client Authentication, ipsec Internet Key Exchange',
                      '1.3.6.1.4.1.311.20.2', '1e 0e 00 47 00 61 00 74-00 65 00 77 00', '61 00 79'):
            self.assertIn(words, text)

    def test_challenge_file(self):
        server = self.serve()
        path = self.daemon.configuration_dir + '/secret'
        self.daemon.write_configuration('secret', server.challenge + '\n')
        self.daemon.write_configuration('profiles/default.conf', '\n'.join([
            '[Profile]', 'ServerEndpoint=' + server.url, 'SubjectDN=CN=from-file',
            'CARootFingerprint=' + server.fingerprint, 'ChallengePasswordFile=' + path,
            'Enabled=true', '']))
        self.daemon.restart()
        self.check_enrolled(server)
        self.assertEqual(self.daemon.get('Subject'), 'CN=from-file')
        self.assertEqual([r['challengeOk'] for r in server.requests('PKIOperation')], [True])
        self.assertNotIn(server.challenge, self.daemon.log())

    def test_credential(self):
        """What systemd passes on: one for each profile, and none of them for another."""
        server = self.serve()
        folder = self.machine.folder_for(DAEMON_USER, 'credentials')
        self.daemon.stop()
        for profile, secret in (('default', 'wrong'), ('vpn', server.challenge + '\n')):
            with open('%s/scep-enrollment.challenge.%s' % (folder, profile), 'w') as out:
                out.write(secret)
            shutil.chown(out.name, DAEMON_USER, DAEMON_USER)
        self.daemon = self.start_daemon(env={'CREDENTIALS_DIRECTORY': folder})
        settings = server.settings(Enabled=True)
        del settings['ChallengePassword']
        path = self.daemon.manager('CreateProfile', '(sa{sv})', 'vpn',
                                   settings_variant(settings))[0]
        self.daemon.wait_state('enrolled', path=path)
        self.assertTrue(self.daemon.get('ChallengePasswordSet', path))
        self.assertEqual([r['challengeOk'] for r in server.requests('PKIOperation')], [True])
        self.daemon.configure(**settings)
        wait_for(lambda: len(server.requests('PKIOperation')) == 2, self.daemon.describe)
        self.assertFalse(server.requests('PKIOperation')[1]['challengeOk'])
        for name in ('default', 'vpn'):
            with open(self.daemon.file('profiles', name, 'settings.keyfile')) as stored:
                self.assertNotIn('Challenge', stored.read())
        self.assertNotIn(server.challenge, self.daemon.log())


if __name__ == '__main__':
    main()
