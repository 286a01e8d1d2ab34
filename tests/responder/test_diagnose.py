#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Diagnose: what it says of a good server and of bad ones; it never asks for a certificate."""

import json
import re
import time
from concurrent.futures import ThreadPoolExecutor

from harness import MachineTest, main, pki
from harness.front import TlsFront

# What is wrong, the step that tells of it, and how.
FAULTS = [
    ({'caps': 'none'}, {}, 'capabilities', 'warning'),
    ({'caps': 'DES3'}, {}, 'algorithms', 'warning'),
    ({'http__GetCACert': 'html'}, {}, 'ca-certificates', 'failure'),
    ({'http__GetCACert': '404'}, {}, 'ca-certificates', 'failure'),
    ({}, {'CARootFingerprint': 'ab' * 32}, 'fingerprint', 'failure'),
    ({}, {'CARootFingerprint': ''}, 'fingerprint', 'warning'),
    ({}, {'ServerEndpoint': 'http://127.0.0.1:1/scep'}, 'connection', 'failure'),
    ({}, {'ServerEndpoint': 'http://nowhere.invalid/scep'}, 'name-resolution', 'failure'),
    ({}, {'SubjectDN': ''}, 'settings', 'failure'),
    ({}, {'ChallengePassword': ''}, 'settings', 'warning'),
    ({}, {'KeystoreServiceTarget': '(id=nobody)'}, 'keystore', 'failure'),
]

# What the server's header Date is (seconds from now, or so), the result, and what is told.
AHEAD = 'ahead of this machine'
BEHIND = 'behind this machine'
UNTOLD = 'does not tell its time'
CLOCKS = [
    (3 * 3600, 'failure', AHEAD, 10800),
    (-48 * 3600, 'failure', BEHIND, 172800),
    (300, 'warning', AHEAD, 300),
    (-300, 'warning', BEHIND, 300),
    ('', 'ok', 'agrees with the server', 0),
    ('none', 'ok', UNTOLD, 0),
    ('yesterday, I think', 'ok', UNTOLD, 0),
    ('Mon, 99 Foo 2026 77:88:99 GMT', 'ok', UNTOLD, 0),
    ('Mon, 01 Jan 999999999999 00:00:00 GMT', 'ok', UNTOLD, 0),
    ('\x01\x7f;' * 20, 'ok', UNTOLD, 0),
]


