#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A thousand profiles in one daemon: their enrollment, a restart, the memory, and one
GetManagedObjects.

The daemon finds the settings of all of them at its start and enrolls them at once,
with keys that are ready, against the responder of the tests. What that leaves in the
state directory is what the other measurements begin with. Files are in memory: what
is compared with the limits are the programs.

Where the machine has other work to do, the minimum tells more than the median, and the
time for which there was a processor more than either.
"""

import os
import shutil
import statistics
import time

from harness import INTERFACE, PATH, PROFILES_PATH, MachineTest, build_dir, main, wait_for
from harness.daemon import DAEMON_USER

PROFILES = int(os.environ.get('SCEP_BENCH_PROFILES', '1000'))
KEYS = 16
RUNS = 5
CALLS = 15
PATIENCE = 300
SETTLE = 25

MIN_RATE = 50.0
MAX_START = 1.0
MAX_REPLY = 0.2
MAX_HELD = 0.005
MAX_PRIVATE_KIB = 24 * 1024


def spread(times):
    return 'least %.1f ms, median %.1f ms, most %.1f ms' % (
        min(times) * 1000, statistics.median(times) * 1000, max(times) * 1000)


class Thousand(MachineTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.responder = cls.machine.responder()
        cls.state = cls.machine.folder_for(DAEMON_USER, 'state')
        cls.make_keys()
        for number in range(PROFILES):
            cls.write_settings('p%d' % number)

    @classmethod
    def tearDownClass(cls):
        cls.responder.stop()
        super().tearDownClass()

    def setUp(self):
        """The daemons are started with what the test needs."""

    @classmethod
    def make_keys(cls):
        cls.keys = cls.machine.folder_for(DAEMON_USER, 'keys')
        for number in range(KEYS):
            path = os.path.join(cls.keys, '%d.pem' % number)
            cls.machine.run('openssl', 'genrsa', '-traditional', '-out', path, '2048', check=True)
            shutil.chown(path, DAEMON_USER)
        cls.preload = os.path.join(cls.keys, 'ready-key.so')
        shutil.copy(os.path.join(build_dir(), 'tests/bench/ready-key.so'), cls.preload)
        shutil.chown(cls.preload, DAEMON_USER)

    @classmethod
    def write_settings(cls, profile):
        """As the daemon itself writes what was set over the bus."""
        folder = os.path.join(cls.state, 'profiles', profile)
        settings = dict(cls.responder.settings(SubjectDN='CN=%s' % profile), Enabled='true')
        os.makedirs(folder, 0o700)
        path = os.path.join(folder, 'settings.keyfile')
        with open(path, 'w') as out:
            out.write('[Profile]\n')
            out.writelines('%s=%s\n' % setting for setting in settings.items())
        os.chmod(path, 0o600)
        for item in (os.path.dirname(folder), folder, path):
            shutil.chown(item, DAEMON_USER, DAEMON_USER)

    def start(self, **env):
        begun = time.monotonic()
        self.daemon = self.start_daemon(state=self.state, env={'G_MESSAGES_DEBUG': '', **env})
        return time.monotonic() - begun

    def proc(self, name):
        with open('/proc/%d/%s' % (self.daemon.process.pid, name)) as file:
            return file.read()

    def private_kib(self):
        return next(int(line.split()[1]) for line in self.proc('status').splitlines()
                    if line.startswith('RssAnon:'))

    @staticmethod
    def processor_time(process):
        """Seconds for which all threads of it have had a processor, those that ended too."""
        with open('/proc/%d/stat' % process.pid) as stat:
            fields = stat.read().rsplit(')', 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf('SC_CLK_TCK')

    def connections(self):
        """How many connections to the responder are open."""
        port = ':%04X' % self.responder.port
        with open('/proc/net/tcp') as table:
            rows = [line.split() for line in table]
        return sum(row[2].endswith(port) and row[3] == '01' for row in rows)

    def loop_time(self):
        """Seconds for which the main loop's thread has had a processor."""
        return int(self.proc('task/%d/schedstat' % self.daemon.process.pid).split()[0]) / 1e9

    def enrolled(self):
        return sum(properties[INTERFACE]['State'] == 'enrolled'
                   for path, properties in self.managed_objects().items()
                   if path.startswith(PROFILES_PATH))

    def managed_objects(self):
        return self.daemon.call(PATH, 'org.freedesktop.DBus.ObjectManager', 'GetManagedObjects')[0]

    def rested(self):
        """The main loop has nothing to do any more."""
        before = self.loop_time()
        time.sleep(0.3)
        return self.loop_time() - before < 0.001

    def test_1_enrollment(self):
        ends, connections = {}, []

        def on_enrolled(_connection, _sender, path, *_):
            ends[path] = time.monotonic()

        def all_enrolled():
            connections.append(self.connections())
            return len(ends) == PROFILES

        connection = self.machine.bus.connection
        subscription = connection.signal_subscribe(None, INTERFACE, 'Enrolled', None, None, 0,
                                                   on_enrolled)
        self.start(LD_PRELOAD=self.preload, READY_KEYS=self.keys, N_KEYS=str(KEYS))
        begun = time.monotonic()
        wait_for(all_enrolled, lambda: '%d are enrolled\n%s' % (
            len(ends), self.daemon.log()[-2000:]), PATIENCE)
        spent = [self.processor_time(process) * 1000 / PROFILES for process in (
            self.daemon.process, self.responder.process, self.machine.bus.process)]
        connection.signal_unsubscribe(subscription)
        took = max(ends.values()) - begun
        self.assertEqual(self.enrolled(), PROFILES)
        print('# %d enrollments in %.1f s: %.1f a second, wanted %.0f' % (
            PROFILES, took, PROFILES / took, MIN_RATE))
        print('# processor time of one: %.1f ms here, %.1f ms of the server, %.1f ms of the bus'
              % tuple(spent))
        print('# the main loop calculates for %.1f ms of it; connections at once: %d at most' % (
            self.loop_time() * 1000 / PROFILES, max(connections)))
        at_once = self.private_kib()
        time.sleep(SETTLE)
        print('# RssAnon: %d KiB then, %d KiB at rest' % (at_once, self.private_kib()))
        self.daemon.stop()
        self.assertGreaterEqual(PROFILES / took, MIN_RATE)

    def test_2_start(self):
        starts, first, busy = [], [], []
        for _run in range(RUNS):
            starts.append(self.start())
            first.append(self.loop_time())
            wait_for(self.rested)
            busy.append(self.loop_time())
            self.daemon.stop()
        print('# from the start to the name: %s; allowed %.0f ms' % (
            spread(starts), MAX_START * 1000))
        print('# processor time until then: %s' % spread(first))
        print('# and until the main loop rests: %s' % spread(busy))
        self.assertLessEqual(min(starts), MAX_START)

    def test_3_managed_objects(self):
        self.start()
        wait_for(self.rested)
        replies, held = [], []
        for number in range(CALLS):
            # Another reply each third time, so that what is kept of it is made anew.
            if number % 3 == 0:
                self.daemon.set('RenewalThreshold', 60 + number, '%s/p%d' % (PROFILES_PATH, number))
            before, begun = self.loop_time(), time.monotonic()
            reply = self.machine.bus.call(INTERFACE, PATH, 'org.freedesktop.DBus.ObjectManager',
                                          'GetManagedObjects')
            replies.append(time.monotonic() - begun)
            held.append(self.loop_time() - before)
        count = sum(len(properties) for interfaces in reply.unpack()[0].values()
                    for properties in interfaces.values())
        print('# GetManagedObjects, %d properties in %d KiB: %s; allowed %.0f ms' % (
            count, reply.get_size() // 1024, spread(replies), MAX_REPLY * 1000))
        print('# the main loop was busy with it for: %s; allowed %.0f ms' % (
            spread(held), MAX_HELD * 1000))
        self.daemon.stop()
        with self.subTest('reply'):
            self.assertLessEqual(min(replies), MAX_REPLY)
        with self.subTest('main loop'):
            self.assertLessEqual(statistics.median(held), MAX_HELD)

    def test_4_memory(self):
        self.start()
        at_once = self.private_kib()
        wait_for(self.rested)
        self.managed_objects()
        time.sleep(SETTLE)
        private = self.private_kib()
        print('# RssAnon: %d KiB with the name, %d KiB at rest, allowed %d KiB' % (
            at_once, private, MAX_PRIVATE_KIB))
        self.daemon.stop()
        self.assertLessEqual(private, MAX_PRIVATE_KIB)


if __name__ == '__main__':
    main()
