#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a profile remembers: over the bus, after a restart, with scepctl."""

import json
import os
import shutil
import signal

from harness import ERROR, INTERFACE, PATH, MachineTest, main, wait_for
from harness.daemon import DAEMON_USER

USAGE, NOT_RUNNING = 2, 4


class History(MachineTest):
    responder_options = {}

    def setUp(self):
        self.machine.permit()
        super().setUp()

    def history(self):
        """As somebody sees it who is permitted nothing."""
        return self.machine.tester.call(PATH, INTERFACE, 'GetHistory')[0][0]

    def kinds(self):
        return [kind for _, kind, _ in self.history()]

    def last(self, kind):
        return wait_for(lambda: [event for event in self.history() if event[1] == kind],
                        lambda: '%s in %r' % (kind, self.history()))[-1]

    def enable(self, **more):
        self.daemon.configure(ConnectRetryInterval=5, Enabled=True, **self.server.settings(**more))

    def test_refused(self):
        self.server.control(fail__info=2)
        self.enable()
        self.daemon.wait_state('rejected')
        details = self.last('rejected')[2]
        self.assertEqual(details['Error'], ERROR + 'BadRequest')
        self.assertEqual(details['Message'], self.daemon.get('LastErrorMessage'))

    def test_enrolled(self):
        self.assertEqual(self.history(), [])
        self.enable()
        self.daemon.wait_state('enrolled')
        self.assertEqual(self.kinds(), ['ca-certificates-changed', 'enrolled'])
        _, _, details = self.last('ca-certificates-changed')
        self.assertEqual(details['CAFingerprints'], self.daemon.get('CAFingerprints'))
        time, _, details = self.last('enrolled')
        self.assertGreaterEqual(time, self.daemon.get('NotBefore') - 86400)
        self.assertEqual(details, {'Fingerprint': self.daemon.get('Fingerprint'),
                                   'SerialNumber': self.daemon.get('SerialNumber'),
                                   'NotAfter': self.daemon.get('NotAfter')})
        before = self.history()
        self.daemon.restart()
        self.assertEqual(self.history(), before)

        self.daemon.method('Reset')
        self.last('reset')
        self.assertEqual(self.kinds()[:3], ['ca-certificates-changed', 'enrolled', 'reset'])
        with open(self.daemon.file('profiles', 'default', 'history.keyfile')) as stored:
            self.assertNotIn(self.server.challenge, stored.read())

    def test_failed_again_and_again(self):
        """Repetitions are one event, so that they do not wipe out the rest."""
        self.enable(CARootFingerprint='ab' * 32)
        first = self.last('failed')
        self.assertEqual(first[2]['Error'], ERROR + 'FingerprintMismatch')
        self.daemon.method('Enroll')
        wait_for(lambda: 'Count' in self.last('failed')[2], 'the second failure')
        self.assertEqual(self.kinds(), ['failed'])
        time, _, details = self.last('failed')
        self.assertGreaterEqual(details['Count'], 2)
        self.assertEqual(details['FirstTime'], first[0])
        self.assertGreaterEqual(time, first[0])

    def test_pending_and_cancelled(self):
        self.server.control(pending=-1)
        self.enable()
        self.daemon.wait_state('pending')
        self.assertEqual(self.last('pending')[2]['TransactionID'],
                         self.daemon.get('TransactionID'))
        self.daemon.method('Cancel')
        self.last('cancelled')

    def test_trust_requested(self):
        self.enable(CARootFingerprint='')
        self.daemon.wait_state('awaiting-trust')
        details = self.last('trust-requested')[2]
        self.assertEqual(details['Fingerprint'], self.server.fingerprint)
        self.assertTrue(details['Subject'])
        self.daemon.method('AcceptCA', '(s)', self.server.fingerprint)
        self.daemon.wait_state('enrolled')
        self.assertEqual(self.kinds(), ['trust-requested', 'ca-certificates-changed', 'enrolled'])

    def test_settings_reset(self):
        self.daemon.configure(RSAKeyLength=4096, SubjectDN='CN=kept')
        self.daemon.method('ResetSettings', '(as)', ['RSAKeyLength', 'CAIdentifier'])
        self.assertEqual(self.last('settings-reset')[2],
                         {'Settings': ['RSAKeyLength', 'CAIdentifier']})

    def test_scepctl(self):
        def scepctl(*args, expect=0):
            result = self.machine.scepctl(*args, user='scep-tester')
            self.assertEqual(result.returncode, expect, result.stdout + result.stderr)
            return result.stderr if expect else result.stdout

        scepctl('history', 'more', expect=USAGE)
        self.assertIn('last 50 events', scepctl('history', '--help'))
        self.assertEqual(json.loads(scepctl('--json', 'history')), [])
        self.assertIn('Nothing', scepctl('history'))
        self.enable()
        self.daemon.wait_state('enrolled')
        events = json.loads(scepctl('history', '--json'))
        self.assertEqual([(event['Time'], event['Event'], event['Details']) for event in events],
                         self.history())
        lines = scepctl('history').splitlines()
        self.assertEqual(len(lines), 2)
        self.assertIn(self.daemon.get('Fingerprint'), lines[1])
        self.daemon.stop()
        scepctl('history', expect=NOT_RUNNING)

    def check_unreadable(self, spoil):
        """Settings that cannot be read: nothing is done, and what there is is told."""
        names = ('Fingerprint', 'SerialNumber', 'Subject', 'Issuer', 'NotBefore', 'NotAfter',
                 'CAFingerprints')
        self.enable()
        self.daemon.wait_state('enrolled')
        before = {name: self.daemon.get(name) for name in names}
        chain, history = self.daemon.method('GetCertificateChain'), self.history()
        settings = self.daemon.file('profiles', 'default', 'settings.keyfile')
        self.daemon.stop()
        with open(settings, encoding='utf-8') as kept:
            text = kept.read()
        spoil(settings)
        self.daemon.start()
        self.assertEqual(self.daemon.get('LastError'), ERROR + 'StorageFailed')
        self.assertEqual(self.daemon.get('State'), 'waiting')
        self.assertEqual({name: self.daemon.get(name) for name in names}, before)
        self.assertEqual(self.daemon.method('GetCertificateChain'), chain)
        self.assertEqual(self.history(), history)
        return settings, text

    def test_corrupt_settings(self):
        def spoil(path):
            with open(path, 'w', encoding='utf-8') as out:
                out.write('nonsense')
        self.check_unreadable(spoil)

    def test_unreadable_settings(self):
        """Whoever repairs them need not start the service again."""
        def spoil(path):
            os.unlink(path)
            os.mkdir(path)
        settings, text = self.check_unreadable(spoil)
        os.rmdir(settings)
        with open(settings, 'w', encoding='utf-8') as out:
            out.write(text)
        shutil.chown(settings, DAEMON_USER, DAEMON_USER)
        os.kill(self.daemon.process.child.pid, signal.SIGHUP)
        self.daemon.wait_state('enrolled')
        self.assertEqual(self.daemon.get('LastError'), '')
        self.assertEqual(self.kinds().count('enrolled'), 1)

    def test_log(self):
        """What goes to the journal is told where there is none, too."""
        self.enable()
        self.daemon.wait_state('enrolled')
        wait_for(lambda: self.daemon.get('SerialNumber') in self.daemon.log(), 'the entry')
        self.assertNotIn(self.server.challenge, self.daemon.log())


if __name__ == '__main__':
    main()
