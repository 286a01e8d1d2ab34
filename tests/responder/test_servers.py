#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The many ways in which servers are right, and challenges from the request log."""

import shutil

from harness import ERROR, MachineTest, main, pki, wait_for
from harness.daemon import DAEMON_USER, settings_variant

# The kind of RA, and what the server does.
GOOD_DAYS = [
    ('none', {'caps': 'none'}),
    ('none', {'envelope__cipher': 'aes-256-cbc'}),
    ('none', {'envelope__cipher': 'des-ede3-cbc'}),
    ('none', {'envelope__cipher': 'des-cbc'}),
    ('none', {'envelope__oaep': 1}),
    ('none', {'envelope__ber': 1}),
    ('none', {'sign__ber': 1}),
    ('none', {'sign__extra': 1}),
    ('none', {'sign__nocerts': 1}),
    ('none', {'issue__chain': 1}),
    ('none', {'ca__extra': 1}),
    ('one', {}),
    ('one', {'ca__order': 'reversed'}),
    ('pair', {}),
    ('pair', {'ca__order': 'reversed', 'sign__ber': 1, 'envelope__ber': 1}),
    ('chained', {}),
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
                self.assertEqual([r['method'] for r in sent],
                                 ['GET' if modes.get('caps') == 'none' else 'POST'])
                self.assertTrue(sent[0]['challengeOk'])
                if modes.get('envelope__cipher') == 'des-cbc':
                    self.assertIn('legacy-reply', self.daemon.get('Warnings'))

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
        wait_for(lambda: 'GetCACert' in [r['operation'] for r in server.requests()[begin:]],
                 self.daemon.describe)
        self.daemon.wait_state('enrolled')

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
