#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""An enrolled profile with nothing to do wakes nobody.

strace sees every system call of every thread; a thread that sleeps makes none.
What it sleeps for says that this goes on: no time-out, and one timer for what
comes next.
"""

import os
import re
import shutil
import subprocess
import time

from harness import MachineTest, main, wait_for
from harness.namespace import skip_all

# Threads that an enrollment needed end by themselves; then a window must be empty.
WINDOW = 15
WINDOWS = 4


class Idle(MachineTest):
    server_options = {}

    def trace(self, seconds, action=lambda: None):
        """What strace sees in this time: a line for each thread that sleeps, and more of others."""
        log = self.machine.new_path('strace')
        tracer = subprocess.Popen(['strace', '-f', '-q', '-o', log, '-p',
                                   str(self.daemon.process.pid)], stderr=subprocess.DEVNULL)
        try:
            wait_for(lambda: os.path.exists(log) and os.path.getsize(log) > 0, 'strace')
            action()
            time.sleep(seconds)
            self.assertIsNone(tracer.poll(), 'strace ended')
        finally:
            tracer.terminate()
            tracer.wait()
        with open(log, errors='replace') as lines:
            return lines.read().splitlines()

    def next_deadline(self):
        return self.daemon.get('NextActionTime') - time.time()

    def test_idle(self):
        self.daemon.configure(Enabled=True, **self.server.settings())
        self.daemon.wait_state('enrolled')
        self.assertGreater(self.next_deadline(), 3600)
        for _ in range(WINDOWS):
            ended = [line for line in self.trace(WINDOW) if ' = ' in line]
            if not ended:
                break
        self.assertEqual(ended, [], 'calls of a daemon that has nothing to do')

        # Woken once, it goes to sleep again without a time-out.
        calls = self.trace(1, lambda: self.daemon.get('State'))
        polls = [line for line in calls if re.search(r'\bp?poll\(', line)]
        self.assertTrue(polls, 'the call was not seen')
        last = {line.split()[0]: line for line in polls}
        for line in last.values():
            self.assertRegex(line, r'poll\(.*, (-1|NULL, NULL, \d+)( <|\))')


if __name__ == '__main__':
    if shutil.which('strace') is None:
        skip_all('needs: apt-get install strace')
    main()
