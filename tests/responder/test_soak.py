#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Two minutes beside every server that the tables of behaviours know, all at once.

Each row of the tables has a server and a profile of its own, with the smallest interval.
Meanwhile the servers turn to what the rows say comes later, their CA expires, a user floods
the bus and the disk is full for a while. Whatever happens: no server is asked more often than
its interval allows, nobody's journal fills, the service goes on in the same process, its
memory and its descriptors are bounded, and it answers.
"""

import collections
import os
import re
import shutil
import subprocess
import sys
import threading
import time

from behaviours import attacks, client_bugs, quirks, words
from harness import (BUS_NAME, INTERFACE, PATH, PROFILES_PATH, CallError, MachineTest, main,
                     wait_for)
from harness.daemon import DAEMON_USER, settings_variant
from harness.machine import TEST_USER
from harness.namespace import mount, umount
from harness.process import as_user

from gi.repository import Gio, GLib

SECONDS = float(os.environ.get('SCEP_SOAK_SECONDS', '120'))
# From when to when, as parts of that.
TURN, FLOOD, FULL, QUIET = 0.25, (0.3, 0.45), (0.5, 0.65), 0.75
INTERVAL = 5                    # seconds, the smallest ConnectRetryInterval
ATTEMPTS_PER_MINUTE = 12
LINES_PER_MINUTE = 10
EXPIRING = 6                    # seconds that a CA lives
MAX_DESCRIPTORS = 512
# What one attempt may ask (design: section 7). A renewal has several ways.
REQUESTS_PER_ATTEMPT = {'GetCACaps': 1, 'GetCACert': 2, 'GetNextCACert': 1, 'PKIOperation': 6}
# What somebody on the bus asked for in these two minutes.
ASKED_FOR = 3
# One of these is asked for one attempt.
CALLS = ('Check', 'Renew')

# Seconds for Get State by root, 99 of 100; where the machine is busy with something else, so many
# times what the bus itself takes to answer.
SLOWEST, TIMES = 0.1, 10

# Whoever may do nothing asks for much, for so many seconds.
FLOODER = '''
import sys, time
from gi.repository import Gio, GLib
bus = Gio.DBusConnection.new_for_address_sync(
    Gio.dbus_address_get_for_bus_sync(Gio.BusType.SYSTEM, None),
    Gio.DBusConnectionFlags.AUTHENTICATION_CLIENT | Gio.DBusConnectionFlags.MESSAGE_BUS_CONNECTION,
    None, None)
loop, end, open_calls = GLib.MainLoop(), time.monotonic() + float(sys.argv[1]), set()
def begin(number):
    open_calls.add(number)
    bus.call(sys.argv[2], sys.argv[3], sys.argv[4] + '.Manager', 'CreateProfile',
             GLib.Variant('(sa{sv})', ('flood_%d' % number, {'SubjectDN': GLib.Variant('s', 'CN=x')})),
             None, Gio.DBusCallFlags.NONE, -1, None, on_answer, number)
def on_answer(connection, result, number):
    open_calls.discard(number)
    try:
        connection.call_finish(result)
        sys.exit('a call was allowed')
    except GLib.Error:
        pass
    if time.monotonic() < end:
        begin(number + 100)
    elif not open_calls:
        loop.quit()
for first in range(100):
    begin(first)
loop.run()
'''


def rows():
    for table in (quirks, client_bugs, attacks, words):
        for chapter in table.CHAPTERS:
            yield from (row for row in chapter.rows if row.expect is not None)


class Stopwatch(threading.Thread):
    """Root, who asks the service and the bus all the time, on a connection of his own."""

    QUESTIONS = {
        'service': (BUS_NAME, PATH, 'org.freedesktop.DBus.Properties', 'Get',
                    GLib.Variant('(ss)', (INTERFACE, 'State'))),
        'bus': ('org.freedesktop.DBus', '/org/freedesktop/DBus', 'org.freedesktop.DBus', 'GetId',
                None),
    }

    def __init__(self, address):
        super().__init__()
        self.address = address
        self.taken = []     # (whom, when, how long)
        self.failure = None
        self.done = threading.Event()

    def run(self):
        bus = Gio.DBusConnection.new_for_address_sync(
            self.address, Gio.DBusConnectionFlags.AUTHENTICATION_CLIENT
            | Gio.DBusConnectionFlags.MESSAGE_BUS_CONNECTION, None, None)
        while not self.done.wait(0.05):
            for whom, question in self.QUESTIONS.items():
                begun = time.monotonic()
                try:
                    bus.call_sync(*question, None, Gio.DBusCallFlags.NONE, 20000, None)
                except GLib.Error as error:
                    self.failure = '%s: %s' % (whom, error.message)
                    return
                self.taken.append((whom, begun, time.monotonic() - begun))

    def percentile(self, asked, share, begin, end):
        taken = sorted(seconds for whom, when, seconds in self.taken
                       if whom == asked and begin <= when < end)
        return taken[min(int(len(taken) * share), len(taken) - 1)] if taken else 0


class Soak(MachineTest):
    def setUp(self):
        self.state = self.machine.folder_for(DAEMON_USER, 'state')
        mount('-t', 'tmpfs', '-o', 'size=64m,mode=0700', 'scep-state', self.state)
        shutil.chown(self.state, DAEMON_USER, DAEMON_USER)
        self.addCleanup(umount, self.state)
        # A full disk is warned of; and what the tests call debug output no journal keeps.
        self.daemon = self.machine.daemon(state=self.state, env={
            'G_DEBUG': 'gc-friendly', 'G_MESSAGES_DEBUG': '',
            'ASAN_OPTIONS': os.environ.get('ASAN_OPTIONS', '') + ':quarantine_size_mb=4'})
        self.servers, self.kinds, self.created = {}, {}, {}
        self.addCleanup(self.stop_servers)

    def stop_servers(self):
        for server in self.servers.values():
            server.stop()

    # The servers and their profiles

    def fill(self, values, server):
        with open(server.ca_file) as pem:
            words_of = dict(server.words(), url=server.url, port=server.port,
                            base=server.url.removesuffix('/scep'), CA_PEM=pem.read())
        return {name: value.format(**words_of) if isinstance(value, str) else value
                for name, value in values.items()}

    def serve(self, name, settings, modes, **options):
        kind = tuple(sorted(options.items()))
        server = self.servers[name] = self.machine.responder(self.kinds.get(kind), **options)
        self.kinds.setdefault(kind, server)
        self.created[name] = time.monotonic()
        server.control(**self.fill(modes, server))
        values = {**server.settings(), **self.fill(settings, server), 'RSAKeyLength': 1024,
                  'ConnectRetryInterval': INTERVAL, 'Enabled': True}
        if values.get('AlgorithmPolicy') == 'strict':
            values['RSAKeyLength'] = 2048
        try:
            self.daemon.manager('CreateProfile', '(sa{sv})', name, settings_variant(values))
        except CallError:
            # A row about settings that are refused.
            self.servers.pop(name).stop()

    def begin(self):
        self.turns = {}
        begun = time.monotonic()
        for row in rows():
            name = row.id.replace('-', '_')
            self.serve(name, row.settings, row.modes, **row.server)
            self.turns[name] = dict(getattr(row.expect, 'then', {}))
        self.serve('expiring', {}, {}, lifetime=EXPIRING)
        self.serve('never_there', {'ServerEndpoint': 'http://127.0.0.1:1/scep'}, {})
        print('# %d servers in %.0f s' % (len(self.servers), time.monotonic() - begun))

    def turn(self):
        """What comes later, and an administrator who asks for it."""
        for name, server in self.servers.items():
            if self.turns.get(name):
                server.control(**self.fill(self.turns[name], server))
            for member in CALLS:
                try:
                    self.daemon.method(member, path='%s/%s' % (PROFILES_PATH, name))
                except CallError:
                    pass  # there is nothing to renew, or something runs

    # What happens meanwhile

    def flood(self, seconds):
        return subprocess.Popen(as_user(TEST_USER, [
            sys.executable, '-c', FLOODER, str(seconds), BUS_NAME, PATH, INTERFACE]),
            env=dict(os.environ, DBUS_SYSTEM_BUS_ADDRESS=self.machine.bus.address))

    def fill_disk(self):
        with open(os.path.join(self.state, 'filler'), 'wb', buffering=0) as out:
            try:
                while True:
                    out.write(bytes(65536))
            except OSError:
                pass

    def free_disk(self):
        os.unlink(os.path.join(self.state, 'filler'))

    def pause_until(self, part):
        """The daemon runs, and is looked at each second."""
        while time.monotonic() < self.started + part * SECONDS:
            self.daemon.process.check_running()
            self.descriptors = max(self.descriptors,
                                   len(os.listdir('/proc/%d/fd' % self.daemon.process.pid)))
            self.memory.append((time.monotonic() - self.started, self.resident()))
            time.sleep(1)

    def resident(self):
        with open('/proc/%d/status' % self.daemon.process.pid) as status:
            return int(re.search(r'RssAnon:\s+(\d+)', status.read()).group(1))

    # What is found

    def check_requests(self):
        for name, server in self.servers.items():
            minutes = (time.monotonic() - self.created[name]) / 60
            attempts = ATTEMPTS_PER_MINUTE * minutes + ASKED_FOR
            counts = collections.Counter(request['operation'] for request in server.requests())
            with self.subTest(requests=name):
                for operation, most in REQUESTS_PER_ATTEMPT.items():
                    self.assertLessEqual(counts[operation], most * attempts, counts)

    def check_log(self, minutes):
        lines = self.daemon.log().splitlines()
        per_profile = collections.Counter(
            match.group(1) for match in (re.search(r'Profile (\w+):', line) for line in lines)
            if match)
        most = LINES_PER_MINUTE * minutes
        self.assertEqual({name: count for name, count in per_profile.items() if count > most}, {})
        self.assertLessEqual(len(lines), most * (len(self.servers) + 1))

    def check_memory(self):
        """It does not grow any more in the last quarter."""
        before = max(kib for when, kib in self.memory if when < QUIET * SECONDS)
        after = self.memory[-1][1]
        print('# memory: at most %d KiB before, %d KiB at the end; descriptors: at most %d'
              % (before, after, self.descriptors))
        self.assertLessEqual(after, before * 1.1 + 4096)
        self.assertLessEqual(self.descriptors, MAX_DESCRIPTORS)

    def check_answers(self, watch):
        self.assertIsNone(watch.failure)
        for name, begin, end in (('at rest', QUIET, 1), ('under a flood', *FLOOD),
                                 ('with a full disk', *FULL)):
            span = self.started + begin * SECONDS, self.started + end * SECONDS
            median, slowest = (watch.percentile('service', share, *span) for share in (0.5, 0.99))
            bus = watch.percentile('bus', 0.99, *span)
            print('# Get State %s: median %.1f ms, 99 of 100 within %.1f ms; the bus itself %.1f ms'
                  % (name, 1000 * median, 1000 * slowest, 1000 * bus))
            # Under a flood it is answered, however long the queue is.
            if begin != FLOOD[0]:
                self.assertLessEqual(slowest, max(SLOWEST, TIMES * bus))

    def test_soak(self):
        pid, self.descriptors, self.memory = self.daemon.process.pid, 0, []
        watch, begun = Stopwatch(self.machine.bus.address), time.monotonic()
        self.begin()
        self.started = time.monotonic()
        watch.start()
        self.addCleanup(watch.join)
        self.addCleanup(watch.done.set)
        self.pause_until(TURN)
        self.turn()
        self.pause_until(FLOOD[0])
        flooder = self.flood((FLOOD[1] - FLOOD[0]) * SECONDS)
        self.pause_until(FLOOD[1])
        self.assertEqual(wait_for(lambda: flooder.poll() is not None and flooder.returncode == 0,
                                  'the flood to end'), True)
        self.pause_until(FULL[0])
        self.fill_disk()
        self.pause_until(FULL[1])
        self.free_disk()
        self.pause_until(1)
        minutes = (time.monotonic() - begun) / 60
        watch.done.set()
        watch.join()
        print('# %d servers, %.1f minutes' % (len(self.servers), minutes))
        self.assertEqual(self.daemon.process.pid, pid)
        self.check_answers(watch)
        self.check_memory()
        self.check_requests()
        self.check_log(minutes)
        self.daemon.stop()


if __name__ == '__main__':
    main()
