#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What follows the first certificate: renewal with every kind of server, and the way back."""

import os
import shutil
import time

from harness import (ERROR, PROFILES_PATH, CallError, MachineTest, build_dir, main, pki, wait_for)
from harness.daemon import DAEMON_USER, settings_variant

ENROLLED = 'scep-enrolled-key-pair'
REQUEST = 'sce-request-key-pair'
PREVIOUS = 'scep-previous-key-pair'
HOUR = 3600
DAY = 24 * HOUR

# A message as the server sees it: its type, who signed it, the challenge in it.
SIGNED = ('17', 'ours', 'none')
SIGNED_CHALLENGE = ('17', 'ours', 'right')
PKCS = ('19', 'ours', 'none')
PKCS_CHALLENGE = ('19', 'ours', 'right')
ENROLL = ('19', 'self', 'right')

NO_RENEWAL = 'AES\nPOSTPKIOperation\nSHA-256\nSCEPStandard\n'

BY_PKCS = [SIGNED, SIGNED_CHALLENGE, PKCS]

# What the server does, the messages of the first two renewals and of the third.
SERVERS = [
    ({}, [SIGNED], [SIGNED]),
    ({'renewal__17': 'challenge'}, [SIGNED, SIGNED_CHALLENGE], [SIGNED_CHALLENGE]),
    ({'renewal__17': 'refuse'}, BY_PKCS, [PKCS]),
    ({'renewal__17': 'old'}, BY_PKCS, [PKCS]),
    ({'renewal__17': 'ca'}, BY_PKCS, [PKCS]),
    ({'renewal__17': 'other-key'}, BY_PKCS, [PKCS]),
    ({'renewal__17': 'refuse', 'renewal__19': 'refuse'}, BY_PKCS + [ENROLL], [ENROLL]),
    ({'renewal__17': 'old', 'renewal__19': 'old'}, BY_PKCS + [ENROLL], [ENROLL]),
    ({'caps': NO_RENEWAL}, [PKCS], [PKCS]),
    ({'caps': NO_RENEWAL, 'renewal__19': 'refuse'}, [PKCS, ENROLL], [ENROLL]),
]

# What is not signed is nobody's judgement.
UNSIGNED = ('error', 'html', 'empty')

# RenewalSendsChallenge, what the server does, the messages; the last one is granted or not.
CHALLENGES = [
    ('never', {}, [SIGNED], True),
    ('never', {'renewal__17': 'challenge'}, [SIGNED, PKCS], True),
    ('never', {'renewal__17': 'challenge', 'renewal__19': 'challenge'}, [SIGNED, PKCS], False),
    ('always', {}, [SIGNED_CHALLENGE], True),
    ('always', {'renewal__17': 'refuse'}, [SIGNED_CHALLENGE, PKCS_CHALLENGE], True),
    ('always', {'renewal__17': 'refuse', 'renewal__19': 'refuse'},
     [SIGNED_CHALLENGE, PKCS_CHALLENGE, ENROLL], True),
]


