#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""systemd finds nothing wrong with the unit, and its sandbox is as tight as promised."""

import os
import re
import shutil
import subprocess
import tempfile

from checks import report

UNIT = 'scep-enrollment.service'
MOST = 1.5
LONGEST_STOP = 20  # seconds
BUS_CONNECTIONS = 2048  # of all users, by default: max_completed_connections


def analyze(*arguments):
    return subprocess.run(['systemd-analyze', *arguments], capture_output=True, text=True,
                          timeout=120, env=dict(os.environ, LC_ALL='C.UTF-8'))


def exposure_complaints(unit):
    result = analyze('security', '--offline=true', '--no-pager', unit)
    found = re.search(r'Overall exposure level for %s: ([0-9.]+)' % re.escape(UNIT), result.stdout)
    if not found:
        yield 'systemd-analyze security says nothing: ' + result.stderr.strip()
    elif float(found.group(1)) > MOST:
        yield 'the exposure is %s, at most %s is wanted' % (found.group(1), MOST)
        yield from (line for line in result.stdout.splitlines() if line.startswith('✗'))


def verify_complaints(unit):
    """Programs that are not installed yet are replaced by one that is."""
    with tempfile.TemporaryDirectory() as folder:
        copy = os.path.join(folder, UNIT)
        with open(unit) as source, open(copy, 'w') as target:
            target.write(re.sub(r'^(Exec\w+=\+?).*', r'\1/bin/true', source.read(), flags=re.M))
        result = analyze('verify', '--man=no', '--recursive-errors=no', copy)
        if result.returncode != 0 or UNIT in result.stderr:
            yield 'systemd-analyze verify: ' + result.stderr.strip()


def stop_complaints(unit):
    """A disk that hangs holds up nobody who shuts the machine down."""
    with open(unit) as source:
        found = re.search(r'^TimeoutStopSec=(\d+)s$', source.read(), re.M)
    if not found:
        yield 'there is no TimeoutStopSec= in seconds'
    elif int(found.group(1)) > LONGEST_STOP:
        yield 'TimeoutStopSec= is %s s' % found.group(1)


def files_complaints(unit):
    """Half of them is for calls that wait with a descriptor."""
    with open(unit) as source:
        found = re.search(r'^LimitNOFILE=(\d+)$', source.read(), re.M)
    if not found:
        yield 'there is no LimitNOFILE='
    elif int(found.group(1)) < 2 * BUS_CONNECTIONS:
        yield 'LimitNOFILE= is %s: the bus lets more connect' % found.group(1)


def main():
    unit = os.path.join(os.environ['SCEP_BUILD_DIR'], 'data', UNIT)
    if shutil.which('systemd-analyze') is None:
        print('1..0 # SKIP needs: apt-get install systemd')
        return
    report([('the exposure of the unit is at most %s' % MOST, list(exposure_complaints(unit))),
            ('the unit is understood', list(verify_complaints(unit))),
            ('a stop takes at most %d s' % LONGEST_STOP, list(stop_complaints(unit))),
            ('there are descriptors for all who call', list(files_complaints(unit)))])


main()
