#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Enrollment against Debian's scepserver, asked for as a user asks for it."""

import json

from harness import BUS_NAME, ERROR, INTERFACE, PATH, MachineTest, main, pki, wait_for
from harness.daemon import settings_variant


class Enrollment(MachineTest):
    server_options = {}

    def setUp(self):
        super().setUp()
        self.work = self.machine.sub('work')

    def prepare(self, **more):
        self.daemon.configure(ConnectRetryInterval=5, **self.server.settings(**more))

    def check_certificate(self, path=PATH, subject='CN=device-1,O=Example'):
        """What the service says it has is what openssl verifies."""
        chain = self.daemon.method('GetCertificateChain', path=path)[0]
        verified, output = pki.verify(chain, self.server.ca_file, self.work)
        self.assertTrue(verified, output)
        leaf = self.work + '/leaf.pem'
        self.assertEqual(self.daemon.get('Fingerprint', path), pki.fingerprint(leaf))
        self.assertEqual(self.daemon.get('Subject', path), subject)
        serial = pki.openssl('x509', '-in', leaf, '-noout', '-serial').strip().split('=')[1]
        self.assertEqual(int(self.daemon.get('SerialNumber', path), 16), int(serial, 16))
        self.assertEqual(self.daemon.get('LastError', path), '')
        self.assertIn(self.server.fingerprint, self.daemon.get('CAFingerprints', path))
        return leaf

    def test_set_property_as_root(self):
        """Nobody is refused; root's one write starts an enrollment."""
        self.prepare()
        arguments = ('set-property', BUS_NAME, PATH, INTERFACE, 'Enabled', 'b', 'true')
        self.machine.permit()
        refused = self.machine.busctl(*arguments, user='nobody')
        self.assertNotEqual(refused.returncode, 0)
        self.assertRegex(refused.stderr, '(?i)denied|authoriz|authentic|permit')
        self.assertEqual(self.daemon.get('State'), 'disabled')

        recorder = self.machine.recorder()
        self.machine.busctl(*arguments, check=True)
        self.daemon.wait_state('enrolled')
        enrolled = recorder.wait('Enrolled')
        self.assertEqual(enrolled[0], self.daemon.get('Fingerprint'))
        self.assertIn('requesting', recorder.states())
        self.assertEqual(recorder.states()[-1], 'enrolled')
        self.check_certificate()
        self.assertFalse(recorder.named('EnrollmentFailed'))

    def test_key_is_the_certificates(self):
        self.prepare(Enabled=True, SubjectAltNames=['DNS:device-1.example.org', 'IP:192.0.2.7'])
        self.daemon.wait_state('enrolled')
        leaf = self.check_certificate()
        text = pki.openssl('x509', '-in', leaf, '-noout', '-text')
        self.assertIn('DNS:device-1.example.org', text)
        aliases = {entry[0]: entry[1] for entry in self.daemon.keystore('ListEntries')[0]}
        self.assertEqual(aliases, {'scep-enrolled-key-pair': 'private-key-entry',
                                   'scep-cacerts_0': 'trusted-certificate'})
        exported = self.work + '/exported.pem'
        self.machine.scepctl('keystore', 'export', '--output', exported,
                             'scep-enrolled-key-pair', check=True)
        self.assertEqual(pki.openssl('pkey', '-in', exported, '-pubout'),
                         pki.openssl('x509', '-in', leaf, '-noout', '-pubkey'))

    def test_scepctl(self):
        before = self.server.operations().count('PKIOperation')
        self.machine.scepctl('configure', 'ServerEndpoint=' + self.server.url,
                             'CARootFingerprint=' + self.server.fingerprint.upper(),
                             'SubjectDN=CN=tool,O=Example', 'Enabled=true',
                             '--challenge-file', '-', data=self.server.challenge + '\n',
                             check=True)
        shown = self.machine.scepctl('status', '--wait', '--timeout', '60', check=True).stdout
        leaf = self.check_certificate(subject='CN=tool,O=Example')
        self.assertIn(pki.fingerprint(leaf), shown)
        self.assertEqual(self.server.operations().count('PKIOperation') - before, 1)
        result = self.machine.scepctl('enroll', '--wait', '--timeout', '60', check=True)
        self.assertNotIn(pki.fingerprint(leaf), result.stdout)
        self.assertIn(self.daemon.get('Fingerprint'), result.stdout)
        status = json.loads(self.machine.scepctl('--json', 'status', check=True).stdout)
        self.assertEqual(status['State'], 'enrolled')
        self.assertIn('Valid until', self.machine.scepctl('status', check=True).stdout)

    def test_again(self):
        """A new enrollment replaces certificate and key and keeps the old entry."""
        self.prepare(Enabled=True)
        self.daemon.wait_state('enrolled')
        first = self.daemon.get('Fingerprint')
        recorder = self.machine.recorder()
        self.daemon.method('Enroll')
        recorder.wait('Enrolled')
        self.assertNotEqual(self.daemon.get('Fingerprint'), first)
        self.check_certificate()
        previous = self.daemon.keystore('GetEntry', '(s)', 'scep-previous-key-pair')[0]
        self.assertEqual(previous['Fingerprint'], first)

    def test_renewal(self):
        """Two signed refusals of a way teach that it is not taken: the third renewal begins with
        what the server took."""
        self.prepare(Enabled=True)
        self.daemon.wait_state('enrolled')
        old = self.daemon.get('Fingerprint')
        for most in (4, 4, 1):
            before = self.server.operations().count('PKIOperation')
            recorder = self.machine.recorder()
            self.machine.scepctl('renew', '--wait', '--timeout', '60', check=True)
            renewed = recorder.wait('Renewed')
            self.assertEqual(renewed[:2], (old, self.daemon.get('Fingerprint')))
            self.check_certificate()
            previous = self.daemon.keystore('GetEntry', '(s)', 'scep-previous-key-pair')[0]
            self.assertEqual(previous['Fingerprint'], old)
            sent = self.server.operations().count('PKIOperation') - before
            self.assertLessEqual(sent, most)
            old = renewed[1]
        shown = self.machine.scepctl('switch-back', check=True).stdout
        self.assertIn(renewed[0], shown)
        self.assertEqual(self.daemon.get('Fingerprint'), renewed[0])
        self.check_certificate()

    def test_wrong_fingerprint(self):
        self.prepare(CARootFingerprint='ab' * 32)
        recorder = self.machine.recorder()
        self.daemon.set('Enabled', True)
        error, message, next_attempt = recorder.wait('EnrollmentFailed')
        self.assertEqual(error, ERROR + 'FingerprintMismatch')
        self.assertIn(self.server.fingerprint, message)
        self.assertIn('ab' * 32, message)
        self.assertGreater(next_attempt, 0)
        self.assertEqual(self.daemon.get('LastError'), error)
        self.assertEqual(self.daemon.get('State'), 'waiting')
        self.assertEqual(self.daemon.get('Fingerprint'), '')
        self.daemon.configure(CARootFingerprint=self.server.fingerprint)
        self.daemon.wait_state('enrolled')

    def test_awaiting_trust(self):
        self.prepare(CARootFingerprint='')
        recorder = self.machine.recorder()
        self.daemon.set('Enabled', True)
        self.assertEqual(recorder.wait('TrustRequested')[0], self.server.fingerprint)
        self.daemon.wait_state('awaiting-trust')
        self.assertEqual(self.daemon.get('OfferedCAFingerprint'), self.server.fingerprint)
        self.assert_call_fails(ERROR + 'FingerprintMismatch', self.daemon.method, 'AcceptCA',
                               '(s)', 'ab' * 32)
        self.assertEqual(self.daemon.get('State'), 'awaiting-trust')
        shown = self.machine.scepctl('accept-ca')
        self.assertEqual(shown.returncode, 6)
        self.assertIn(self.server.fingerprint, shown.stderr)
        self.machine.scepctl('accept-ca', self.server.fingerprint, check=True)
        self.daemon.wait_state('enrolled')
        self.check_certificate()
        self.assertEqual(self.daemon.get('CARootFingerprint'), '')

    def test_given_certificate(self):
        with open(self.server.ca_file) as ca_file:
            certificate = ca_file.read()
        self.prepare(CARootFingerprint='', CARootVerificationMethod='certificate',
                     CARootCertificate=certificate, Enabled=True)
        self.daemon.wait_state('enrolled')
        self.check_certificate()

    def test_wrong_challenge(self):
        self.prepare(ChallengePassword='wrong')
        recorder = self.machine.recorder()
        self.daemon.set('Enabled', True)
        error, message, _ = recorder.wait('EnrollmentFailed')
        self.assertTrue(error.startswith(ERROR), error)
        self.assertTrue(message)
        self.assertIn(self.daemon.get('State'), ('waiting', 'rejected'))
        self.assertGreater(self.daemon.get('NextActionTime'), 0)
        self.assertEqual(self.daemon.get('Fingerprint'), '')
        self.daemon.configure(ChallengePassword=self.server.challenge)
        if self.daemon.get('State') != 'enrolled':
            try:
                self.daemon.method('Enroll')
            except Exception as busy:  # the new challenge may have begun it already
                self.assertIn('Busy', str(busy))
        self.daemon.wait_state('enrolled')

    def test_unreachable_then_back(self):
        self.server.stop()
        try:
            self.prepare()
            recorder = self.machine.recorder()
            self.daemon.set('Enabled', True)
            self.assertEqual(recorder.wait('EnrollmentFailed')[0], ERROR + 'ServerUnreachable')
            self.assertEqual(self.daemon.get('State'), 'waiting')
            self.assertEqual(self.daemon.get('NextAction'), 'retry')
        finally:
            self.server.start()
        self.daemon.configure(ServerEndpoint=self.server.url)
        self.daemon.wait_state('enrolled')

    def test_restart_keeps_the_certificate(self):
        self.prepare(Enabled=True)
        self.daemon.wait_state('enrolled')
        before = self.daemon.get('Fingerprint')
        for end in (self.daemon.stop, self.daemon.kill):
            with self.subTest(end=end.__name__):
                end()
                self.daemon.start()
                self.daemon.wait_state('enrolled')
                self.assertEqual(self.daemon.get('Fingerprint'), before)
                self.check_certificate()

    def test_second_profile(self):
        self.prepare(Enabled=True)
        path = self.daemon.manager('CreateProfile', '(sa{sv})', 'vpn', settings_variant(
            self.server.settings(SubjectDN='CN=vpn', Enabled=True)))[0]
        self.daemon.wait_state('enrolled', path=path)
        self.daemon.wait_state('enrolled')
        self.check_certificate(path, 'CN=vpn')
        self.check_certificate()
        aliases = [entry[0] for entry in self.daemon.keystore('ListEntries')[0]]
        self.assertIn('scep-enrolled-key-pair@vpn', aliases)
        self.daemon.manager('DeleteProfile', '(s)', 'vpn')
        wait_for(lambda: not [entry[0] for entry in self.daemon.keystore('ListEntries')[0]
                              if '@' in entry[0]], 'the keys of the deleted profile to go')
        self.check_certificate()

    def test_reset(self):
        self.prepare(Enabled=True)
        self.daemon.wait_state('enrolled')
        self.daemon.set('Enabled', False)
        self.daemon.method('Reset')
        self.assertEqual(self.daemon.get('Fingerprint'), '')
        self.assertEqual(self.daemon.get('SubjectDN'), 'CN=device-1,O=Example')
        self.assertEqual(self.daemon.keystore('ListEntries'), ([],))
        self.daemon.set('Enabled', True)
        self.daemon.wait_state('enrolled')
        self.check_certificate()

    def test_disabled_is_silent(self):
        """Off means no traffic: the server's log stays as it is."""
        self.prepare()
        before = self.server.process.log()
        self.daemon.configure(SubjectDN='CN=silent')
        self.daemon.get_all()
        self.assertEqual(self.server.process.log(), before)

    def test_properties_change_once_per_turn(self):
        """No property is signalled twice with the same value."""
        self.prepare()
        recorder = self.machine.recorder()
        self.daemon.set('Enabled', True)
        self.daemon.wait_state('enrolled')
        recorder.wait('Enrolled')
        last = {}
        for change in recorder.changes():
            for name, value in change.items():
                self.assertNotEqual(last.get(name, object()), value, name)
                last[name] = value
        self.assertEqual(last['State'], 'enrolled')
        for name in ('Fingerprint', 'Subject', 'NotAfter'):
            self.assertEqual(last[name], self.daemon.get(name))


if __name__ == '__main__':
    main()
