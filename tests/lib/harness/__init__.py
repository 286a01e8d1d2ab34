# SPDX-License-Identifier: LGPL-2.1-or-later
"""A machine of its own for the suites that need the real thing.

Machine() is a private system-type bus with the project's bus policy, the real
polkitd with the project's actions, the daemon as its own user, and Debian's
scepserver, all inside namespaces that end with the test. Nothing of the host is
changed.

    from harness import MachineTest, main

    class Example(MachineTest):
        def test_state(self):
            self.assertEqual(self.daemon.get('State'), 'disabled')

    if __name__ == '__main__':
        main()
"""

from .namespace import check_tools, enter

check_tools()  # before the first import of gi

from .names import (ACTIONS, BUS_NAME, CHALLENGE, DENIED, ERROR,
                    INTERFACE, INVALID_ARGS, KEYSTORE, KEYSTORE_PATH, MANAGER, PATH,
                    PROFILES_PATH, PROPERTIES)
from .bus import CallError
from .process import Process, wait_for
from .machine import Machine, MachineTest, build_dir
from .scepserver import ScepServer
from . import pki


def main():
    """Runs the calling program's tests, in namespaces of its own, as TAP."""
    enter()
    import tap
    tap.main()