class Life(MachineTest):
    responder_options = {}

    def fresh(self):
        self.daemon.stop()
        self.daemon = self.start_daemon()
        self.server.reset()

    def fresh_with_clock(self):
        """A daemon whose wall clock is the test's, see set_clock()."""
        preload = os.path.join(self.machine.sub('lib'), 'clock-shift.so')
        shutil.copy(os.path.join(build_dir(), 'tests/system/clock-shift.so'), preload)
        self.clock = os.path.join(self.machine.folder_for(DAEMON_USER, 'clock'), 'shift')
        with open(self.clock, 'w') as out:
            out.write('%012d' % 0)
        self.daemon.stop()
        self.daemon = self.start_daemon(env={
            'LD_PRELOAD': preload, 'CLOCK_SHIFT': self.clock,
            'ASAN_OPTIONS': 'detect_leaks=0:verify_asan_link_order=0'})

    def set_clock(self, now):
        """By one write: there is no moment at which the file is empty."""
        with open(self.clock, 'r+') as out:
            out.write('%012d' % (now - time.time()))

    def enroll(self, **more):
        """The first certificate; what was sent for it is forgotten."""
        settings = {'ConnectRetryInterval': 3600, 'RSAKeyLength': 1024, 'Enabled': True, **more}
        self.daemon.configure(**self.server.settings(**settings))
        self.daemon.wait_state('enrolled')
        self.seen = len(self.server.requests('PKIOperation'))
        return self.daemon.get('Fingerprint')

    def sent(self):
        """The messages since it was last asked, as they are named above.

        Polls are left out, and what is sent again by GET because nothing came back.
        """
        requests = self.server.requests('PKIOperation')
        new, self.seen = requests[self.seen:], len(requests)
        by_id = {request['transactionID']: request for request in reversed(new)
                 if request['messageType'] != '20'}
        new = sorted(by_id.values(), key=new.index)
        self.keys = {request['key'] for request in new}
        return [(request['messageType'], request['signer'], request['challenge'])
                for request in new]

    def renew(self):
        """Renew() to its good end; returns the new certificate's fingerprint."""
        old = self.daemon.get('Fingerprint')
        recorder = self.machine.recorder()
        self.addCleanup(recorder.stop)
        self.daemon.method('Renew')
        renewed = wait_for(lambda: recorder.named('Renewed') or recorder.named('RenewalFailed'),
                           lambda: 'the renewal: ' + self.daemon.describe())[-1]
        self.assertEqual(renewed[0], old, self.daemon.log()[-3000:])
        self.assertNotEqual(renewed[1], old)
        self.assertEqual(renewed[2], self.daemon.get('NotAfter'))
        self.assertFalse(recorder.named('Enrolled'))
        self.check_installed(renewed[1], old)
        return renewed[1]

    def refused(self):
        """Renew() that comes to nothing; returns what RenewalFailed says."""
        old = self.daemon.get('Fingerprint')
        recorder = self.machine.recorder()
        self.addCleanup(recorder.stop)
        self.daemon.method('Renew')
        failed = recorder.wait('RenewalFailed')
        self.assertEqual(self.daemon.get('LastError'), failed[0])
        self.assertEqual(self.daemon.get('LastErrorMessage'), failed[1])
        self.assertEqual(self.daemon.get('NextActionTime'), failed[2])
        self.assertFalse(recorder.named('EnrollmentFailed'))
        self.check_usable(old)
        return failed

    def aliases(self):
        return {entry[0] for entry in self.daemon.keystore('ListEntries')[0]}

    def check_usable(self, fingerprint, alias=ENROLLED):
        """Bus, keystore and openssl agree that this is a certificate with its key."""
        chain = self.daemon.keystore('GetCertificateChain', '(s)', alias)[0]
        verified, output = pki.verify(chain, self.server.ca_file, self.work)
        self.assertTrue(verified, output)
        self.assertEqual(pki.fingerprint(self.work + '/leaf.pem'), fingerprint)
        exported = self.machine.new_path('exported.pem')
        self.machine.scepctl('keystore', 'export', '--output', exported, alias, check=True)
        self.assertEqual(pki.openssl('pkey', '-in', exported, '-pubout'),
                         pki.openssl('x509', '-in', self.work + '/leaf.pem', '-noout', '-pubkey'))

    def check_installed(self, fingerprint, previous):
        """This is the certificate, and that the one before; nothing is left of the request."""
        self.daemon.wait_state('enrolled')
        self.assertEqual(self.daemon.get('Fingerprint'), fingerprint)
        self.assertEqual(self.daemon.get('LastError'), '')
        self.assertEqual(self.daemon.get('TransactionID'), '')
        self.check_usable(fingerprint)
        self.check_usable(previous, PREVIOUS)
        wait_for(lambda: REQUEST not in self.aliases(), 'the request key to go')


