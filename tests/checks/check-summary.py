#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The line that "./dev test" ends with is right also for what fails in odd ways."""
import json
import os
import subprocess
import sys
import tempfile

import checks

SUMMARY = os.path.join(checks.ROOT, 'tests', 'checks', 'summary.py')

# (what it is, the programs' results and outputs, CI, the line, the exit status)
CASES = (
    ('all passed', [('OK', '1..2\nok 1 - a\nok 2 - b\n')], False, '2 passed, 0 failed, 0 skipped', 0),
    ('control characters in a failure', [('FAIL', '1..2\nok 1 - a\n# \x00\x01\x1b[2J\nnot ok 2 - b \x07\n')],
     False, '1 passed, 1 failed, 0 skipped', 1),
    ('a crash before the first test', [('ERROR', ''), ('OK', 'ok 1\n')], False, '1 passed, 1 failed, 0 skipped', 1),
    ('a crash after a test', [('ERROR', '1..2\nok 1 - a\n')], False, '1 passed, 1 failed, 0 skipped', 1),
    ('a time-out without any output', [('TIMEOUT', None)], False, '0 passed, 1 failed, 0 skipped', 1),
    ('a skip on a developer’s machine', [('OK', 'ok 1 - a\nok 2 - b # SKIP no valgrind\n')], False,
     '1 passed, 0 failed, 1 skipped', 0),
    ('a skip in CI', [('OK', 'ok 1 - a\nok 2 - b # SKIP no valgrind\n')], True, '1 passed, 0 failed, 1 skipped', 1),
    ('a program that skips itself', [('SKIP', '1..0 # SKIP no bus\n'), ('OK', 'ok 1\n')], False,
     '1 passed, 0 failed, 1 skipped', 0),
    ('a program without TAP', [('OK', 'Enrolled and verified.\n')], False,
     '1 passed, 0 failed, 0 skipped', 0),
    ('groups of GLib 2.84 are no tests of their own',
     [('OK', 'TAP version 14\n# Subtest: a\n    ok 1 b\n    ok 2 c\n    1..2\nok 1 a\nok 2 d\n1..2\n')], False,
     '3 passed, 0 failed, 0 skipped', 0),
    ('no test at all', [], False, '0 passed, 0 failed, 0 skipped', 1),
    ('no log, as the build failed', None, False, '0 passed, 1 failed, 0 skipped', 1),
)


def run_case(programs, in_ci):
    with tempfile.TemporaryDirectory() as folder:
        if programs is not None:
            with open(os.path.join(folder, 'testlog.json'), 'w', encoding='utf-8') as log:
                for result, output in programs:
                    program = {'name': 'p', 'result': result}
                    if output is not None:
                        program['stdout'] = output
                    log.write(json.dumps(program) + '\n')
        environment = dict(os.environ, CI='true' if in_ci else '')
        ended = subprocess.run([sys.executable, SUMMARY, folder], stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, text=True, env=environment, check=False)
    return ended.stdout.splitlines()[-1] if ended.stdout else ended.stderr, ended.returncode


def check(programs, in_ci, line, status):
    found = run_case(programs, in_ci)
    return [] if found == (line, status) else ['%s, exit status %d' % found]


checks.report((name, check(*case)) for name, *case in CASES)
