#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a server does on a bad day: a clear error, nothing lost, no crash."""

import os
import shutil

from harness import ERROR, PATH, MachineTest, main, pki, wait_for
from harness.daemon import DAEMON_USER
from harness.namespace import mount, umount

# What the server does, and the errors of which one must be reported. What somebody is known
# to do is a row of behaviours.
BAD_DAYS = [
    ({'http__GetCACert': 'html'}, 'MalformedReply'),
    ({'http__GetCACert': 'empty'}, 'MalformedReply'),
    ({'http__GetCACert': 'huge'}, 'TooLarge'),
    ({'http__GetCACert': 'chunked'}, 'TooLarge'),
    ({'http__GetCACert': 'redirect'}, 'HttpStatus'),
    ({'http__GetCACert': '404'}, 'HttpStatus'),
    ({'http__GetCACert': 'close'}, 'ServerUnreachable', 'MalformedReply'),
    ({'http__GetCACert': 'half'}, 'ServerUnreachable', 'MalformedReply'),
    ({'http__PKIOperation': 'html'}, 'MalformedReply'),
    ({'http__PKIOperation': 'empty'}, 'MalformedReply'),
    ({'http__PKIOperation': 'huge'}, 'TooLarge'),
    ({'http__PKIOperation': 'chunked'}, 'TooLarge'),
    ({'http__PKIOperation': '500'}, 'HttpStatus'),
    ({'http__PKIOperation': 'close'}, 'ServerUnreachable', 'MalformedReply'),
    ({'http__PKIOperation': 'half'}, 'ServerUnreachable', 'MalformedReply'),
    ({'txid': 'wrong'}, 'TransactionMismatch'),
    ({'envelope__recipient': 'other'}, 'DecryptFailed'),
    ({'status': 1}, 'MalformedReply', 'Unsupported'),
    ({'fail__info': 0}, 'BadAlg'),
    ({'fail__info': 1}, 'BadMessageCheck'),
    ({'fail__info': 2}, 'BadRequest'),
    ({'fail__info': 4}, 'BadCertId'),
    ({'fail__info': 42}, 'RejectedOther'),
]


