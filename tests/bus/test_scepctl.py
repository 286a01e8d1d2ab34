#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""scepctl against the daemon: output, JSON, exit status, secrets."""

import json
import os
import pty

from harness import Process, MachineTest, main, pki, wait_for

FAILED, USAGE, DENIED, NOT_RUNNING, TIMED_OUT, NOT_READY = 1, 2, 3, 4, 5, 6


class Scepctl(MachineTest):
    def scepctl(self, *args, expect=0, **how):
        result = self.machine.scepctl(*args, **how)
        self.assertEqual(result.returncode, expect, result.stdout + result.stderr)
        if expect:
            self.assertTrue(result.stderr.startswith('scepctl: '), result.stderr)
            self.assertNotIn('GDBus.Error', result.stderr)
        return result.stderr if expect else result.stdout

    def json(self, *args, **how):
        return json.loads(self.scepctl('--json', *args, **how))

    def test_denied(self):
        self.machine.permit()
        for args in (('configure', 'SubjectDN=CN=a'), ('enroll',), ('accept-ca', 'ab' * 32),
                     ('keystore', 'create', 'k'), ('profile', 'create', 'a')):
            with self.subTest(args=args):
                self.scepctl(*args, user='scep-tester', expect=DENIED)
        self.scepctl('status', user='scep-tester')

    def test_usage(self):
        for args in ((), ('nonsense',), ('status', 'more'), ('configure',), ('configure', 'x'),
                     ('configure', 'ChallengePassword=x'), ('configure', 'RSAKeyLength=7'),
                     ('--nonsense', 'status'), ('keystore', 'show'), ('profile', 'create', 'A')):
            with self.subTest(args=args):
                self.scepctl(*args, expect=USAGE)
        self.assertIn('Exit status', self.scepctl('--help'))
        self.assertIn('Examples', self.scepctl('keystore', 'export', '--help'))

    def test_words(self):
        """A sentence says what there is instead, or what is wrong."""
        for args, expect, words in (
                (('keystore',), USAGE, 'After “keystore” comes one of these: list, show, create'),
                (('status', 'more'), USAGE, 'Usage: scepctl status; “scepctl status --help”'),
                (('--profile', 'vpn', 'status'), FAILED, 'There is no profile “vpn”; “scepctl list”'),
                (('keystore', 'list', '--keystore', 'tpm'), FAILED, 'There is no keystore “tpm”'),
                (('configure', 'CARootCertificate=@/nonexistent'), FAILED,
                 'Could not read /nonexistent: No such file or directory.'),
                (('configure', 'CARootCertificate=x'), USAGE,
                 'no certificate in PEM: one begins with “-----BEGIN CERTIFICATE-----”')):
            with self.subTest(args=args):
                self.assertIn(words, self.scepctl(*args, expect=expect))

    def test_not_running(self):
        self.daemon.stop()
        self.assertIn('systemctl start', self.scepctl('status', expect=NOT_RUNNING))
        self.scepctl('list', expect=NOT_RUNNING)

    def test_status_and_configure(self):
        self.assertEqual(self.json('status')['State'], 'disabled')
        self.assertIn('configure Enabled=true', self.scepctl('status'))
        self.scepctl('enroll', expect=NOT_READY)
        self.scepctl('accept-ca', expect=NOT_READY)
        self.scepctl('configure', 'SubjectDN=CN=one,O=Example', 'RSAKeyLength=3072',
                     'SubjectAltNames=DNS:a.example.org;IP:192.0.2.1')
        status = self.json('status')
        self.assertEqual(status['SubjectDN'], 'CN=one,O=Example')
        self.assertEqual(status['SubjectAltNames'], ['DNS:a.example.org', 'IP:192.0.2.1'])
        self.scepctl('configure', '--reset', 'RSAKeyLength')
        self.assertEqual(self.json('status')['RSAKeyLength'], 2048)

    def test_wait(self):
        """No certificate comes: the reason is told at once, not after the timeout."""
        self.scepctl('status', '--wait', '--timeout', '0', expect=USAGE)
        self.assertIn('Enabled=true', self.scepctl('status', '--wait', expect=NOT_READY))
        self.daemon.set('Enabled', True)
        self.assertIn('ServerEndpoint', self.scepctl('status', '--wait', expect=NOT_READY))
        self.daemon.configure(ServerEndpoint='http://127.0.0.1:1/', SubjectDN='CN=a',
                              CARootFingerprint='ab' * 32,
                              KeystoreServiceTarget='(kura.service.pid=nowhere)')
        for verb in ('status', 'enroll'):
            with self.subTest(verb=verb):
                said = self.scepctl(verb, '--wait', '--timeout', '30', expect=FAILED)
                self.assertIn('KeystoreNotFound', said)
                self.assertIn('nowhere', said)

    def test_challenge(self):
        self.scepctl('configure', '--challenge-file', '/nonexistent', expect=FAILED)
        self.assertFalse(self.json('status')['ChallengePasswordSet'])
        self.scepctl('configure', '--challenge-file', '-', data='sesame\n')
        self.assertTrue(self.json('status')['ChallengePasswordSet'])
        for nothing in ('', '\n'):
            said = self.scepctl('configure', '--challenge-file', '-', data=nothing, expect=FAILED)
            self.assertIn('--reset ChallengePassword', said)
            self.scepctl('configure', 'SubjectDN=CN=b', '--challenge-file', '-', data=nothing,
                         expect=FAILED)
            self.scepctl('profile', 'create', 'empty', '--challenge-file', '-', data=nothing,
                         expect=FAILED)
        self.assertEqual(self.daemon.get('SubjectDN'), '')
        self.assertEqual([profile['Id'] for profile in self.json('list')], ['default'])
        self.assertTrue(self.json('status')['ChallengePasswordSet'])
        self.scepctl('configure', '--reset', 'ChallengePassword')
        self.assertFalse(self.json('status')['ChallengePasswordSet'])
        path = self.machine.new_path('challenge')
        with open(path, 'w') as out:
            out.write('sesame\n')
        self.scepctl('configure', 'SubjectDN=CN=a', '--challenge-file', path)
        self.assertTrue(self.json('status')['ChallengePasswordSet'])

    def on_terminal(self, question, answer, *args):
        """Runs scepctl on a terminal of its own; returns its status and what could be seen."""
        pid, terminal = pty.fork()
        if pid == 0:
            os.execv(self.machine.program('scepctl'), ['scepctl', *args])
        seen = b''
        try:
            while question not in seen:
                seen += os.read(terminal, 1024)
            os.write(terminal, answer)
            while True:
                seen += os.read(terminal, 1024)
        except OSError:  # the other end is closed
            pass
        os.close(terminal)
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), seen

    def test_challenge_from_terminal(self):
        refused = self.machine.run('setsid', '--wait', 'scepctl', 'configure', '--ask-challenge')
        self.assertEqual(refused.returncode, USAGE)
        self.assertIn('no terminal', refused.stderr)
        status, seen = self.on_terminal(b'Challenge password: ', b'\n', 'configure',
                                        '--ask-challenge')
        self.assertEqual(status, FAILED, seen)
        status, seen = self.on_terminal(b'Challenge password: ', b'sesame\n', 'configure',
                                        '--ask-challenge')
        self.assertEqual(status, 0, seen)
        self.assertNotIn(b'sesame', seen)
        self.assertTrue(self.json('status')['ChallengePasswordSet'])

    def test_profiles(self):
        self.assertEqual(self.scepctl('profile', 'create', 'vpn', 'SubjectDN=CN=vpn').strip(),
                         '/org/example/SCEPEnrollment/profiles/vpn')
        self.assertEqual([p['Id'] for p in self.json('list')], ['default', 'vpn'])
        self.assertIn('vpn', self.scepctl('list'))
        self.assertEqual(self.json('-p', 'vpn', 'status')['SubjectDN'], 'CN=vpn')
        self.scepctl('profile', 'create', 'vpn', expect=FAILED)
        self.scepctl('profile', 'delete', 'vpn')
        self.scepctl('-p', 'vpn', 'status', expect=FAILED)
        self.scepctl('profile', 'delete', 'default', expect=FAILED)

    def test_keystore(self):
        folder = self.machine.sub('pki')
        key, cert = pki.make_certificate(folder, 'tool')
        both, out = os.path.join(folder, 'both.pem'), os.path.join(folder, 'out.pem')
        with open(both, 'w') as pair:
            pair.write(open(key).read() + open(cert).read())
        self.scepctl('keystore', 'import', 'ca', cert)
        self.scepctl('keystore', 'import', 'pair', both)
        self.scepctl('keystore', 'import', 'pair', both, expect=FAILED)
        self.scepctl('keystore', 'create', '--bits', '2048', 'new')
        self.assertEqual({entry['Alias']: entry['Kind'] for entry in self.json('keystore', 'list')},
                         {'ca': 'trusted-certificate', 'pair': 'private-key-entry',
                          'new': 'key-pair'})
        self.assertIn('CN=tool', self.scepctl('keystore', 'show', 'pair'))
        self.assertNotIn('PRIVATE', self.scepctl('keystore', 'show', 'pair'))
        csr = self.scepctl('keystore', 'csr', '--subject', 'CN=new', '--san', 'DNS:n.example.org',
                           'new')
        self.assertIn('DNS:n.example.org',
                      pki.openssl('req', '-verify', '-noout', '-text', data=csr))
        self.scepctl('keystore', 'export', '--output', out, 'pair')
        self.assertEqual(os.stat(out).st_mode & 0o777, 0o600)
        self.assertEqual(pki.openssl('pkey', '-pubout', '-in', out),
                         pki.openssl('pkey', '-pubout', '-in', key))
        self.scepctl('keystore', 'export', '--output', out, 'pair', expect=FAILED)
        self.scepctl('keystore', 'delete', 'pair')
        self.scepctl('keystore', 'show', 'pair', expect=FAILED)

    def test_monitor(self):
        monitor = Process([self.machine.program('scepctl'), '--json', 'monitor'],
                          self.machine.new_path('monitor.log'),
                          dict(os.environ, DBUS_SYSTEM_BUS_ADDRESS=self.machine.bus.address))
        wait_for(lambda: 'is running' in monitor.log(), 'the monitor')
        self.daemon.set('SubjectDN', 'CN=watched')
        wait_for(lambda: 'CN=watched' in monitor.log(), 'the change')
        self.assertEqual(monitor.stop(), 0)
        lines = [line for line in monitor.log().splitlines() if line.startswith('{')]
        events = [json.loads(line) for line in lines]
        self.assertIn('CN=watched', [event['Details'].get('SubjectDN') for event in events
                                     if event['Event'] == 'PropertiesChanged'])


if __name__ == '__main__':
    main()
