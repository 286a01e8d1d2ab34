#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""SIGKILL at each call that makes state durable, and a new start: nothing is lost.

The traces of the same runs show what a power cut could do.
"""

import base64
import configparser
import copy
import os
import re
import shutil
import signal

from harness import (CallError, MachineTest, PROFILES_PATH, build_dir, main, pki, wait_for)
from harness.daemon import DAEMON_USER, settings_variant
from harness.namespace import skip_all

import durable

MOST_POINTS = 200
ENROLLED = 'scep-enrolled-key-pair'
REQUEST = 'sce-request-key-pair'
PREVIOUS = 'scep-previous-key-pair'


class Ended(Exception):
    """The daemon was killed, as wanted."""


class Crash(MachineTest):
    """A scenario: its start, what is done, and what must hold after a crash in it."""

    from_nothing = False   # begins with the first start of the daemon
    first_point = 'start'  # or 'send': only what follows the first request

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.server = cls.machine.responder()
        cls.preload = os.path.join(cls.machine.sub('lib'), 'crash-point.so')
        shutil.copy(os.path.join(build_dir(), 'tests/crash/crash-point.so'), cls.preload)
        cls.points_log = os.path.join(cls.machine.folder_for(DAEMON_USER, 'points'), 'log')
        cls.work = cls.machine.sub('work')

    @classmethod
    def tearDownClass(cls):
        cls.server.stop()
        super().tearDownClass()

    def setUp(self):
        self.server.reset()
        self.base = self.machine.folder_for(DAEMON_USER, 'base')
        self.daemon = None

    # What a scenario says

    def prepare(self):
        """Brings self.daemon, which knows nothing, to where the scenario begins."""

    def serve(self):
        """How the server behaves while the scenario runs."""

    def act(self):
        """What is done, its end included."""

    def check_left(self):
        """What the dead daemon left on the disk."""

    def check_after(self):
        """What the next start makes of it."""

    # One run

    def run_daemon(self, at=0, traced=None):
        self.state = self.machine.new_path('state')
        shutil.copytree(self.base, self.state)
        for root, _, files in os.walk(self.state):
            for path in [root] + [os.path.join(root, name) for name in files]:
                shutil.chown(path, DAEMON_USER, DAEMON_USER)
        with open(self.points_log, 'w'):
            pass
        shutil.chown(self.points_log, DAEMON_USER)
        env = {'LD_PRELOAD': self.preload, 'CRASH_UNDER': self.state, 'CRASH_AT': str(at),
               'CRASH_LOG': self.points_log,
               'ASAN_OPTIONS': 'detect_leaks=0:verify_asan_link_order=0'}
        self.server.reset()
        self.serve()
        self.acknowledged = 0
        self.daemon = self.made_daemon(env, traced)

    def made_daemon(self, env, traced):
        """Not waited for: it may end before it is on the bus."""
        daemon = copy.copy(self.first)
        daemon.state_dir = self.state
        daemon.extra_env = env
        daemon.log_path = self.machine.new_path('daemon.log')
        if traced:
            daemon.user = None
            daemon.command = durable.command(traced, DAEMON_USER) + self.first.command
        daemon.start(wait=False)
        return daemon

    def until(self, condition):
        """As wait_for, but raises Ended where the daemon was killed."""
        def ended_or_true():
            if not self.daemon.process.running():
                return Ended
            try:
                return condition()
            except CallError as error:
                self.ended_by(error)
                return Ended
        if wait_for(ended_or_true, lambda: 'the scenario: %s\n%s' % (
                self.daemon.describe(), self.daemon.log()[-3000:])) is Ended:
            raise Ended

    def do(self, method, *args, **kwargs):
        """A call that is answered, or Ended."""
        try:
            method(*args, **kwargs)
        except CallError as error:
            self.ended_by(error)
            raise Ended from None
        self.acknowledged += 1

    def ended_by(self, error):
        """Whether a call failed because the daemon was killed; else it is a failure."""
        if error.name.rpartition('.')[2] not in ('NoReply', 'ServiceUnknown', 'NameHasNoOwner'):
            raise error
        self.daemon.process.child.wait(30)

    def is_up(self):
        return self.daemon.owner() is not None

    def crash_at(self, at):
        """Runs until the crash; returns its call, or None where the end came first: that of the
        process, which finishes what is being written."""
        self.run_daemon(at)
        try:
            self.until(self.is_up)
            self.act()
            self.daemon.process.stop()
        except Ended:
            self.daemon.process.child.wait(30)
        self.daemon.gone()
        points = self.points()
        self.assertEqual(self.daemon.process.child.returncode,
                         0 if len(points) < at else -signal.SIGKILL, self.daemon.log()[-4000:])
        return points[-1] if len(points) >= at else None

    def points(self):
        with open(self.points_log) as log:
            return log.read().splitlines()

    def start_again(self, traced=None):
        self.daemon = self.made_daemon({'ASAN_OPTIONS': 'detect_leaks=0'}, traced)
        wait_for(self.daemon.ready, lambda: 'the daemon:\n' + self.daemon.log())

    def look_after(self, point):
        """Starts what was killed at the point again, and looks at what it makes of it."""
        directory = point.removeprefix('fsync ')
        traced = self.trace_path() if self.is_unsynced(point) else None
        self.check_left()
        self.start_again(traced)
        self.check_after()
        self.check_at_rest()
        if traced:
            self.daemon.stop()
            self.assertFalse(durable.sent_before_sync(self.events(traced), directory),
                             'a request was sent before the fsync that was missed')

    @staticmethod
    def is_unsynced(point):
        """What the next start finds there is in memory only."""
        return point.startswith('fsync ') and not durable.is_temporary(point.split()[1])

    @staticmethod
    def lasting(calls):
        """Those that change what there is, each once."""
        return {call for call in calls if call.split()[0] not in ('fsync', 'syncfs', 'send')
                and not durable.is_temporary(call.split()[1])}

    # What is on the disk

    def entries(self):
        folder = os.path.join(self.state, 'keystores', 'default')
        names = os.listdir(folder) if os.path.isdir(folder) else []
        return {name.removesuffix('.keyfile') for name in names if name.endswith('.keyfile')}

    def profile_file(self, name, profile='default'):
        return os.path.join(self.state, 'profiles', profile, name)

    def entry_text(self, alias):
        parser = configparser.RawConfigParser(interpolation=None)
        parser.optionxform = str
        parser.read(os.path.join(self.state, 'keystores', 'default', alias + '.keyfile'))
        return parser['Entry']

    def check_entry(self, alias=ENROLLED):
        """A whole entry: openssl finds the key of its certificate in it, and the CA verifies."""
        entry = self.entry_text(alias)
        der = os.path.join(self.work, 'key.der')
        leaf = os.path.join(self.work, 'leaf.pem')
        with open(der, 'wb') as out:
            out.write(base64.b64decode(entry['Key']))
        verified, output = pki.verify(entry['Chain'].replace('\\n', '\n'), self.server.ca_file,
                                      self.work)
        self.assertTrue(verified, output)
        self.assertEqual(pki.openssl('pkey', '-inform', 'DER', '-in', der, '-pubout'),
                         pki.openssl('x509', '-in', leaf, '-noout', '-pubkey'))

    def files_faults(self):
        """What does not belong into a state directory at rest."""
        faults = []
        for root, folders, files in os.walk(self.state):
            faults += [os.path.join(root, name) for name in folders + files
                       if name.startswith('.') or name.endswith('.broken')]
        for alias in self.entries():
            base, _, profile = alias.partition('@')
            if profile and not os.path.isdir(os.path.dirname(self.profile_file('x', profile))):
                faults.append('%s of no profile' % alias)
            elif base == REQUEST and not os.path.exists(
                    self.profile_file('transaction.keyfile', profile or 'default')):
                faults.append('%s of no transaction' % alias)
            elif base not in (REQUEST, ENROLLED, PREVIOUS) and not base.startswith('scep-cacerts_'):
                faults.append('%s is not known' % alias)
        return faults

    def check_at_rest(self):
        """A start clears away what the crash left, and what runs keeps its last state."""
        wait_for(lambda: not self.files_faults(),
                 lambda: '%s to go; %s' % (self.files_faults(), self.daemon.describe()))

    def check_enrolled(self, path=None, profile='default'):
        where = {'path': path} if path else {}
        alias = ENROLLED if profile == 'default' else '%s@%s' % (ENROLLED, profile)
        self.daemon.wait_state('enrolled', **where)
        wait_for(lambda: not os.path.exists(self.profile_file('transaction.keyfile', profile)),
                 'the transaction to end')
        self.assertTrue(self.daemon.get('Fingerprint', **where))
        self.check_entry(alias)

    # Common ways to a state

    def enable(self, **more):
        return dict(ConnectRetryInterval=5, RSAKeyLength=1024, Enabled=True,
                    **self.server.settings(**more))

    def make_base(self):
        """Where every run of the scenario begins; self.first is its daemon, ended."""
        self.first = self.daemon = self.machine.daemon(
            state=self.base, env={'ASAN_OPTIONS': 'detect_leaks=0'})
        self.prepare()
        self.daemon.stop()
        if self.from_nothing:
            shutil.rmtree(self.base)
            os.mkdir(self.base, 0o700)

    def trace_path(self):
        return os.path.join(self.machine.folder_for(DAEMON_USER, 'trace'), 'trace')

    def events(self, path):
        """Those of a daemon that has ended."""
        def text():
            with open(path) as trace_file:
                return trace_file.read()
        ended = re.compile(r'^%d +[+]{3} ' % self.daemon.process.pid, re.M)
        wait_for(lambda: ended.search(text()), 'the end of the trace')
        return durable.events(text(), self.state)

    def record(self):
        """The scenario without a crash; returns its calls and requests, as strace saw them."""
        path = self.trace_path()
        self.run_daemon(traced=path)
        self.until(self.is_up)
        self.act()
        self.daemon.stop()
        found = self.events(path)
        self.check_at_rest()
        return found

    def run_scenario(self):
        self.make_base()
        found = self.record()
        with self.subTest('order of writes'):
            self.assertEqual(durable.order_faults(found), [], found)
        with self.subTest('every call is a point'):
            self.assertCountEqual([repr(event) for event in found if event.call != 'send'],
                                  self.points())
        calls = [event.call for event in found]
        first = calls.index('send') + 1 if self.first_point == 'send' else 1
        for at in range(first, MOST_POINTS):
            with self.subTest(at=at):
                point = self.crash_at(at)
                if point is None:
                    # How often something is written depends on what is written in one go.
                    self.assertEqual(self.lasting(self.points()),
                                     self.lasting(map(repr, found)), 'the scenario ended early')
                    return
                try:
                    self.look_after(point)
                except AssertionError as error:
                    raise AssertionError('killed at %s: %s' % (point, error)) from error
                finally:
                    if self.daemon.process.running():
                        self.daemon.kill()
                    shutil.rmtree(self.state)
        self.fail('the scenario does not end')


class Settings(Crash):
    """Each Configure is there or not; what was answered is there."""

    from_nothing = True
    STEPS = [dict(SubjectDN='CN=old', RenewalThreshold=50, SubjectAltNames=['DNS:old.example.org']),
             dict(SubjectDN='CN=new', RenewalThreshold=60, SubjectAltNames=['DNS:new.example.org'],
                  ChallengePassword='sesame')]
    NOTHING = dict(SubjectDN='', RenewalThreshold=67, SubjectAltNames=[])

    def act(self):
        for step in self.STEPS:
            self.do(self.daemon.configure, **step)

    def check_after(self):
        values = {name: self.daemon.get(name) for name in self.NOTHING}
        steps = [self.NOTHING] + [{name: step[name] for name in self.NOTHING}
                                  for step in self.STEPS]
        self.assertIn(values, steps[self.acknowledged:self.acknowledged + 2])
        self.assertEqual(self.daemon.get('ChallengePasswordSet'), values == steps[2])

    def test_settings(self):
        self.run_scenario()


class Enrollment(Crash):
    """From the first start of the service to its first certificate."""

    from_nothing = True

    def act(self):
        self.do(self.daemon.configure, **self.enable())
        self.until(lambda: self.daemon.get('State') == 'enrolled')
        self.until(lambda: not self.files_faults() and not os.path.exists(
            self.profile_file('transaction.keyfile')))

    def check_left(self):
        if ENROLLED in self.entries():
            self.check_entry()

    def check_after(self):
        if not self.daemon.get('Enabled'):
            self.assertEqual(self.acknowledged, 0)
            self.daemon.configure(**self.enable())
        self.check_enrolled()

    def test_enrollment(self):
        self.run_scenario()


class Pending(Crash):
    """A server that answers later."""

    first_point = 'send'

    def serve(self):
        self.server.control(pending=1)

    def act(self):
        self.do(self.daemon.configure, **self.enable())
        self.until(lambda: self.daemon.get('State') == 'enrolled')
        self.until(lambda: not self.files_faults() and not os.path.exists(
            self.profile_file('transaction.keyfile')))

    def check_after(self):
        self.check_enrolled()

    def test_pending(self):
        self.run_scenario()


class Again(Crash):
    """Enroll() where there is a certificate: the old or the new one, at any instant."""

    def prepare(self):
        self.daemon.configure(**self.enable())
        self.daemon.wait_state('enrolled')
        type(self).old = self.daemon.get('Fingerprint')

    def act(self):
        self.do(self.daemon.method, 'Enroll')
        self.until(lambda: self.daemon.get('Fingerprint') != self.old
                   and self.daemon.get('State') == 'enrolled')
        self.until(lambda: not self.files_faults() and not os.path.exists(
            self.profile_file('transaction.keyfile')))

    def check_left(self):
        self.check_entry()

    def check_after(self):
        self.assertTrue(self.daemon.get('Fingerprint'))
        self.check_enrolled()
        if PREVIOUS in self.entries():
            self.check_entry(PREVIOUS)

    def test_again(self):
        self.run_scenario()


class Rollover(Crash):
    """The next CA is announced, takes over, and certifies the machine anew."""

    def prepare(self):
        self.daemon.configure(**self.enable())
        self.daemon.wait_state('enrolled')
        type(self).old = self.daemon.get('Fingerprint')

    def serve(self):
        self.server.control(rollover=0, next_ca='good')

    def record_names(self, word):
        with open(self.profile_file('trust.keyfile')) as record:
            return word in record.read()

    def is_certified_anew(self):
        return self.daemon.get('Fingerprint') != self.old and \
            self.daemon.get('State') == 'enrolled'

    def act(self):
        self.do(self.daemon.method, 'Check')
        self.until(lambda: self.record_names('pending'))
        self.until(lambda: self.daemon.get('NextAction'))
        self.server.control(rollover=1, next_ca='')
        self.do(self.daemon.method, 'Check')
        self.until(self.is_certified_anew)
        self.until(lambda: not self.files_faults() and not os.path.exists(
            self.profile_file('transaction.keyfile')))

    def check_left(self):
        self.check_entry()

    def check_after(self):
        self.assertTrue(self.daemon.get('Fingerprint'))
        if not self.record_names('rollover'):
            self.check_once()
            wait_for(lambda: self.record_names('pending'), self.daemon.describe)
        self.server.control(rollover=1, next_ca='')
        if not self.is_certified_anew():
            self.check_once()
            wait_for(self.is_certified_anew, self.daemon.describe)
        self.check_enrolled()
        # Whoever was killed between the record and the event tells of it afterwards.
        kinds = [event[1] for event in self.daemon.method('GetHistory')[0]]
        self.assertEqual(kinds.count('ca-rolled-over'), 1, kinds)

    def check_once(self):
        """Asks for a check, now or when the daemon has time."""
        def accepted():
            try:
                self.daemon.method('Check')
                return True
            except CallError as error:
                self.assertTrue(error.name.endswith('.Busy'), error)
                return False
        wait_for(accepted, self.daemon.describe)

    def test_rollover(self):
        self.run_scenario()


class Create(Crash):
    """The profile is there with its settings, or nothing of it is and it can be made."""

    PATH = PROFILES_PATH + '/second'
    SETTINGS = dict(SubjectDN='CN=second', RenewalThreshold=50)

    def create(self):
        self.daemon.manager('CreateProfile', '(sa{sv})', 'second', settings_variant(self.SETTINGS))

    def act(self):
        self.do(self.create)

    def check_after(self):
        there = any(profile[0] == 'second' for profile in self.daemon.manager('ListProfiles')[0])
        if not there:
            self.assertEqual(self.acknowledged, 0)
            self.assertFalse(os.path.exists(self.profile_file('', 'second')))
            self.create()
        self.assertEqual(self.daemon.get('SubjectDN', self.PATH), 'CN=second')
        self.assertEqual(self.daemon.get('RenewalThreshold', self.PATH), 50)

    def test_create(self):
        self.run_scenario()


class Delete(Crash):
    """The profile is there as it was, or nothing of it is."""

    PATH = PROFILES_PATH + '/second'

    def prepare(self):
        self.daemon.manager('CreateProfile', '(sa{sv})', 'second',
                            settings_variant(self.enable()))
        self.daemon.wait_state('enrolled', path=self.PATH)

    def act(self):
        self.do(self.daemon.manager, 'DeleteProfile', '(s)', 'second')
        self.until(lambda: not self.files_faults())

    def check_after(self):
        if any(profile[0] == 'second' for profile in self.daemon.manager('ListProfiles')[0]):
            self.assertEqual(self.acknowledged, 0)
            self.assertEqual(self.daemon.get('SubjectDN', self.PATH), 'CN=device-1')
            self.check_enrolled(self.PATH, 'second')
        else:
            self.check_at_rest()
            self.assertFalse([alias for alias in self.entries() if '@' in alias])
            self.assertFalse(os.path.exists(self.profile_file('', 'second')))

    def test_delete(self):
        self.run_scenario()


class Reset(Crash):
    """Everything goes, or nothing; the settings stay."""

    def prepare(self):
        self.daemon.configure(**self.enable())
        self.daemon.wait_state('enrolled')
        self.daemon.configure(Enabled=False)

    def act(self):
        self.do(self.daemon.method, 'Reset')

    def check_after(self):
        self.assertEqual(self.daemon.get('SubjectDN'), 'CN=device-1')
        self.assertTrue(self.daemon.get('ChallengePasswordSet'))
        intended = os.path.exists(self.profile_file('reset.keyfile'))
        wait_for(lambda: not os.path.exists(self.profile_file('reset.keyfile')), 'the reset')
        if self.daemon.get('Fingerprint') and not intended:
            self.assertEqual(self.acknowledged, 0)
            self.check_entry()
        else:
            wait_for(lambda: not self.entries(), lambda: '%s to go' % self.entries())
            self.assertFalse(os.path.exists(self.profile_file('trust.keyfile')))

    def test_reset(self):
        self.run_scenario()


if __name__ == '__main__':
    if shutil.which('strace') is None:
        skip_all('needs: apt-get install strace')
    main()
