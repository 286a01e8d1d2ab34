#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""How fast a property is read while 20 enrollments with 4096-bit keys run.

Reads are paced, as callers come one by one: a loop without pauses would make
most of its reads in the quiet moments. Every read of the daemon is followed by
a call that the bus itself answers, so that the machine's part in it is seen.
"""

import time

from harness import PROFILES_PATH, MachineTest, main
from harness.daemon import settings_variant

PROFILES = 20
PACE = 0.004
MAX_LATENCY = 0.005
PATIENCE = 600


class Series:
    def __init__(self):
        self.times = []

    def measure(self, function, *args):
        begun = time.monotonic()
        result = function(*args)
        self.times.append(time.monotonic() - begun)
        return result

    def share(self, percent):
        ordered = sorted(self.times)
        return ordered[min(len(ordered) * percent // 100, len(ordered) - 1)]

    def __str__(self):
        return '%d calls: median %.2f ms, 99th percentile %.2f ms, most %.2f ms' % (
            len(self.times), self.share(50) * 1000, self.share(99) * 1000, max(self.times) * 1000)


class Latency(MachineTest):
    server_options = {}

    def ask_bus(self):
        self.machine.bus.call('org.freedesktop.DBus', '/org/freedesktop/DBus',
                              'org.freedesktop.DBus', 'GetId')

    def test_reads_while_enrolling(self):
        for number in range(PROFILES):
            self.daemon.manager('CreateProfile', '(sa{sv})', 'p%d' % number, settings_variant(
                self.server.settings(SubjectDN='CN=p%d' % number, RSAKeyLength=4096,
                                     Enabled=True)))
        daemon, bus = Series(), Series()
        waiting = ['%s/p%d' % (PROFILES_PATH, number) for number in range(PROFILES)]
        begun = time.monotonic()
        while waiting and time.monotonic() < begun + PATIENCE:
            path = waiting.pop(0)
            if daemon.measure(self.daemon.get, 'State', path) != 'enrolled':
                waiting.append(path)
            bus.measure(self.ask_bus)
            time.sleep(PACE)
        self.assertFalse(waiting, 'all profiles are enrolled in the end')
        print('# %d enrollments in %.1f s' % (PROFILES, time.monotonic() - begun))
        print('# the daemon, %s' % daemon)
        print('# the bus,    %s' % bus)
        print('# 99th percentile of the daemon: %.2f ms, allowed %.2f ms' %
              (daemon.share(99) * 1000, MAX_LATENCY * 1000))
        self.assertLessEqual(daemon.share(99), MAX_LATENCY)


if __name__ == '__main__':
    main()
