# SPDX-License-Identifier: LGPL-2.1-or-later
"""The rows as tests: one daemon, one responder of each kind, one profile for each row."""

import sys
import time

from harness import ERROR, PROFILES_PATH, CallError, MachineTest, main, pki, wait_for
from harness.daemon import settings_variant

from . import (AwaitsTrust, CertificateFails, Checks, CrlFails, Enrolls, Fails, GetsCertificate,
               GetsCrl, Pends, PollFails, RefusesSetting, RenewalFails, Renews)

# Small keys are quick; the warning about them is not the row's.
COMMON = {'RSAKeyLength': 1024, 'ConnectRetryInterval': 3600, 'Enabled': True}
OWN_WARNING = 'weak-key'
ENROLLED = 'scep-enrolled-key-pair@'


class BehaviourTest(MachineTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.servers = {}
        cls.work = cls.machine.sub('work')
        cls.daemon = cls.machine.daemon()

    @classmethod
    def tearDownClass(cls):
        for server in cls.servers.values():
            server.stop()
        if cls.daemon.process.running():
            cls.daemon.stop()
        super().tearDownClass()

    def setUp(self):
        """A daemon that crashed has failed its row, not those after it."""
        if not self.daemon.process.running():
            type(self).daemon = self.machine.daemon()

    # A row

    def run_row(self, row):
        self.serve(row)
        self.path = '%s/%s' % (PROFILES_PATH, row.id.replace('-', '_'))
        self.row = row
        self.recorder = self.machine.recorder()
        self.addCleanup(self.recorder.stop)
        self.KINDS[type(row.expect)](self, row.expect)
        self.daemon.process.check_running()

    def serve(self, row):
        kind = tuple(sorted(row.server.items()))
        if kind not in self.servers:
            self.servers[kind] = self.machine.responder(**row.server)
        self.server = self.servers[kind]
        self.server.reset()
        self.server.control(**self.fill(row.modes))

    def fill(self, values):
        with open(self.server.ca_file) as pem:
            words = dict(self.server.words(), url=self.server.url, port=self.server.port,
                         base=self.server.url.removesuffix('/scep'), CA_PEM=pem.read())
        return {name: value.format(**words) if isinstance(value, str) else value
                for name, value in values.items()}

    def create(self):
        settings = self.server.settings(**{**COMMON, **self.fill(self.row.settings)})
        self.daemon.manager('CreateProfile', '(sa{sv})', self.path.rsplit('/', 1)[1],
                            settings_variant(settings))
        self.addCleanup(self.delete)

    def delete(self):
        if self.daemon.process.running():
            self.daemon.manager('DeleteProfile', '(s)', self.path.rsplit('/', 1)[1])

    # What is seen

    def get(self, name):
        return self.daemon.get(name, self.path)

    def call(self, member, *arguments):
        return self.daemon.method(member, *arguments, path=self.path)

    def describe(self):
        return '%s\n%s\n%s' % (self.daemon.describe(self.path), self.server.requests(),
                               self.daemon.log()[-3000:])

    def wait_signal(self, *members):
        """The first of these signals: its name and its arguments."""
        def came():
            self.daemon.process.check_running()
            return [(signal[2], signal[3]) for signal in self.recorder.signals
                    if signal[0] == self.path and signal[2] in members]
        return wait_for(came, lambda: '%s: %s' % (' or '.join(members), self.describe()))[0]

    def check_warnings(self, warnings):
        own = {OWN_WARNING} if self.get('RSAKeyLength') < 2048 else set()
        self.assertEqual(sorted(set(self.get('Warnings')) - own), sorted(warnings))

    def check_requests(self, described, requests):
        if described is None:
            return
        self.assertEqual(len(requests), len(described), requests)
        for words, request in zip(described, requests):
            for word in words.split():
                self.assertIn(word, request.values(), request)

    def check_sent(self, described, begin=0):
        self.check_requests(described, self.server.requests('PKIOperation')[begin:])

    def check_asked(self, described, begin=0):
        self.check_requests(described, [request for request in self.server.requests()[begin:]
                                        if request['operation'] != 'PKIOperation'])

    def check_error(self, error, message, expect):
        names = (expect.error,) if isinstance(expect.error, str) else expect.error
        self.assertIn(error, [ERROR + name for name in names], message)
        self.assertTrue(message.isprintable(), message)
        self.assertGreater(len(message), 20)
        saying, = self.fill({'saying': expect.saying}).values()
        self.assertIn(saying, message)
        self.assertNotRegex(message, r'[.][.](?![.])')

    def check_failure(self, expect, member):
        """The signal of a failure and the properties say the same."""
        name, arguments = self.wait_signal(member)
        error, message, next_attempt = arguments
        self.check_error(error, message, expect)
        self.assertGreater(next_attempt, 0)
        self.assertEqual(self.get('LastError'), error)
        self.assertEqual(self.get('LastErrorMessage'), message)
        return next_attempt

    def check_certificate(self, refusal=''):
        self.assertEqual(self.get('LastError'), '')
        verified, output = pki.verify(self.call('GetCertificateChain')[0], self.server.ca_file,
                                      self.work)
        self.assertEqual(verified, not refusal, output)
        self.assertIn(refusal, output)

    # The kinds of expectations

    def enroll(self):
        """The first certificate; what was asked for it is in the log."""
        self.create()
        name, arguments = self.wait_signal('Enrolled', 'EnrollmentFailed')
        self.assertEqual(name, 'Enrolled', (arguments, self.describe()))
        self.daemon.wait_state('enrolled', path=self.path)

    def check_enrolls(self, expect):
        if expect.after:
            self.create()
            error, message, _ = self.wait_signal('EnrollmentFailed')[1]
            self.assertEqual(error, ERROR + expect.after, message)
            self.server.control(**self.fill(expect.then))
            self.call('Enroll')
            self.wait_signal('Enrolled')
            self.daemon.wait_state('enrolled', path=self.path)
        else:
            self.enroll()
        self.check_certificate(expect.openssl)
        self.assertIn(expect.told, str(self.call('GetHistory')[0]))
        self.check_sent(expect.sent)
        self.check_asked(expect.asked)
        self.check_warnings(expect.warnings)
        for name, value in self.fill(expect.shows).items():
            self.assertEqual(self.get(name), value)

    def check_fails(self, expect):
        begun = int(time.time())
        self.create()
        next_attempt = self.check_failure(expect, 'EnrollmentFailed')
        self.assertGreaterEqual(next_attempt, begun + expect.wait)
        self.assertIn(self.get('State'), expect.state)
        self.assertEqual(self.get('Fingerprint'), '')
        self.assertNotIn(ENROLLED + self.path.rsplit('/', 1)[1],
                         [entry[0] for entry in self.daemon.keystore('ListEntries')[0]])
        self.check_sent(expect.sent)
        self.check_asked(expect.asked)

    def check_awaits_trust(self, expect):
        self.create()
        fingerprint, _ = self.wait_signal('TrustRequested')[1]
        self.assertEqual(fingerprint, self.server.words()[expect.offers])
        self.daemon.wait_state('awaiting-trust', path=self.path)
        self.check_sent(())
        if expect.accepted:
            self.call('AcceptCA', '(s)', fingerprint)
            self.daemon.wait_state('enrolled', path=self.path)
            self.check_certificate()
            # What was confirmed is what counts: nobody is asked for another.
            self.check_asked(('GetCACaps', 'GetCACert'))

    def pend(self):
        self.create()
        transaction, next_poll = self.wait_signal('Pending')[1]
        self.daemon.wait_state('pending', path=self.path)
        self.assertEqual(self.get('TransactionID'), transaction)
        self.assertEqual((self.get('NextAction'), self.get('NextActionTime')), ('poll', next_poll))
        return transaction

    def check_pends(self, expect):
        self.pend()
        self.check_sent(expect.sent)

    def check_poll_fails(self, expect):
        transaction = self.pend()
        self.server.control(**self.fill(expect.then))
        self.check_failure(expect, 'EnrollmentFailed')
        self.assertIn(self.get('State'), expect.state)
        if 'pending' in expect.state:
            self.assertEqual(self.get('TransactionID'), transaction)
        self.check_sent(expect.sent)

    def renew(self):
        """Renew(); returns how many messages there were before."""
        begin = len(self.server.requests('PKIOperation'))
        self.recorder.signals.clear()
        self.call('Renew')
        return begin

    def check_renews(self, expect):
        self.enroll()
        for messages, modes, fails in ((expect.sent, expect.then, expect.fails),
                                       (expect.again, expect.again_with, 0),
                                       (expect.later, expect.later_with, 0)):
            if messages is None:
                break
            self.server.control(**self.fill(modes))
            old = self.get('Fingerprint')
            begin = len(self.server.requests('PKIOperation'))
            for _ in range(fails):
                self.renew()
                name, arguments = self.wait_signal('Renewed', 'RenewalFailed')
                self.assertEqual(name, 'RenewalFailed', self.describe())
                self.daemon.wait_state('waiting', path=self.path)
            self.renew()
            name, arguments = self.wait_signal('Renewed', 'RenewalFailed')
            self.assertEqual((name, arguments[0]), ('Renewed', old), self.describe())
            self.daemon.wait_state('enrolled', path=self.path)
            self.check_certificate()
            self.check_sent(messages, begin)
        self.check_warnings(expect.warnings)

    def check_renewal_fails(self, expect):
        self.enroll()
        old = self.get('Fingerprint')
        self.server.control(**self.fill(expect.then))
        begin = self.renew()
        self.check_failure(expect, 'RenewalFailed')
        self.assertEqual(self.get('Fingerprint'), old)
        self.check_sent(expect.sent, begin)

    def check_gets_crl(self, expect):
        self.enroll()
        begin = len(self.server.requests('PKIOperation'))
        self.server.control(**self.fill(expect.then))
        der = bytes(self.call('GetCRL')[0])
        self.assertEqual(der[:1], b'0')
        self.check_sent(expect.sent, begin)

    def check_call_fails(self, expect, member, *arguments):
        self.server.control(**self.fill(expect.then))
        with self.assertRaises(CallError) as caught:
            self.call(member, *arguments)
        self.check_error(caught.exception.name, caught.exception.message, expect)

    def check_crl_fails(self, expect):
        self.enroll()
        self.check_call_fails(expect, 'GetCRL')

    def check_gets_certificate(self, expect):
        self.enroll()
        begin = len(self.server.requests('PKIOperation'))
        self.server.control(**self.fill(expect.then))
        pem = self.call('GetCertificate', '(s)', self.get('SerialNumber'))[0]
        self.assertEqual(pem, self.call('GetCertificateChain')[0][:len(pem)])
        self.check_sent(expect.sent, begin)

    def check_certificate_fails(self, expect):
        self.enroll()
        self.check_call_fails(expect, 'GetCertificate', '(s)', self.get('SerialNumber'))

    def check_checks(self, expect):
        self.enroll()
        begin = len(self.server.requests())
        self.server.control(**self.fill(expect.then))
        self.call('Check')
        wait_for(lambda: len(self.server.requests()) > begin, self.describe)
        self.daemon.wait_state('enrolled', path=self.path)
        wait_for(lambda: self.get('NextAction'), self.describe)
        wait_for(lambda: set(expect.warnings) <= set(self.get('Warnings')), self.describe)
        self.check_warnings(expect.warnings)
        self.check_asked(expect.asked, begin)
        self.assertEqual(self.get('LastError'), '')

    def check_refuses_setting(self, expect):
        message = self.assert_call_fails(ERROR + 'InvalidSetting', self.create)
        self.assertIn(expect.saying, message)
        self.assertEqual(self.server.requests(), [])

    KINDS = {
        AwaitsTrust: check_awaits_trust, CertificateFails: check_certificate_fails,
        Checks: check_checks, CrlFails: check_crl_fails, Enrolls: check_enrolls,
        Fails: check_fails, GetsCertificate: check_gets_certificate, GetsCrl: check_gets_crl,
        Pends: check_pends, PollFails: check_poll_fails,
        RefusesSetting: check_refuses_setting, RenewalFails: check_renewal_fails,
        Renews: check_renews,
    }


def run(chapters):
    """Each row with an expectation is a test of its own, by the name test_ID."""
    for chapter in chapters:
        for row in chapter.rows:
            if row.expect is not None:
                setattr(BehaviourTest, 'test_' + row.id.replace('-', '_'),
                        lambda self, row=row: self.run_row(row))
    sys.modules['__main__'].BehaviourTest = BehaviourTest
    main()