class Renewal(Life):
    def test_refused_calls(self):
        """Renew() says why it does not."""
        self.assert_call_fails(ERROR + 'Disabled', self.daemon.method, 'Renew')
        self.server.control(hold=1)
        self.daemon.configure(ConnectRetryInterval=3600, Enabled=True, **self.server.settings())
        wait_for(lambda: self.server.control()['held'], 'the request')
        self.assertIn(self.refusal('Renew'), ('Busy', 'NotConfigured'))
        self.server.control(hold=0)
        self.daemon.wait_state('enrolled')
        self.server.control(hold=1)
        self.daemon.method('Renew')
        self.assert_call_fails(ERROR + 'Busy', self.daemon.method, 'Renew')
        self.server.control(hold=0)
        self.daemon.wait_state('enrolled')

    def refusal(self, member):
        with self.assertRaises(CallError) as caught:
            self.daemon.method(member)
        return caught.exception.name.removeprefix(ERROR)

    def test_servers(self):
        for modes, first, later in SERVERS:
            with self.subTest(modes=modes):
                self.fresh()
                self.server.control(**modes)
                self.enroll()
                keys = self.keys_of(first)
                self.assertFalse(keys & self.keys_of(first))
                self.keys_of(later)

    def test_unsigned_answers(self):
        """They end an attempt; after two of them something as strong is tried."""
        for mode in UNSIGNED:
            with self.subTest(mode=mode):
                self.fresh()
                self.enroll()
                self.server.control(renewal__17=mode)
                for _ in range(2):
                    self.refused()
                    self.assertEqual(self.sent(), [SIGNED])
                self.keys_of([PKCS])
                self.keys_of([PKCS])

    def keys_of(self, messages):
        """A renewal with exactly these messages, all for the same new key."""
        self.renew()
        self.assertEqual(self.sent(), messages)
        self.assertEqual(len(self.keys), 1)
        return self.keys

    def test_learned_way_no_longer_works(self):
        """What the server has forgotten is not insisted on."""
        self.server.control(renewal__17='refuse')
        self.enroll()
        for _ in range(2):
            self.renew()
            self.assertEqual(self.sent(), BY_PKCS)
        self.server.control(renewal__17='', renewal__19='refuse')
        self.renew()
        self.assertEqual(self.sent(), [PKCS, SIGNED])
        self.renew()
        self.assertEqual(self.sent(), [SIGNED])

    def test_learned_way_survives_a_restart(self):
        self.server.control(renewal__17='refuse')
        self.enroll()
        self.renew()
        self.daemon.restart()
        self.daemon.wait_state('enrolled')
        self.sent()
        self.renew()
        self.assertEqual(self.sent(), BY_PKCS)
        self.daemon.restart()
        self.daemon.wait_state('enrolled')
        self.renew()
        self.assertEqual(self.sent(), [PKCS])

    def test_sends_challenge(self):
        for setting, modes, messages, granted in CHALLENGES:
            with self.subTest(setting=setting, modes=modes):
                self.fresh()
                self.server.control(**modes)
                self.enroll(RenewalSendsChallenge=setting)
                if granted:
                    self.renew()
                else:
                    self.assertEqual(self.refused()[0], ERROR + 'BadRequest')
                self.assertEqual(self.sent(), messages)

    def test_one_time_challenge(self):
        """Spent by the first certificate, it is in no renewal."""
        self.server.control(renewal__17='challenge', renewal__19='challenge')
        self.enroll(ChallengePasswordOneTime=True)
        wait_for(lambda: not self.daemon.get('ChallengePasswordSet'), 'the challenge to go')
        error, message, _ = self.refused()
        self.assertEqual(error, ERROR + 'BadRequest')
        self.assertEqual(self.sent(), [SIGNED, PKCS])
        self.assertIn('challenge', message)

    def test_one_time_challenge_is_sent_once(self):
        """A refusal uses it up within an attempt too; what needs it is left out."""
        self.enroll(ChallengePasswordOneTime=True)
        self.server.control(renewal__17='refuse', renewal__19='refuse')
        self.daemon.configure(ChallengePassword=self.server.challenge)
        self.refused()
        self.assertEqual(self.sent(), [SIGNED, SIGNED_CHALLENGE, PKCS])
        self.refused()
        self.assertEqual([message for message in self.sent() if message[2] != 'none'], [])
        self.server.control(renewal__17='challenge', renewal__19='challenge')
        recorder = self.machine.recorder()
        self.daemon.configure(ChallengePassword=self.server.challenge)
        recorder.wait('Renewed')
        self.assertEqual([message[2] for message in self.sent()].count('right'), 1)
        wait_for(lambda: not self.daemon.get('ChallengePasswordSet'), 'the challenge to go')

    def test_by_itself(self):
        """A certificate that is due is renewed without a word from anybody."""
        self.fresh_with_clock()
        recorder = self.machine.recorder()
        self.server.control(issue__not_before=0, issue__not_after=12 * HOUR)
        old = self.enroll()
        self.assertEqual(self.daemon.get('NextAction'), 'renew')
        due = self.daemon.get('NextActionTime')
        self.assertLess(due, self.daemon.get('NotAfter'))
        self.server.control(issue__not_before='', issue__not_after='')
        self.set_clock(due + 1)
        renewed = recorder.wait('Renewed')
        self.assertEqual(renewed[0], old)
        self.check_installed(renewed[1], old)
        self.assertEqual(self.sent(), [SIGNED])

    def test_not_by_itself(self):
        self.server.control(issue__not_before=-100, issue__not_after=20)
        self.enroll(ClientCertificateRenew=False, ConnectRetryInterval=5)
        self.assertNotEqual(self.daemon.get('NextAction'), 'renew')
        self.daemon.method('Check')
        wait_for(lambda: len(self.server.requests('GetCACert')) > 1, 'the check')
        self.daemon.wait_state('enrolled')
        self.assertEqual(self.sent(), [])

    def test_second_profile(self):
        path = PROFILES_PATH + '/vpn'
        self.enroll()
        self.daemon.manager('CreateProfile', '(sa{sv})', 'vpn', settings_variant(
            self.server.settings(SubjectDN='CN=vpn', RSAKeyLength=1024, Enabled=True)))
        self.daemon.wait_state('enrolled', path=path)
        default, old = self.daemon.get('Fingerprint'), self.daemon.get('Fingerprint', path)
        recorder = self.machine.recorder()
        self.daemon.method('Renew', path=path)
        new = recorder.wait('Renewed', path=path)[1]
        self.check_usable(new, ENROLLED + '@vpn')
        self.check_usable(old, PREVIOUS + '@vpn')
        self.assertEqual(self.daemon.get('Fingerprint'), default)
        self.assertNotIn(PREVIOUS, self.aliases())


