#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The demo, from a source and a build where only root may look, as in root's home; and what it
says where it may not make namespaces."""

import os
import subprocess
import sys
import tempfile

from harness import enter
from harness.namespace import INSIDE, mount, umount


def check_refusal():
    """Without a right to make namespaces it says so and ends with 1, and prints no line of TAP."""
    demo = os.path.join(os.environ['SCEP_SOURCE_DIR'], 'tests', 'demo', 'demo.py')
    without = ['setpriv', '--bounding-set=-sys_admin', '--inh-caps=-sys_admin']
    result = subprocess.run([*(without if os.geteuid() == 0 else []), sys.executable, demo],
                            capture_output=True, text=True)
    if result.returncode != 1 or result.stdout or 'namespaces' not in result.stderr:
        sys.exit('without namespaces: exit status %d, %s' % (
            result.returncode, result.stdout + result.stderr))


def main():
    with tempfile.TemporaryDirectory(prefix='scep-demo-') as private:  # of mode 0700
        places = {name: os.path.join(private, name.lower()) for name in
                  ('SCEP_SOURCE_DIR', 'SCEP_BUILD_DIR')}
        for name, path in places.items():
            os.mkdir(path)
            mount('--rbind', os.environ[name], path)
        source = places['SCEP_SOURCE_DIR']
        result = subprocess.run([sys.executable, source + '/tests/demo/demo.py'], env=dict(
            os.environ, PYTHONPATH=source + '/tests/lib', **places))
        for path in places.values():
            umount(path)
    sys.exit(result.returncode)


if __name__ == '__main__':
    if INSIDE not in os.environ:
        check_refusal()
    enter()
    main()
