#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The demo, from a source and a build where only root may look, as in root's home."""

import os
import subprocess
import sys
import tempfile

from harness import enter
from harness.namespace import mount, umount


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
    enter()
    main()