class Interrupted(Life):
    """The old certificate is there as long as there is no other."""

    def test_old_one_meanwhile(self):
        old = self.enroll()
        self.server.control(hold=1)
        self.daemon.method('Renew')
        wait_for(lambda: self.server.control()['held'], 'the request')
        self.assertEqual(self.daemon.get('State'), 'renewing')
        self.assertEqual(self.daemon.get('Fingerprint'), old)
        self.check_usable(old)
        self.assertNotIn(PREVIOUS, self.aliases())
        self.server.control(hold=0)
        self.daemon.wait_state('enrolled')
        self.check_installed(self.daemon.get('Fingerprint'), old)

    def begin_pending(self, **more):
        """A renewal that somebody at the CA has to grant."""
        old = self.enroll(**more)
        self.server.control(pending=-1)
        recorder = self.machine.recorder()
        self.daemon.method('Renew')
        transaction = recorder.wait('Pending')[0]
        self.assertEqual(self.daemon.get('TransactionID'), transaction)
        self.assertEqual(self.daemon.get('NextAction'), 'poll')
        self.check_usable(old)
        recorder.stop()
        return old

    def test_pending_granted(self):
        old = self.begin_pending(ConnectRetryInterval=5)
        recorder = self.machine.recorder()
        self.server.control(pending='')
        self.check_installed(recorder.wait('Renewed')[1], old)
        self.assertEqual(self.sent(), [SIGNED])

    def test_pending_killed(self):
        """What a power cut interrupts goes on, with the same key and transaction."""
        old = self.begin_pending(ConnectRetryInterval=5)
        transaction = self.daemon.get('TransactionID')
        self.daemon.kill()
        self.daemon.start()
        self.assertEqual(self.daemon.get('Fingerprint'), old)
        self.assertEqual(self.daemon.get('TransactionID'), transaction)
        recorder = self.machine.recorder()
        self.server.control(pending='')
        self.check_installed(recorder.wait('Renewed')[1], old)
        self.assertEqual(self.sent(), [SIGNED])
        polls = [request for request in self.server.requests('PKIOperation')
                 if request['messageType'] == '20']
        self.assertEqual({(poll['signer'], poll['transactionID']) for poll in polls},
                         {('ours', transaction)})

    def test_pending_cancelled(self):
        old = self.begin_pending()
        self.daemon.method('Cancel')
        self.assertEqual(self.daemon.get('LastError'), ERROR + 'Cancelled')
        self.assertEqual(self.daemon.get('TransactionID'), '')
        self.assertGreater(self.daemon.get('NextActionTime'), time.time())
        self.check_usable(old)
        wait_for(lambda: REQUEST not in self.aliases(), 'the request key to go')
        self.server.control(pending='')
        self.renew()

    def test_killed_before_the_answer(self):
        """A request that perhaps arrived is asked after, once; then there is another one."""
        old = self.enroll(ConnectRetryInterval=5)
        self.server.control(hold=1)
        self.daemon.method('Renew')
        wait_for(lambda: self.server.control()['held'], 'the request')
        self.daemon.kill()
        self.server.control(hold=0)
        self.daemon.start()
        wait_for(lambda: self.daemon.get('Fingerprint') not in ('', old),
                 lambda: 'the new certificate: ' + self.daemon.describe())
        self.check_installed(self.daemon.get('Fingerprint'), old)

    def test_unreachable(self):
        """A network fault is no reason to try another way."""
        old = self.enroll()
        self.server.control(http__PKIOperation='close')
        error, _, next_attempt = self.refused()
        self.assertIn(error.removeprefix(ERROR), ('ServerUnreachable', 'MalformedReply'))
        self.assertEqual(self.sent(), [])
        self.assertLess(abs(next_attempt - time.time() - 3600), 400)
        self.server.control(http__PKIOperation='')
        self.renew()
        self.assertEqual(self.sent(), [SIGNED])
        self.check_usable(old, PREVIOUS)


