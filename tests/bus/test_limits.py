#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Who may do nothing can neither slow the service nor make it write."""

import json
import os
import signal
import subprocess
import sys
import threading

from harness import (ACTIONS, BUS_NAME, CHALLENGE, DENIED, ERROR, INTERFACE, KEYSTORE, KEYSTORE_PATH,
                     MANAGER, PATH, CallError, MachineTest, main, wait_for)
from harness.bus import call
from harness.fuse import SilentFiles
from harness.machine import TEST_USER
from harness.process import as_user
from harness.raw import flood

from gi.repository import GLib

LIMITS_EXCEEDED = 'org.freedesktop.DBus.Error.LimitsExceeded'

# Many calls at once, evenly from some connections of one user; prints how often each answer came,
# and before that a line when the refusals that need no decision are there.
FLOOD = '''
import collections, json, sys
from gi.repository import Gio, GLib
address = Gio.dbus_address_get_for_bus_sync(Gio.BusType.SYSTEM, None)
buses = [Gio.DBusConnection.new_for_address_sync(
    address, Gio.DBusConnectionFlags.AUTHENTICATION_CLIENT
    | Gio.DBusConnectionFlags.MESSAGE_BUS_CONNECTION, None, None) for _ in range(int(sys.argv[5]))]
answers, loop, calls = collections.Counter(), GLib.MainLoop(), int(sys.argv[1])
def on_answer(connection, result):
    try:
        connection.call_finish(result)
        answers['allowed'] += 1
    except GLib.Error as error:
        answers[Gio.DBusError.get_remote_error(error)] += 1
    if answers[LIMITS_EXCEEDED] == int(sys.argv[6]):
        print('refused', file=sys.stderr, flush=True)
    if sum(answers.values()) == calls:
        loop.quit()
for number in range(calls):
    settings = {'SubjectDN': GLib.Variant('s', 'CN=' + 'x' * 900)}
    buses[number % len(buses)].call(sys.argv[2], sys.argv[3], sys.argv[4], 'CreateProfile',
                                    GLib.Variant('(sa{sv})', ('flood_' + str(number), settings)),
                                    None, Gio.DBusCallFlags.NONE, -1, None, on_answer)
loop.run()
print(json.dumps(answers))
'''.replace('LIMITS_EXCEEDED', repr(LIMITS_EXCEEDED))
N_CALLS = 100  # a connection may wait for 128 replies
MAX_PER_USER = 8  # calls that wait for polkit
STOP = 5  # seconds
N_CONNECTIONS = 100  # a user may have 256


class Limits(MachineTest):
    def snapshot(self):
        """What is on the disk, and when it was written."""
        return {path: os.stat(path).st_mtime_ns
                for folder, _, files in os.walk(self.daemon.state_dir)
                for path in [folder, *(os.path.join(folder, name) for name in files)]}

    @staticmethod
    def flood_command(calls, connections, refused):
        return [sys.executable, '-c', FLOOD, str(calls), BUS_NAME, PATH, MANAGER,
                str(connections), str(refused)]

    def begin_flood(self, calls, connections, refused):
        """The process, when so many of its calls are refused."""
        env = dict(os.environ, DBUS_SYSTEM_BUS_ADDRESS=self.machine.bus.address)
        command = as_user(TEST_USER, self.flood_command(calls, connections, refused))
        child = subprocess.Popen(command, env=env, cwd='/', stdout=subprocess.PIPE,
                                 stderr=subprocess.PIPE, text=True)
        line = child.stderr.readline()
        self.assertEqual(line, 'refused\n', child.stdout.read() if not line else '')
        return child

    def stop_polkit(self):
        """It keeps those waiting who ask it."""
        polkit = self.machine.polkit.process.child
        polkit.send_signal(signal.SIGSTOP)
        self.addCleanup(polkit.send_signal, signal.SIGCONT)
        return polkit

    def test_large_arguments(self):
        """Refused before anybody is asked, whoever it is."""
        before = self.snapshot()
        large = GLib.Variant('(a{sv})', ({'SubjectDN': GLib.Variant('s', 'x' * 600000)},))
        with self.assertRaises(CallError) as caught:
            self.machine.tester.call(PATH, INTERFACE, 'Configure', large)
        self.assertEqual(caught.exception.name, LIMITS_EXCEEDED)
        self.assertEqual(self.snapshot(), before)

    def test_flood(self):
        """Every call has its answer, none of them reaches the disk, and others are served."""
        self.machine.forbid()
        before = self.snapshot()
        polkit = self.stop_polkit()
        # No more than a few wait for polkit at once.
        flood = self.begin_flood(N_CALLS, 1, N_CALLS - MAX_PER_USER)
        self.assertEqual(self.daemon.manager('ListProfiles'), ([('default', PATH)],))
        self.assertEqual(self.snapshot(), before)
        polkit.send_signal(signal.SIGCONT)
        answers = json.loads(flood.communicate()[0])
        self.assertEqual(answers.pop(LIMITS_EXCEEDED), N_CALLS - MAX_PER_USER)
        self.assertEqual(sum(answers.values()), MAX_PER_USER)
        self.assertLessEqual(set(answers), {DENIED, CHALLENGE})
        self.assertEqual(self.snapshot(), before)

    def test_flood_of_connections(self):
        """A user gains nothing by connecting more often, and does not keep root out."""
        self.machine.forbid()
        before = self.snapshot()
        polkit = self.stop_polkit()
        calls = 2 * N_CONNECTIONS
        flood = self.begin_flood(calls, N_CONNECTIONS, calls - MAX_PER_USER)
        self.assertEqual(self.snapshot(), before)
        self.daemon.manager('CreateProfile', '(sa{sv})', 'by_root', {})
        self.daemon.manager('DeleteProfile', '(s)', 'by_root')
        polkit.send_signal(signal.SIGCONT)
        answers = json.loads(flood.communicate()[0])
        self.assertEqual(answers, {LIMITS_EXCEEDED: calls - MAX_PER_USER, CHALLENGE: MAX_PER_USER})
        self.assertEqual(set(self.snapshot()), set(before))


