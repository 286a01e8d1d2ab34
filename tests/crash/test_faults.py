#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A full disk, a read-only one and torn files, where there is a certificate to lose."""

import os
import shutil

from harness import ERROR, CallError, MachineTest, main, pki, wait_for
from harness.daemon import DAEMON_USER, settings_variant
from harness.namespace import mount, umount

ENROLLED = 'scep-enrolled-key-pair'
REQUEST = 'sce-request-key-pair'
PREVIOUS = 'scep-previous-key-pair'

# What is torn while a renewal is pending, how many thirds of it are left, and whether the
# profile goes on by itself.
TORN = [
    ('profiles/default/transaction.keyfile', 0, True),
    ('profiles/default/transaction.keyfile', 2, True),
    ('profiles/default/history.keyfile', 0, True),
    ('profiles/default/history.keyfile', 2, True),
    ('keystores/default/%s.keyfile' % REQUEST, 0, True),
    ('keystores/default/%s.keyfile' % REQUEST, 2, True),
    ('keystores/default/scep-cacerts_0.keyfile', 0, True),
    ('keystores/default/scep-cacerts_0.keyfile', 2, True),
    ('profiles/default/trust.keyfile', 0, False),
    ('profiles/default/trust.keyfile', 2, False),
    ('profiles/default/settings.keyfile', 2, False),
]