class Refused(Life):
    def test_too_early(self):
        """A CA that does not want to yet is asked again, later and later; nothing is wrong."""
        self.enroll(CertificateCheckInterval=30 * DAY)
        self.server.control(fail__info=2, fail__text='too early')
        distances = []
        for _ in range(7):
            error, message, next_attempt = self.refused()
            self.assertEqual(error, ERROR + 'BadRequest')
            self.assertIn('127.0.0.1:%d' % self.server.port, message)
            self.assertEqual(self.daemon.get('State'), 'enrolled')
            self.assertEqual(self.daemon.get('NextAction'), 'renew')
            distances.append(next_attempt - time.time())
        for nearer, farther in zip(distances, distances[1:]):
            self.assertGreater(farther, min(nearer * 1.5, DAY * 0.9))
        self.assertLess(max(distances), DAY * 1.2)
        self.server.control(fail__info='')
        self.renew()

    def test_no_way_at_all(self):
        for mode in UNSIGNED + ('old', 'ca', 'other-key'):
            with self.subTest(mode=mode):
                self.fresh()
                self.enroll()
                self.server.control(renewal__17=mode, renewal__19=mode, renewal__self=(
                    'refuse' if mode == 'old' else mode))
                error = self.refused()[0].removeprefix(ERROR)
                self.assertIn(error, ('HttpStatus', 'MalformedReply', 'CertificateMismatch',
                                      'BadRequest'))
                self.assertEqual(self.sent(),
                                 [SIGNED] if mode in UNSIGNED else BY_PKCS + [ENROLL])
                # Only a signed answer is a refusal.
                self.assertEqual(self.daemon.get('State'),
                                 'enrolled' if error == 'BadRequest' else 'waiting')
                self.assertNotIn(PREVIOUS, self.aliases())

    def test_wrong_clock_of_the_server(self):
        """badTime is about the clock, not about the way."""
        self.enroll()
        self.server.control(fail__info=3)
        self.assertEqual(self.refused()[0], ERROR + 'BadTime')
        self.assertEqual(self.sent(), [SIGNED])