MIB = 1024 * 1024
# What nobody may make the daemon grow by, sanitizers included: a message that is not read.
MAX_GROWTH_KIB = 4096


class LongMessages(MachineTest):
    """As many small values as the bus carries, from one who may send them to anybody."""

    def flood(self, destination=BUS_NAME, **what):
        return flood(self.machine.bus.address, TEST_USER, destination, PATH, INTERFACE, 'Configure',
                     library=self.machine.library, **what)

    def peak(self):
        with open('/proc/%d/status' % self.daemon.process.pid) as status:
            return next(int(line.split()[1]) for line in status if line.startswith('VmHWM:'))

    def forget_peak(self):
        with open('/proc/%d/clear_refs' % self.daemon.process.pid, 'w') as refs:
            refs.write('5')

    def open_files(self):
        return sorted(os.listdir('/proc/%d/fd' % self.daemon.process.pid))

    def check_small(self, expected, **what):
        """It answers as expected, does not grow, and goes on as ever."""
        self.daemon.get('State')
        files = self.open_files()
        self.forget_peak()
        before = self.peak()
        self.assertEqual(self.flood(**what), expected)
        self.assertEqual(self.daemon.get('State'), 'disabled')
        self.assertLess(self.peak() - before, MAX_GROWTH_KIB)
        self.assertEqual(self.open_files(), files)
        self.assertTrue(self.daemon.process.running())

    def test_call(self):
        self.check_small({LIMITS_EXCEEDED: 1}, length=MIB // 2 + 1024)
        self.check_small({LIMITS_EXCEEDED: 1}, length=2 * MIB)
        self.check_small({LIMITS_EXCEEDED: 1}, length=31 * MIB)
        self.check_small({LIMITS_EXCEEDED: 1}, length=31 * MIB, signature='a(gggggggg)')

    def test_signal(self):
        name = self.daemon.owner()
        self.check_small({}, destination=name, signal=True, length=2 * MIB)
        self.check_small({}, destination=name, signal=True, length=31 * MIB)
        self.check_small({}, destination=name, signal=True, length=2 * MIB, fds=3)

    def test_burst(self):
        self.check_small({LIMITS_EXCEEDED: 50}, length=MIB, messages=50, connections=5)

    def test_descriptors(self):
        """None of a refused call stays, and none of another one is lost."""
        self.check_small({LIMITS_EXCEEDED: 20}, length=MIB, messages=20, connections=2, fds=3)
        self.machine.permit(*ACTIONS)
        caller = self.machine.tester
        for secret in (b'one', b'two'):
            caller.call(PATH, INTERFACE, 'SetChallengePassword', GLib.Variant('(h)', (0,)), [secret])
            self.flood(length=MIB, fds=3)
            options = GLib.Variant('(sa{sv})', (secret.decode(), {}))
            caller.call(KEYSTORE_PATH, KEYSTORE, 'CreateKeyPair', options)
            _reply, fds = caller.call(KEYSTORE_PATH, KEYSTORE, 'ExportKeyPair',
                                      GLib.Variant('(s)', (secret.decode(),)))
            self.assertIn(b'BEGIN PRIVATE KEY', fds[0].data)
            self.assertTrue(self.daemon.get('ChallengePasswordSet'))

    def test_many_descriptors(self):
        """More than the kernel allows one to have on their way: those wait that do not fit."""
        self.daemon.stop()
        self.daemon.command = ['prlimit', '--nofile=128:128', *self.daemon.command]
        self.daemon.start()
        for _ in range(3):
            self.flood(self.daemon.owner(), signal=True, length=100, messages=400, connections=4,
                       fds=16)
            # The bus refuses what does not fit into its queue.
            wait_for(self.is_served, 'an answer')

    def peak_of_open_files(self, **what):
        """How many files the daemon had open while it was flooded, and what it answered."""
        answers, peak = {}, 0
        flooder = threading.Thread(target=lambda: answers.update(self.flood(**what)))
        flooder.start()
        while flooder.is_alive():
            peak = max(peak, len(self.open_files()))
        flooder.join()
        return peak, answers

    def test_waiting_descriptors(self):
        """Calls wait without those that they cannot need, and few with one."""
        files = len(self.open_files())
        # No method takes these arguments; a variant is none, and an array of handles may be.
        for signature, limit in (('av', 4), ('ah', 64)):
            peak, answers = self.peak_of_open_files(length=0, signature=signature, messages=400,
                                                    connections=4, fds=16)
            self.assertEqual(sum(answers.values()), 400)
            self.assertLess(peak - files, 16 + limit, answers)

    def is_served(self):
        self.daemon.process.check_running()
        try:
            return self.daemon.get('State') == 'disabled'
        except CallError:
            return False

    def test_trusted_certificates(self):
        """A bundle as long as all that Debian trusts is read, and looked at."""
        bundle = '-----BEGIN CERTIFICATE-----\n' + 220 * 1024 * 'A'
        with self.assertRaises(CallError) as caught:
            self.daemon.configure(TLSCACertificates=bundle)
        self.assertEqual(caught.exception.name,
                         'org.example.SCEPEnrollment.Error.InvalidSetting')


class SilentDescriptors(MachineTest):
    """What can be opened and never read takes nobody's time."""

    def set_challenge(self, fd):
        call(self.machine.bus.connection, BUS_NAME, PATH, INTERFACE, 'SetChallengePassword',
             GLib.Variant('(h)', (0,)), [fd])

    def files(self, **how):
        files = SilentFiles(self.machine.sub('silent'), **how)
        self.addCleanup(files.stop)
        return files, files.open()

    def test_refused(self):
        files, fd = self.files()
        message = self.assert_call_fails(ERROR + 'InvalidSetting', self.set_challenge, fd)
        self.assertIn('FUSE', message)
        self.assertFalse(files.asked.is_set())

    def test_no_answer(self):
        """Not even of what kind it is: others are served, and a stop waits for nobody."""
        self.daemon.stop()
        # Looking for leaks stops all threads first, and this one cannot be stopped.
        self.daemon.extra_env = {'ASAN_OPTIONS': 'detect_leaks=0'}
        self.daemon.start()
        files, fd = self.files(statfs=False)
        self.assert_call_fails(ERROR + 'Timeout', self.set_challenge, fd)
        self.assertTrue(files.asked.is_set())
        self.machine.permit(*ACTIONS)
        self.machine.tester.call(PATH, INTERFACE, 'SetChallengePassword',
                                 GLib.Variant('(h)', (0,)), [b'sesame'])
        self.assertTrue(self.daemon.get('ChallengePasswordSet'))
        # The kernel keeps the process until the request is answered. On the bus it is gone.
        self.daemon.process.child.send_signal(signal.SIGTERM)
        wait_for(lambda: self.daemon.owner() is None, 'the daemon to end', timeout=STOP)
        files.stop()
        self.daemon.ended = True
        self.assertEqual(self.daemon.process.stop(), 0)


# So many connections that each make interactive calls and go while polkit is asked about them.
VANISH = '''
import sys
from harness import raw
_, address, destination, path, interface, connections, calls = sys.argv
for _ in range(int(connections)):
    connection = raw.Connection(address)
    for number in range(int(calls)):
        data = raw.message(raw.CALL, raw.SENT + number, destination, path, interface, 'Enroll')
        connection.send(data[:2] + bytes((raw.ALLOW_INTERACTION,)) + data[3:])
    ping = raw.SENT + int(calls)
    connection.send(raw.message(raw.CALL, ping, destination, path, 'org.freedesktop.DBus.Peer', 'Ping'))
    while connection.next_reply()[0] != ping:
        pass
    connection.socket.close()
'''


class VanishingCallers(MachineTest):
    def test_others_are_asked_about(self):
        """Whoever may do it is never told that he may not, and the journal is not filled."""
        self.machine.permit(BUS_NAME + '.configure')
        command = [sys.executable, '-c', VANISH, self.machine.bus.address, BUS_NAME, PATH,
                   INTERFACE, '300', '8']
        child = subprocess.Popen(as_user(TEST_USER, command), cwd='/',
                                 env=dict(os.environ, PYTHONPATH=self.machine.library))
        errors = set()
        while child.poll() is None:
            errors.add(self.configure_error())
        self.assertEqual(child.returncode, 0)
        self.assertLessEqual(errors, {None, LIMITS_EXCEEDED})
        wait_for(lambda: self.configure_error() is None, 'the places to be free')
        self.assertNotIn('WARNING', self.daemon.log())

    def configure_error(self):
        try:
            self.machine.tester.call(PATH, INTERFACE, 'Configure', GLib.Variant('(a{sv})', ({},)))
        except CallError as error:
            return error.name
        return None


if __name__ == '__main__':
    main()
