#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""One enrolled profile at rest: its memory, also after somebody's large message, and that nothing
wakes it.

The kernel counts for every thread how often it went to sleep by itself; a
thread that was woken between two looks has a higher count at the second.
"""

import collections
import glob
import os
import time

from harness import INTERFACE, PATH, CallError, MachineTest, main

from gi.repository import GLib

# Threads and connections that an enrollment needed may stay for this long.
SETTLE = 25
WATCH = 20
MAX_PRIVATE_KIB = 4096
# As many as GDBus gets to see: each costs its sender four bytes and the service seventy times as
# much while it reads them.
MANY = 131000


class Rest(MachineTest):
    server_options = {}

    def status(self, field, task=None):
        path = '/proc/%d/%sstatus' % (self.daemon.process.pid,
                                      'task/%s/' % task if task is not None else '')
        with open(path) as status:
            return next(int(line.split()[1]) for line in status if line.startswith(field + ':'))

    def sleeps(self):
        """{(thread, its name): how often it has gone to sleep}"""
        counts = collections.Counter()
        for folder in glob.glob('/proc/%d/task/*' % self.daemon.process.pid):
            task = os.path.basename(folder)
            with open(folder + '/comm') as comm:
                counts[task, comm.read().strip()] = self.status('voluntary_ctxt_switches', task)
        return counts

    def test_at_rest(self):
        idle = self.status('RssAnon')
        self.daemon.configure(Enabled=True, **self.server.settings())
        self.daemon.wait_state('enrolled')
        at_once = self.status('RssAnon')
        time.sleep(SETTLE)
        private = self.status('RssAnon')
        before = self.sleeps()
        time.sleep(WATCH)
        woken = self.sleeps() - before
        print('# RssAnon: %d KiB before, %d KiB after an enrollment, %d KiB at rest, allowed %d KiB'
              % (idle, at_once, private, MAX_PRIVATE_KIB))
        print('# resident altogether: %d KiB; threads: %s' % (
            self.status('VmRSS'), ', '.join(sorted(name for _task, name in before))))
        print('# wake-ups in %d s: %d, allowed 0 %s' % (
            WATCH, sum(woken.values()), ' '.join('%s: %d' % (name, count)
                                                 for (_task, name), count in woken.items())))
        with self.subTest('memory'):
            self.assertLessEqual(private, MAX_PRIVATE_KIB)
        with self.subTest('wake-ups'):
            self.assertEqual(sum(woken.values()), 0)


    def test_large_message(self):
        """What nobody wanted is not kept."""
        before = self.status('RssAnon')
        values = GLib.Variant('(av)', ([GLib.Variant('y', 1)] * MANY,))
        with self.assertRaises(CallError):
            self.machine.bus.call(INTERFACE, PATH, INTERFACE, 'Nonsense', values)
        at_once = self.status('RssAnon')
        time.sleep(SETTLE)
        private = self.status('RssAnon')
        print('# RssAnon: %d KiB before %d small values, %d KiB after them, %d KiB at rest, '
              'allowed %d KiB' % (before, MANY, at_once, private, MAX_PRIVATE_KIB))
        self.assertLessEqual(private, MAX_PRIVATE_KIB)


if __name__ == '__main__':
    main()