class Expired(Life):
    def setUp(self):
        super().setUp()
        self.fresh_with_clock()

    def expire(self, **more):
        # Shorter than the interval of checks, which would begin one.
        self.server.control(issue__not_after=HOUR)
        old = self.enroll(ClientCertificateRenew=False, **more)
        self.set_clock(self.daemon.get('NotAfter') + 2)
        self.server.control(issue__not_after='')
        return old

    def test_told_ahead(self):
        """In the last third of its life, again and again, until there is another one."""
        recorder = self.machine.recorder()
        self.addCleanup(recorder.stop)
        self.enroll(ClientCertificateRenew=False)
        self.server.control(issue__not_before=0, issue__not_after=12 * HOUR)
        self.renew()
        end = self.daemon.get('NotAfter')
        for hours, signals in ((5, 0), (3, 1), (2, 2)):
            self.set_clock(end - hours * HOUR)
            self.check()
            wait_for(lambda: len(recorder.named('CertificateExpiring')) == signals,
                     lambda: '%d signals: %s' % (signals, self.daemon.describe()))
        self.assertEqual(set(recorder.named('CertificateExpiring')), {(end,)})
        events = [event[1] for event in self.daemon.method('GetHistory')[0]]
        self.assertIn('certificate-expiring', events)
        self.server.control(issue__not_before='', issue__not_after='')
        self.renew()
        told = len(recorder.named('CertificateExpiring'))
        self.set_clock(end + 1)
        self.check()
        self.assertEqual(len(recorder.named('CertificateExpiring')), told)

    def check(self):
        """A check, to its end: what was due before it has come."""
        self.daemon.method('Check')
        wait_for(lambda: self.daemon.get('NextAction'), self.daemon.describe)

    def test_with_challenge(self):
        """It is a first enrollment again: what an expired certificate signs is not sent."""
        old = self.expire()
        self.daemon.method('Renew')
        wait_for(lambda: self.daemon.get('Fingerprint') != old, lambda: self.daemon.describe())
        self.daemon.wait_state('enrolled')
        self.check_usable(self.daemon.get('Fingerprint'))
        self.assertEqual(self.sent(), [ENROLL])

    def test_without_challenge(self):
        """It says what is needed, and goes on by itself once that is there."""
        old = self.expire(ChallengePasswordOneTime=True)
        # By the clock of the server, which is not set, it has not expired.
        self.server.control(renewal__17='refuse', renewal__19='refuse')
        wait_for(lambda: not self.daemon.get('ChallengePasswordSet'), 'the challenge to go')
        self.daemon.method('Renew')
        wait_for(lambda: self.daemon.get('LastError'), lambda: self.daemon.describe())
        self.assertRegex(self.daemon.get('LastErrorMessage'), '(?i)challenge')
        self.assertGreater(self.daemon.get('NextActionTime'), 0)
        self.daemon.configure(ChallengePassword=self.server.challenge,
                              ClientCertificateRenew=True)
        wait_for(lambda: self.daemon.get('Fingerprint') != old, lambda: self.daemon.describe())
        self.daemon.wait_state('enrolled')
        self.check_usable(self.daemon.get('Fingerprint'))


class Back(Life):
    def test_nothing_to_go_back_to(self):
        old = self.enroll()
        self.assertIn(self.assert_refused('SwitchBack'), ('NoSuchEntry', 'NotConfigured'))
        self.check_usable(old)

    def assert_refused(self, member):
        with self.assertRaises(CallError) as caught:
            self.daemon.method(member)
        self.assertTrue(caught.exception.message)
        return caught.exception.name.removeprefix(ERROR)

    def test_there_and_back(self):
        first = self.enroll()
        second = self.renew()
        for now, before in ((first, second), (second, first)):
            self.daemon.method('SwitchBack')
            wait_for(lambda: self.daemon.get('Fingerprint') == now, lambda: self.daemon.describe())
            self.check_usable(now)
            self.check_usable(before, PREVIOUS)
            self.daemon.restart()
            self.assertEqual(self.daemon.get('Fingerprint'), now)
            self.check_usable(now)
            self.check_usable(before, PREVIOUS)
        self.assertEqual(self.sent(), [SIGNED])

    def test_renewal_after_it(self):
        """Signed with the generation that was gone back to."""
        first = self.enroll()
        self.renew()
        self.daemon.method('SwitchBack')
        wait_for(lambda: self.daemon.get('Fingerprint') == first, 'the first certificate')
        serial = self.daemon.get('SerialNumber')
        self.sent()
        self.renew()
        self.assertEqual(int(self.server.requests('PKIOperation')[-1]['signerSerial'], 16),
                         int(serial, 16))
        self.check_usable(first, PREVIOUS)

    def test_while_a_request_runs(self):
        self.enroll()
        new = self.renew()
        self.server.control(hold=1)
        self.daemon.method('Renew')
        wait_for(lambda: self.server.control()['held'], 'the request')
        self.assertEqual(self.assert_refused('SwitchBack'), 'Busy')
        self.check_usable(new)
        self.server.control(hold=0)
        self.daemon.wait_state('enrolled')


