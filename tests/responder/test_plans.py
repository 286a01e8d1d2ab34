#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""When a server is asked again: never hot, and with the CA's certificates of today."""

import time

from harness import ERROR, PROFILES_PATH, MachineTest, main, wait_for
from harness.daemon import settings_variant

LIFETIME = 6  # of what is to expire, in seconds
YEAR = 365 * 24 * 3600
INTERVAL = 5  # the smallest ConnectRetryInterval
UNREADABLE = ('400', '500', 'empty')


class Plans(MachineTest):
    def serve(self, **how):
        server = self.machine.responder(**how)
        self.addCleanup(server.stop)
        return server

    def enroll(self, server, interval=INTERVAL):
        self.daemon.configure(ConnectRetryInterval=interval, RSAKeyLength=1024, Enabled=True,
                              **server.settings())
        self.daemon.wait_state('enrolled')

    def check_until_error(self, error):
        self.daemon.method('Check')
        wait_for(lambda: self.daemon.get('LastError') and self.daemon.get('NextAction'),
                 self.daemon.describe)
        self.assertEqual(self.daemon.get('LastError'), ERROR + error)

    def assert_quiet(self, server, before, interval):
        """It was asked once; more would come within a few round trips."""
        self.assertEqual([r['operation'] for r in server.requests()[before:]],
                         ['GetCACaps', 'GetCACert'])
        self.assertGreater(self.daemon.get('NextActionTime'), time.time() + interval - 10)
        for _ in range(50):
            self.daemon.get('State')
        self.assertEqual(len(server.requests()), before + 2)

    def test_expired_ca(self):
        """A CA that ends before the certificates it issued, and is still shown."""
        server = self.serve(lifetime=LIFETIME)
        end = time.time() + LIFETIME + 1
        self.enroll(server, interval=3600)
        wait_for(lambda: time.time() > end, 'the end of the CA')
        before = len(server.requests())
        self.check_until_error('UntrustedCA')
        self.assert_quiet(server, before, 3600)
        self.daemon.restart()
        self.assertEqual(self.daemon.get('LastError'), ERROR + 'UntrustedCA')
        self.assert_quiet(server, before, 3600)

    def test_expired_ra(self):
        """An RA that ends, and at last is followed by another one."""
        server = self.serve(ra='one')
        server.control(ra__change=LIFETIME)
        end = time.time() + LIFETIME + 1
        self.enroll(server)
        wait_for(lambda: time.time() > end, 'the end of the RA')
        before = len(server.requests())
        self.check_until_error('UntrustedCA')
        self.assert_quiet(server, before, INTERVAL)
        server.control(ra__change=YEAR)
        self.daemon.wait_state('enrolled')
        self.assertEqual(self.daemon.get('LastError'), '')
        self.daemon.restart()
        self.assertEqual(self.daemon.get('LastError'), '')
        self.assertEqual(len(server.requests('PKIOperation')), 1)

    def test_issued_in_vain(self):
        """Each time there may be one more certificate that nobody can use."""
        server = self.serve()
        server.control(status=9)
        recorder = self.machine.recorder()
        self.daemon.configure(ConnectRetryInterval=INTERVAL, RSAKeyLength=1024, Enabled=True,
                              **server.settings())
        for n in range(3):
            wait_for(lambda n=n: len(recorder.named('EnrollmentFailed')) > n, self.daemon.describe)
            error, message, next_attempt = recorder.named('EnrollmentFailed')[n]
            self.assertEqual(error, ERROR + 'MalformedReply', message)
            self.assertGreater(next_attempt, time.time() + INTERVAL * 2 ** n - 2)
            self.assertEqual(self.daemon.get('State'), 'waiting')
        self.assertEqual(len(server.requests('PKIOperation')), 3)

    # A profile for each state in which a request meets another RA

    def create(self, server, state, answer):
        settings = server.settings(ConnectRetryInterval=INTERVAL, RSAKeyLength=1024, Enabled=True)
        path = '%s/%s_%s' % (PROFILES_PATH, state, answer)
        self.daemon.manager('CreateProfile', '(sa{sv})', path.rsplit('/', 1)[1],
                            settings_variant(settings))
        self.daemon.wait_state('rejected' if state == 'waiting' else state, path=path)
        return path

    def begin(self, answer):
        server = self.serve(ra='one')
        enrolled = self.create(server, 'enrolled', answer)
        server.control(pending=-1)
        pending = self.create(server, 'pending', answer)
        # No reason to doubt the RA.
        server.control(pending='', fail__info=3, fail__times=1)
        waiting = self.create(server, 'waiting', answer)
        server.control(ra__change=YEAR, unreadable=answer)
        self.daemon.method('Renew', path=enrolled)
        return server, enrolled, pending, waiting

    def test_ra_changed(self):
        begun = [self.begin(answer) for answer in UNREADABLE]
        for server, enrolled, pending, waiting in begun:
            for path in (pending, waiting, enrolled):
                self.daemon.wait_state('enrolled', path=path, timeout=60)
                wait_for(lambda path=path: self.daemon.get('LastError', path) == '',
                         lambda path=path: self.daemon.describe(path))
            sent = [r['messageType'] for r in server.requests('PKIOperation')]
            self.assertGreaterEqual(sent.count('20'), 1, sent)
            # One for the first certificate of each, and one more after each look.
            self.assertLessEqual(len(server.requests('GetCACert')), 3 + 2 * 3)


if __name__ == '__main__':
    main()
