#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""How fast the bus answers while 20 enrollments with 4096-bit keys run; memory at rest."""

import time

from harness import PROFILES_PATH, MachineTest, main
from harness.daemon import settings_variant

PROFILES = 20
MAX_LATENCY = 0.005
MAX_PRIVATE_KIB = 4096


class Latency(MachineTest):
    server_options = {}

    def test_reads_while_enrolling(self):
        for number in range(PROFILES):
            self.daemon.manager('CreateProfile', '(sa{sv})', 'p%d' % number, settings_variant(
                self.server.settings(SubjectDN='CN=p%d' % number, RSAKeyLength=4096,
                                     Enabled=True)))
        latencies = []
        waiting = {'%s/p%d' % (PROFILES_PATH, number) for number in range(PROFILES)}
        deadline = time.monotonic() + 600
        while waiting and time.monotonic() < deadline:
            for path in list(waiting):
                begun = time.monotonic()
                state = self.daemon.get('State', path)
                latencies.append(time.monotonic() - begun)
                if state == 'enrolled':
                    waiting.discard(path)
        self.assertFalse(waiting)
        latencies.sort()
        high = latencies[len(latencies) * 99 // 100]
        print('# %d reads: median %.2f ms, 99th percentile %.2f ms, most %.2f ms' %
              (len(latencies), latencies[len(latencies) // 2] * 1000, high * 1000,
               latencies[-1] * 1000))
        self.assertLessEqual(high, MAX_LATENCY)

    def test_memory_at_rest(self):
        self.daemon.configure(Enabled=True, **self.server.settings())
        self.daemon.wait_state('enrolled')
        with open('/proc/%d/status' % self.daemon.process.pid) as status:
            private = next(int(line.split()[1]) for line in status if line.startswith('RssAnon'))
        print('# RssAnon %d KiB' % private)
        self.assertLessEqual(private, MAX_PRIVATE_KIB)


if __name__ == '__main__':
    main()
