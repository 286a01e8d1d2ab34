#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Who may do nothing can neither slow the service nor make it write."""

import json
import os
import sys
import time

from gi.repository import GLib

from harness import (BUS_NAME, CHALLENGE, DENIED, INTERFACE, MANAGER, PATH, CallError,
                     MachineTest, main)
from harness.machine import TEST_USER

LIMITS_EXCEEDED = 'org.freedesktop.DBus.Error.LimitsExceeded'

# Many calls at once, from one connection; prints how often each answer came.
FLOOD = '''
import collections, json, sys
from gi.repository import Gio, GLib
bus = Gio.bus_get_sync(Gio.BusType.SYSTEM, None)
answers, loop, calls = collections.Counter(), GLib.MainLoop(), int(sys.argv[1])
def on_answer(connection, result):
    try:
        connection.call_finish(result)
        answers['allowed'] += 1
    except GLib.Error as error:
        answers[Gio.DBusError.get_remote_error(error)] += 1
    if sum(answers.values()) == calls:
        loop.quit()
for number in range(calls):
    settings = {'SubjectDN': GLib.Variant('s', 'CN=' + 'x' * 900)}
    bus.call(sys.argv[2], sys.argv[3], sys.argv[4], 'CreateProfile',
             GLib.Variant('(sa{sv})', ('flood_%d' % number, settings)), None,
             Gio.DBusCallFlags.NONE, -1, None, on_answer)
loop.run()
print(json.dumps(answers))
'''
N_CALLS = 100  # a connection may wait for 128 replies


class Limits(MachineTest):
    def snapshot(self):
        """What is on the disk, and when it was written."""
        return {path: os.stat(path).st_mtime_ns
                for folder, _, files in os.walk(self.daemon.state_dir)
                for path in [folder, *(os.path.join(folder, name) for name in files)]}

    def flood(self):
        result = self.machine.run(sys.executable, '-c', FLOOD, str(N_CALLS),
                                  BUS_NAME, PATH, MANAGER, user=TEST_USER, check=True)
        return json.loads(result.stdout)

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
        answers = self.flood()
        self.assertEqual(sum(answers.values()), N_CALLS)
        self.assertLessEqual(set(answers), {DENIED, CHALLENGE, LIMITS_EXCEEDED})
        # No more than a few wait for polkit at once.
        self.assertGreater(answers.get(LIMITS_EXCEEDED, 0), N_CALLS // 2)
        self.assertEqual(self.snapshot(), before)
        started = time.monotonic()
        self.assertEqual(self.daemon.manager('ListProfiles'), ([('default', PATH)],))
        self.assertLess(time.monotonic() - started, 1)


if __name__ == '__main__':
    main()