class Faults(MachineTest):
    responder_options = {}

    def setUp(self):
        self.reset_server()

    def begin(self, state=None):
        """A daemon with a certificate."""
        # What is set aside is warned of.
        self.daemon = self.start_daemon(state=state, env={'G_DEBUG': 'gc-friendly'})
        self.daemon.configure(ConnectRetryInterval=5, RSAKeyLength=1024, Enabled=True,
                              **self.server.settings())
        self.daemon.wait_state('enrolled')
        self.old = self.daemon.get('Fingerprint')

    def begin_on(self, state):
        """The same, with everything on the disk: who ends has written it."""
        self.begin(state)
        self.daemon.restart()
        self.daemon.wait_state('enrolled')

    def aliases(self):
        return {entry[0] for entry in self.daemon.keystore('ListEntries')[0]}

    def check_usable(self, fingerprint):
        self.assertEqual(self.daemon.get('Fingerprint'), fingerprint)
        self.check_entry(fingerprint)

    def check_entry(self, fingerprint):
        """A certificate with its key, whatever the profile says."""
        chain = self.daemon.keystore('GetCertificateChain', '(s)', ENROLLED)[0]
        verified, output = pki.verify(chain, self.server.ca_file, self.work)
        self.assertTrue(verified, output)
        leaf = os.path.join(self.work, 'leaf.pem')
        self.assertEqual(pki.fingerprint(leaf), fingerprint)
        exported = self.machine.new_path('exported.pem')
        self.machine.scepctl('keystore', 'export', '--output', exported, ENROLLED, check=True)
        self.assertEqual(pki.openssl('pkey', '-in', exported, '-pubout'),
                         pki.openssl('x509', '-in', leaf, '-noout', '-pubkey'))

    def check_renewed(self):
        """Without another word from anybody; the generation before is kept."""
        wait_for(lambda: self.daemon.get('Fingerprint') not in ('', self.old)
                 and self.daemon.get('State') == 'enrolled', self.daemon.describe)
        self.check_usable(self.daemon.get('Fingerprint'))
        wait_for(lambda: REQUEST not in self.aliases(), 'the request key to go')
        self.assertEqual(self.daemon.keystore('GetEntry', '(s)', PREVIOUS)[0]['Fingerprint'],
                         self.old)

    def renew_in_vain(self):
        """Renew() where nothing can be written: nothing is sent, nothing is lost."""
        before = len(self.server.requests('PKIOperation'))
        try:
            self.daemon.method('Renew')
        except CallError as error:
            self.assertEqual(error.name, ERROR + 'StorageFailed')
        wait_for(lambda: self.daemon.get('LastError') == ERROR + 'StorageFailed',
                 self.daemon.describe)
        self.assertTrue(self.daemon.get('LastErrorMessage'))
        self.assertGreater(self.daemon.get('NextActionTime'), 0)
        self.assertEqual(len(self.server.requests('PKIOperation')), before)
        self.check_usable(self.old)

    # A disk of its own

    def small_disk(self):
        state = self.machine.folder_for(DAEMON_USER, 'state')
        mount('-t', 'tmpfs', '-o', 'size=512k,mode=0700', 'scep-state', state)
        shutil.chown(state, DAEMON_USER, DAEMON_USER)
        self.addCleanup(umount, state)
        return state

    @staticmethod
    def fill(state):
        filler = os.path.join(state, 'filler')
        with open(filler, 'wb', buffering=0) as out:
            try:
                while True:
                    out.write(bytes(4096))
            except OSError:
                pass
        return filler

    def profiles(self):
        return [profile[0] for profile in self.daemon.manager('ListProfiles')[0]]

    def test_full_disk_makes_no_profile(self):
        state = self.small_disk()
        self.daemon = self.start_daemon(state=state, env={'G_DEBUG': 'gc-friendly'})
        self.daemon.configure(SubjectDN='CN=first')
        filler = self.fill(state)
        create = (self.daemon.manager, 'CreateProfile', '(sa{sv})', 'second',
                  settings_variant({'SubjectDN': 'CN=second'}))
        self.assert_call_fails(ERROR + 'StorageFailed', *create)
        self.assertEqual(os.listdir(os.path.join(state, 'profiles')), ['default'])
        self.daemon.manager('Reload')
        self.assertEqual(self.profiles(), ['default'])
        # A refused one leaves as little, and may be repeated as often as one likes.
        self.assert_call_fails(ERROR + 'StorageFailed', *create)
        self.daemon.restart()
        self.assertEqual(self.profiles(), ['default'])
        os.unlink(filler)
        self.daemon.manager('CreateProfile', '(sa{sv})', 'second',
                            settings_variant({'SubjectDN': 'CN=second'}))
        self.assertEqual(self.profiles(), ['default', 'second'])

    def test_full_disk(self):
        state = self.small_disk()
        self.begin_on(state)
        filler = self.fill(state)
        self.renew_in_vain()
        self.daemon.restart()
        self.check_usable(self.old)
        os.unlink(filler)
        self.daemon.method('Renew')
        self.check_renewed()

    def test_read_only_disk(self):
        state = self.small_disk()
        self.begin_on(state)
        mount('-o', 'remount,ro', state)
        self.renew_in_vain()
        self.daemon.restart()
        self.check_usable(self.old)
        mount('-o', 'remount,rw', state)
        self.daemon.restart()
        self.daemon.wait_state('enrolled', 'waiting')
        self.daemon.method('Renew')
        self.check_renewed()

    # Torn files

    def pending_renewal(self):
        """The state directory of a daemon that was killed while its renewal was pending."""
        self.begin()
        self.server.control(pending=-1)
        recorder = self.machine.recorder()
        self.daemon.method('Renew')
        recorder.wait('Pending')
        recorder.stop()
        self.daemon.kill()
        self.server.control(pending='')

    def test_torn(self):
        for name, share, goes_on in TORN:
            with self.subTest(name=name, share=share):
                self.server.reset()
                self.pending_renewal()
                path = self.daemon.file(name)
                os.truncate(path, os.path.getsize(path) * share // 3)
                self.daemon.start()
                try:
                    self.check_after_tear(goes_on)
                finally:
                    self.daemon.stop()

    def check_after_tear(self, goes_on):
        """What the file held is gone, and nothing else."""
        if not goes_on:
            self.assertEqual(self.daemon.get('LastError'), ERROR + 'StorageFailed')
            self.assertTrue(self.daemon.get('LastErrorMessage'))
            self.check_entry(self.old)
            return
        wait_for(self.at_rest, self.daemon.describe)
        if self.daemon.get('Fingerprint') == self.old:
            self.check_usable(self.old)
            self.daemon.method('Renew')
        self.check_renewed()

    def at_rest(self):
        return (self.daemon.get('State') == 'enrolled' and REQUEST not in self.aliases()
                and self.daemon.get('TransactionID') == '')

    def test_torn_certificate(self):
        """What is gone is asked for again; the generation before is not touched."""
        self.begin()
        self.daemon.method('Renew')
        self.check_renewed()
        self.daemon.stop()
        path = self.daemon.file('keystores/default/%s.keyfile' % ENROLLED)
        os.truncate(path, os.path.getsize(path) // 2)
        self.daemon.start()
        self.daemon.wait_state('enrolled')
        wait_for(lambda: self.daemon.get('Fingerprint'), self.daemon.describe)
        self.check_usable(self.daemon.get('Fingerprint'))


if __name__ == '__main__':
    main()
