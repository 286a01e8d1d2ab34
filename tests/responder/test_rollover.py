#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A CA that is replaced by the next one, and the ways to forge that."""

from harness import ERROR, CallError, MachineTest, main, wait_for

FORGED = ['ra', 'other', 'forged', 'outer', 'unsigned', 'sha1', 'old']
KINDS = [('none', 'good'), ('one', 'good'), ('pair', 'ber'), ('chained', 'good')]


class Rollover(MachineTest):
    def begin(self, ra='none', **more):
        """A machine with a certificate of the first CA."""
        server = self.machine.responder(ra=ra)
        self.addCleanup(server.stop)
        self.daemon.configure(ConnectRetryInterval=5, RSAKeyLength=1024, Enabled=True,
                              **server.settings(**more))
        self.daemon.wait_state('enrolled')
        return server

    def record(self):
        with open(self.daemon.file('profiles', 'default', 'trust.keyfile')) as record:
            return record.read()

    def check(self, server):
        """A check, until it has asked for the next CA."""
        before = len(server.requests('GetNextCACert'))

        def accepted():
            try:
                self.daemon.method('Check')
                return True
            except CallError as error:
                self.assertEqual(error.name, ERROR + 'Busy')
                return False
        wait_for(accepted, 'the check')
        wait_for(lambda: len(server.requests('GetNextCACert')) > before, self.daemon.describe)

    def test_forged(self):
        """Nothing is stored, nothing is lost, and it is told."""
        server = self.begin(ra='one')
        for mode in FORGED:
            with self.subTest(mode=mode):
                server.control(next_ca=mode)
                self.check(server)
                wait_for(lambda: 'next-ca-refused' in self.daemon.get('Warnings'),
                         self.daemon.describe)
                wait_for(lambda: self.daemon.get('NextAction'), self.daemon.describe)
                self.assertNotIn('pending', self.record())
                self.assertEqual(self.daemon.get('LastError'), '')
                server.control(next_ca='good', http__GetNextCACert=404)
                self.check(server)
                wait_for(lambda: 'next-ca-refused' not in self.daemon.get('Warnings'),
                         self.daemon.describe)
                server.control(http__GetNextCACert='')
        self.assertEqual(len(server.requests('PKIOperation')), 1)

    def test_signed_by_ra(self):
        """Whose signature it is that does not count."""
        server = self.begin(ra='one')
        server.control(next_ca='ra')
        self.check(server)
        wait_for(lambda: 'next-ca-refused' in self.daemon.get('Warnings'), self.daemon.describe)
        self.assertIn('is signed by the RA “', str(self.daemon.method('GetHistory')[0][-1]))

    def test_not_followed(self):
        server = self.begin(CARollover=False)
        server.control(next_ca='good')
        self.check(server)
        wait_for(lambda: 'ca-rollover' in self.daemon.get('Warnings'), self.daemon.describe)
        self.assertNotIn('pending', self.record())

    def follow(self, server, mode):
        first = server.words()['CA']
        old = self.daemon.get('Fingerprint')
        recorder = self.machine.recorder()
        server.control(next_ca=mode)
        self.check(server)
        wait_for(lambda: 'pending' in self.record(), self.daemon.describe)
        wait_for(lambda: self.daemon.get('NextAction'), self.daemon.describe)
        self.assertNotIn(server.words()['NEXT-CA'], self.daemon.get('CAFingerprints'))
        self.daemon.restart()
        server.control(rollover=1)
        self.check(server)
        following = server.words()['CA']
        self.assertEqual(recorder.wait('CARolledOver'), (first, following))
        self.assertEqual(recorder.wait('Renewed')[0], old)
        self.daemon.wait_state('enrolled')
        self.assertIn(following, self.daemon.get('CAFingerprints'))
        self.assertEqual(self.daemon.get('CARootFingerprint'), first)
        self.assertIn('ca-rolled-over', [kind for _, kind, _ in
                                         self.daemon.method('GetHistory')[0]])
        self.assertEqual([r['messageType'] for r in server.requests('PKIOperation')],
                         ['19', '17'])

    def test_cross_certified(self):
        """The CA before is pinned, and its certificate for the new key leads to the server's."""
        for order in ('', 'reversed'):
            with self.subTest(order=order):
                self.daemon.stop()
                self.daemon = self.start_daemon()
                server = self.machine.responder()
                self.addCleanup(server.stop)
                pinned = server.words()['CA']
                server.control(rollover=1, ca__cross=1, ca__order=order)
                self.daemon.configure(ConnectRetryInterval=5, RSAKeyLength=1024, Enabled=True,
                                      **server.settings(CARootFingerprint=pinned))
                self.daemon.wait_state('enrolled')
                self.assertEqual(len(server.requests('PKIOperation')), 1)
                self.assertEqual(self.daemon.get('Warnings'), ['weak-key'])

    def test_kinds(self):
        for ra, mode in KINDS:
            with self.subTest(ra=ra):
                self.daemon.stop()
                self.daemon = self.start_daemon()
                self.follow(self.begin(ra=ra), mode)


if __name__ == '__main__':
    main()
