#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Says in one line what a run of "meson test" came to.

summary.py LOG_DIR: counts in LOG_DIR/testlog.json. Meson's JUnit file is not XML where a
failed test printed a control character. Ends with 0 if something passed, nothing failed,
and nothing was skipped where CI=true.
"""
import json
import os
import re
import sys

RESULT = re.compile(r'^( *)(not )?ok\b(.*)$')
SKIP = re.compile(r'#\s*SKIP\b', re.IGNORECASE)
GOOD = ('OK', 'SKIP', 'EXPECTEDFAIL')


def read_results(output):
    """Yields 'passed', 'failed' or 'skipped' of each test that TAP tells of; the line of a
    group, which comes after its subtests and less indented, is none."""
    deepest = 0
    for line in output.splitlines():
        match = RESULT.match(line)
        if match is None:
            continue
        indent, is_group = len(match[1]), len(match[1]) < deepest
        deepest = indent
        if is_group:
            continue
        if match[2]:
            yield 'failed'
        else:
            yield 'skipped' if SKIP.search(match[3]) else 'passed'


def count_program(program):
    """Returns (passed, failed, skipped). One that ended before it could name its tests, or
    that failed beside them, is one failure; one that names none and ends well is one test."""
    results = list(read_results(program.get('stdout') or ''))
    if not results and program['result'] in ('OK', 'EXPECTEDFAIL'):
        results = ['passed']
    failed, skipped = results.count('failed'), results.count('skipped')
    if program['result'] not in GOOD:
        failed = max(failed, 1)
    if program['result'] == 'SKIP':
        skipped = max(skipped, 1)
    return results.count('passed'), failed, skipped


def count_run(lines):
    counts = [count_program(json.loads(line)) for line in lines]
    return tuple(sum(column) for column in zip(*counts)) or (0, 0, 0)


def main():
    try:
        with open(os.path.join(sys.argv[1], 'testlog.json'), encoding='utf-8') as log:
            passed, failed, skipped = count_run(log)
    except OSError as error:
        print(f'{error.filename}: {error.strerror}', file=sys.stderr)
        passed, failed, skipped = 0, 1, 0
    print(f'{passed} passed, {failed} failed, {skipped} skipped')
    in_ci = os.environ.get('CI') == 'true'
    return 1 if failed > 0 or passed == 0 or (in_ci and skipped > 0) else 0


if __name__ == '__main__':
    sys.exit(main())