class Diagnose(MachineTest):
    def setUp(self):
        super().setUp()
        self.server = self.machine.responder()
        self.addCleanup(self.server.stop)

    def diagnose(self):
        start = time.monotonic()
        steps = self.daemon.method('Diagnose')[0]
        self.assertLess(time.monotonic() - start, 20)
        for step in steps:
            self.assertEqual(set(step), {'step', 'result', 'text', 'hint'})
            self.assertTrue(step['text'])
            self.assertEqual(step['hint'] == '', step['result'] == 'ok', step)
        return steps

    def test_nothing_set(self):
        steps = self.diagnose()
        self.assertIn(('settings', 'failure'), [(s['step'], s['result']) for s in steps])

    def test_faults(self):
        for modes, settings, step, result in FAULTS:
            with self.subTest(modes=modes, settings=settings):
                self.server.reset()
                self.server.control(**modes)
                self.daemon.configure(**{**self.server.settings(), 'KeystoreServiceTarget':
                                         '(kura.service.pid=default)', **settings})
                found = [(s['step'], s['result']) for s in self.diagnose()]
                self.assertIn((step, result), found)
                tool = self.machine.scepctl('diagnose')
                self.assertEqual(tool.returncode, 1 if 'failure' in [r for _, r in found] else 0)
                self.assertFalse(self.server.requests('PKIOperation'))

    def test_good(self):
        """On a disabled profile too, and beside an enrollment."""
        self.daemon.configure(**self.server.settings())
        self.assertEqual({s['result'] for s in self.diagnose()}, {'ok'})
        self.assertEqual(self.daemon.get('State'), 'disabled')
        self.assertFalse(self.server.requests('PKIOperation'))
        self.daemon.configure(Enabled=True)
        self.daemon.wait_state('enrolled')
        sent = len(self.server.requests('PKIOperation'))
        steps = json.loads(self.machine.scepctl('--json', 'diagnose', check=True).stdout)
        self.assertEqual({s['step'] for s in steps},
                         {'settings', 'keystore', 'name-resolution', 'connection', 'tls',
                          'capabilities', 'algorithms', 'clock', 'ca-certificates', 'fingerprint'})
        self.assertEqual(len(self.server.requests('PKIOperation')), sent)
        self.assertEqual(self.daemon.get('State'), 'enrolled')

    @staticmethod
    def words(text):
        """Without line breaks, and without the seconds, which differ from one call to the next."""
        return re.sub(r'seconds: \d+', 'seconds', ' '.join(text.split()))

    def tell_time(self, date):
        """What the step of the clock says to a caller, and to who reads it in a terminal."""
        self.server.control(http__date=date)
        step, = (s for s in self.diagnose() if s['step'] == 'clock')
        tool = self.machine.scepctl('diagnose')
        self.assertEqual(tool.returncode, 1 if step['result'] == 'failure' else 0)
        self.assertIn(self.words(step['text']), self.words(tool.stdout))
        self.assertIn(step['hint'], self.words(tool.stdout))
        return step

    def test_clock(self):
        """The header Date of a real answer against the clock of this machine."""
        self.daemon.configure(**self.server.settings())
        for date, result, words, least in CLOCKS:
            with self.subTest(date=date):
                step = self.tell_time(date)
                self.assertEqual(step['result'], result, step)
                self.assertIn(words, step['text'])
                seconds = re.search(r'seconds: (\d+)', step['text'])
                self.assertEqual(seconds is not None, least > 0)
                if seconds:
                    self.assertLess(abs(int(seconds.group(1)) - least), 60)
        self.assertFalse(self.server.requests('PKIOperation'))

    def find(self):
        """The steps that are not well."""
        return {s['step']: s['result'] for s in self.diagnose() if s['result'] != 'ok'}

    def test_tls(self):
        """A certificate that nobody vouches for, then the same one trusted."""
        key, certificate = pki.make_certificate(self.machine.sub('work'), 'localhost',
                                                names='DNS:localhost')
        front = TlsFront(self.server.port, key, certificate)
        self.addCleanup(front.stop)
        self.daemon.configure(**self.server.settings(
            ServerEndpoint='https://localhost:%d/scep' % front.port))
        self.assertEqual(self.find(), {'tls': 'failure'})
        with open(certificate) as pem:
            self.daemon.configure(TLSCACertificates=pem.read())
        self.assertEqual(self.find(), {})

    def test_server_that_never_ends(self):
        """diagnose() looks at the time."""
        self.daemon.configure(**self.server.settings())
        self.server.control(http__GetCACert='trickle')
        self.assertEqual(self.find(), {'ca-certificates': 'failure'})
        self.server.control(http__GetCACaps='trickle')
        self.assertEqual(self.find(), {'connection': 'failure'})

    def test_unreadable_certificate(self):
        """It is listed with its reason, and does no harm."""
        self.server.control(ca__extra=1, list__damaged=1)
        self.daemon.configure(**self.server.settings())
        step, = (s for s in self.diagnose() if s['result'] != 'ok')
        self.assertEqual((step['step'], step['result']), ('ca-certificates', 'warning'))
        self.assertRegex(step['text'],
                         'Certificate [12] of the 2 that the server sent has fingerprint '
                         '[0-9a-f]{64}. .*cannot be read: ')

    def test_two_at_once(self):
        self.daemon.configure(**self.server.settings())
        with ThreadPoolExecutor(2) as pool:
            tools = list(pool.map(lambda _: self.machine.scepctl('--json', 'diagnose'), range(2)))
        for tool in tools:
            self.assertEqual(tool.returncode, 0, tool.stderr)
            self.assertEqual({s['result'] for s in json.loads(tool.stdout)}, {'ok'})
        self.server.control(http__GetCACert='404')
        tool = self.machine.scepctl('--json', 'diagnose')
        self.assertEqual(tool.returncode, 1)
        self.assertEqual([s['step'] for s in json.loads(tool.stdout) if s['result'] == 'failure'],
                         ['ca-certificates'])


main()
