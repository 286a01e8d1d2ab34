#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The files of the package without what it does: README.md says what is left to do."""

import os
import unittest

import tap
from booted_machine import UNIT, BootedTest, get, output, run, unit
from documents import blocks, execute
from harness import BUS_NAME

PACKAGE = '/srv/packages/first.deb'


class Source(BootedTest):
    @classmethod
    def setUpClass(cls):
        """What "meson install" puts into the root, of which the package was made."""
        run('sh', '-c', 'dpkg-deb --fsys-tarfile %s | tar -C / -x --keep-directory-symlink'
            % PACKAGE)

    def test_1_nothing_is_known_yet(self):
        self.assertNotEqual(run('getent', 'passwd', 'scep-enrollment', check=False).returncode, 0)
        self.assertNotEqual(run('systemctl', 'start', UNIT, check=False).returncode, 0)

    def test_2_what_is_left_to_do(self):
        found = blocks('/srv/source/README.md', 'installed')
        self.assertEqual(len(found), 1)
        result = execute(found[0], '/')
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        self.assertEqual(unit('ActiveState'), 'active')
        self.assertEqual(unit('UnitFileState'), 'enabled')
        self.assertEqual(get('State', user='nobody'), 'disabled')
        self.assertIn('Comm=scep-enrollment', output('busctl', '--no-pager', 'status', BUS_NAME))
        self.assertIn('4f6fb4be587026b1287f9f65dec8356f', output('journalctl', '--list-catalog'))


if __name__ == '__main__':
    assert os.path.exists(PACKAGE), 'this is not a machine made for the tests'
    unittest.TestCase.longMessage = True
    tap.main()