class Rollover(Life):
    """The CA is replaced; the machine follows, and the administrator's setting stays."""

    def setUp(self):
        super().setUp()
        # A rollover cannot be taken back: each test has a CA of its own.
        self.server = self.machine.responder(ra='one')
        self.addCleanup(self.server.stop)
        self.pin = self.server.fingerprint

    def check(self):
        """Check(), when the one before has ended; returns when the server was asked."""
        def accepted():
            try:
                self.daemon.method('Check')
                return True
            except CallError as error:
                self.assertEqual(error.name, ERROR + 'Busy')
                return False
        before = len(self.server.requests('GetCACert'))
        wait_for(accepted, self.daemon.describe)
        wait_for(lambda: len(self.server.requests('GetCACert')) > before, 'the check')

    def is_pending(self):
        with open(self.daemon.file('profiles', 'default', 'trust.keyfile')) as record:
            return 'pending' in record.read()

    def current_ca(self):
        """A file with nothing but the CA of now; its fingerprint."""
        path = self.machine.new_path('ca.pem')
        with open(self.server.ca_file) as both, open(path, 'w') as out:
            out.write(pki.split(both.read())[0])
        return path, pki.fingerprint(path)

    def test_followed(self):
        old = self.enroll()
        recorder = self.machine.recorder()
        self.server.control(next_ca='good')
        self.check()
        announced = wait_for(lambda: self.server.words().get('NEXT-CA'), 'the next CA')
        wait_for(self.is_pending, self.daemon.describe)
        self.assertNotIn(announced, self.daemon.get('CAFingerprints'))
        self.assertEqual(self.daemon.get('Fingerprint'), old)
        self.assertFalse(recorder.named('CARolledOver'))
        self.daemon.restart()
        self.daemon.wait_state('enrolled')

        self.server.control(rollover=1, next_ca='')
        self.check()
        self.assertEqual(recorder.wait('CARolledOver'), (self.pin, announced))
        renewed = recorder.wait('Renewed')
        self.assertEqual(renewed[0], old)
        self.check_installed(renewed[1], old)
        path, fingerprint = self.current_ca()
        self.assertEqual(fingerprint, announced)
        verified, output = pki.verify(self.daemon.method('GetCertificateChain')[0], path,
                                      self.work)
        self.assertTrue(verified, output)
        self.assertEqual(self.daemon.get('CARootFingerprint'), self.pin)
        self.assertEqual(self.sent(), [SIGNED])
        self.daemon.restart()
        self.daemon.wait_state('enrolled')
        self.assertEqual(self.daemon.get('Fingerprint'), renewed[1])
        self.assertEqual(self.sent(), [])
        self.renew()

    def test_not_believed(self):
        """What the CA of now has not signed, or not well, is no next CA."""
        self.enroll()
        for mode in ('sha1', 'ra', 'other', 'forged', 'outer', 'old', 'unsigned'):
            with self.subTest(mode=mode):
                before = self.daemon.get('CAFingerprints')
                self.assertIn(self.pin, before)
                asked = len(self.server.requests('GetNextCACert'))
                self.server.control(next_ca=mode)
                self.check()
                wait_for(lambda: len(self.server.requests('GetNextCACert')) > asked,
                         'GetNextCACert')
                wait_for(lambda: 'next-ca-refused' in self.daemon.get('Warnings'),
                         lambda: 'a warning, not %s' % self.daemon.get('Warnings'))
                self.assertFalse(self.is_pending())
                self.assertEqual(self.daemon.get('CAFingerprints'), before)

    def test_unannounced(self):
        """Another CA out of nothing is not followed; what there is stays."""
        old = self.enroll()
        self.server.control(next_ca='other')
        self.check()
        self.server.control(rollover=1, next_ca='')
        self.check()
        wait_for(lambda: self.daemon.get('LastError'), self.daemon.describe)
        self.assertIn(self.daemon.get('LastError').removeprefix(ERROR),
                      ('UntrustedCA', 'FingerprintMismatch'))
        self.assertEqual(self.daemon.get('Fingerprint'), old)
        self.check_usable(old)
        self.assertEqual(self.sent(), [])

    def test_switched_off(self):
        """It is told of, and that is all."""
        old = self.enroll(CARollover=False)
        self.server.control(next_ca='good')
        self.check()
        wait_for(lambda: 'ca-rollover' in self.daemon.get('Warnings'),
                 lambda: 'a warning, not %s' % self.daemon.get('Warnings'))
        self.assertFalse(self.is_pending())
        self.server.control(rollover=1, next_ca='')
        self.check()
        wait_for(lambda: self.daemon.get('LastError'), self.daemon.describe)
        self.assertEqual(self.daemon.get('Fingerprint'), old)
        self.assertIn(self.pin, self.daemon.get('CAFingerprints'))
        self.assertEqual(self.sent(), [])


if __name__ == '__main__':
    main()