class BadInput(MachineTest):
    responder_options = {}

    def fresh(self):
        """A daemon that knows nothing, in place of the last one."""
        self.daemon.stop()
        self.daemon = self.start_daemon()

    def enable(self, **more):
        recorder = self.machine.recorder()
        settings = {'ConnectRetryInterval': 5, 'Enabled': True, **more}
        self.daemon.configure(**self.server.settings(**settings))
        return recorder

    def aliases(self):
        return [entry[0] for entry in self.daemon.keystore('ListEntries')[0]]

    def check_enrolled(self):
        self.daemon.wait_state('enrolled')
        verified, output = pki.verify(self.daemon.method('GetCertificateChain')[0],
                                      self.server.ca_file, self.machine.sub('work'))
        self.assertTrue(verified, output)

    def test_bad_days(self):
        for modes, *expected in BAD_DAYS:
            with self.subTest(modes=modes):
                self.fresh()
                self.server.reset()
                self.server.control(**modes)
                # No second attempt while we look at the first one.
                recorder = self.enable(ConnectRetryInterval=3600)
                error, message, next_attempt = recorder.wait('EnrollmentFailed')
                self.assertIn(error, [ERROR + name for name in expected], message)
                self.assertTrue(message.isprintable(), message)
                self.assertIn('127.0.0.1:%d' % self.server.port, message, 'whose answer it was')
                self.assertGreater(next_attempt, 0)
                self.assertEqual(self.daemon.get('LastError'), error)
                self.assertEqual(self.daemon.get('Fingerprint'), '')
                self.assertIn(self.daemon.get('State'), ('waiting', 'rejected'))
                self.assertNotIn('scep-enrolled-key-pair', self.aliases())

    def test_good_after_bad(self):
        """A bad day passes by itself."""
        self.server.control(http__PKIOperation='html', http__times=1)
        recorder = self.enable()
        recorder.wait('EnrollmentFailed')
        self.check_enrolled()

    def test_no_fingerprint_sends_nothing(self):
        recorder = self.enable(CARootFingerprint='')
        self.assertEqual(recorder.wait('TrustRequested')[0], self.server.fingerprint)
        self.assertFalse(self.server.requests('PKIOperation'))
        self.daemon.method('AcceptCA', '(s)', self.server.fingerprint)
        self.check_enrolled()

    def test_pending(self):
        self.server.control(pending=1)
        recorder = self.enable()
        transaction, next_poll = recorder.wait('Pending')
        self.assertEqual(self.daemon.get('TransactionID'), transaction)
        self.assertEqual(self.daemon.get('NextAction'), 'poll')
        self.assertEqual(self.daemon.get('NextActionTime'), next_poll)
        self.check_enrolled()
        requests = self.server.requests('PKIOperation')
        self.assertEqual({r['transactionID'] for r in requests}, {transaction})
        self.assertEqual([r['messageType'] for r in requests], ['19', '20'])

    def test_kill_in_pending(self):
        """kill -9, restart: the same transaction, the same key, the certificate."""
        self.server.control(pending=-1)
        recorder = self.enable()
        transaction = recorder.wait('Pending')[0]
        self.daemon.kill()
        self.server.control(pending='')
        self.daemon.start()
        self.check_enrolled()
        requests = self.server.requests('PKIOperation')
        self.assertEqual({r['transactionID'] for r in requests}, {transaction})
        self.assertEqual([r['messageType'] for r in requests].count('19'), 1)
        wait_for(lambda: not [alias for alias in self.aliases() if alias.startswith('sce-')],
                 'the request key to go')

    def test_cancel_in_pending(self):
        self.server.control(pending=-1)
        recorder = self.enable()
        recorder.wait('Pending')
        self.daemon.method('Cancel')
        self.daemon.wait_state('waiting')
        self.assertEqual(self.daemon.get('LastError'), ERROR + 'Cancelled')
        self.assertEqual(self.daemon.get('TransactionID'), '')
        wait_for(lambda: 'sce-request-key-pair' not in self.aliases(), 'the request key to go')

    def test_old_certificate_stays(self):
        """A failing new enrollment takes nothing away."""
        self.enable()
        self.check_enrolled()
        before = self.daemon.get('Fingerprint')
        self.server.control(fail__info=2)
        recorder = self.machine.recorder()
        self.daemon.method('Enroll')
        recorder.wait('EnrollmentFailed')
        self.assertEqual(self.daemon.get('Fingerprint'), before)

    def test_target_matches_none_or_two(self):
        self.daemon.configure(KeystoreServiceTarget='(kura.service.pid=nowhere)')
        self.enable()
        wait_for(lambda: self.daemon.get('LastError') == ERROR + 'KeystoreNotFound',
                 self.daemon.describe)
        self.daemon.stop()
        self.daemon.write_configuration('keystores/second.conf',
                                        '[Keystore]\nServicePid=default\nBackend=keyfile\n')
        self.daemon.start()
        self.daemon.configure(KeystoreServiceTarget='(kura.service.pid=default)')
        wait_for(lambda: self.daemon.get('LastError') == ERROR + 'KeystoreAmbiguous',
                 self.daemon.describe)
        self.assertFalse(self.server.requests('PKIOperation'))
        self.daemon.configure(KeystoreServiceTarget='(id=second)')
        self.check_enrolled()

    def use_small_disk(self):
        """A daemon whose state is on a disk that can be filled."""
        folder = self.machine.sub('small')
        mount('-t', 'tmpfs', '-o', 'size=128k', 'small', folder)
        self.addCleanup(umount, folder)
        shutil.chown(folder, DAEMON_USER, DAEMON_USER)
        self.daemon.stop()
        self.daemon = self.start_daemon(state=folder, env={'G_DEBUG': 'fatal-criticals'})

    def fill(self):
        """Returns the file that takes all the room there is."""
        filler = self.daemon.file('filler')
        with open(filler, 'wb', buffering=0) as out:
            try:
                while out.write(b'x' * 4096) == 4096:
                    pass
            except OSError:
                pass
        return filler

    def check_storage_failed(self, recorder):
        """It is said, and nobody was asked for a certificate that cannot be kept."""
        error, message, next_attempt = recorder.wait('EnrollmentFailed')
        self.assertEqual(error, ERROR + 'StorageFailed', message)
        self.assertIn(self.daemon.state_dir, message)
        self.assertGreater(next_attempt, 0)
        self.assertFalse(self.server.requests('PKIOperation'))

    def test_full_disk_while_enrolling(self):
        self.use_small_disk()
        self.server.control(hold=1)
        recorder = self.enable()
        self.daemon.wait_state('bootstrapping')
        filler = self.fill()
        self.server.control(hold=0)
        self.check_storage_failed(recorder)
        os.unlink(filler)
        self.check_enrolled()

    def test_unwritable_keystore(self):
        folder = self.daemon.file('keystores')
        os.makedirs(folder, mode=0o755, exist_ok=True)
        shutil.chown(folder, 'root', 'root')
        self.check_storage_failed(self.enable())
        shutil.chown(folder, DAEMON_USER, DAEMON_USER)
        self.check_enrolled()

    def test_full_disk(self):
        self.use_small_disk()
        self.daemon.configure(SubjectDN='CN=before')
        filler = self.fill()
        self.assert_call_fails(ERROR + 'StorageFailed', self.daemon.configure,
                               SubjectDN='CN=after')
        self.assertEqual(self.daemon.get('SubjectDN'), 'CN=before')
        os.unlink(filler)
        self.enable()
        self.check_enrolled()

    def test_unwritable_state(self):
        self.daemon.stop()
        self.daemon.extra_env['G_DEBUG'] = 'fatal-criticals'
        self.daemon.start()
        self.daemon.configure(SubjectDN='CN=before')
        folder = self.daemon.file('profiles', 'default')
        os.chmod(folder, 0o500)
        message = self.assert_call_fails(ERROR + 'StorageFailed', self.daemon.configure,
                                         SubjectDN='CN=after')
        self.assertTrue(message)
        self.assertEqual(self.daemon.get('SubjectDN'), 'CN=before')
        os.chmod(folder, 0o700)
        self.daemon.configure(SubjectDN='CN=after')
        self.assertEqual(self.daemon.get('SubjectDN', PATH), 'CN=after')


if __name__ == '__main__':
    main()
