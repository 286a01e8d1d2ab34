# SPDX-License-Identifier: LGPL-2.1-or-later
"""Namespaces for mounts, processes and the network, and what is mounted in them."""

import fcntl
import os
import shutil
import socket
import struct
import subprocess
import sys

# The name of a program that is no test, and so writes no TAP.
NO_TEST = 'SCEP_NO_TEST'
INSIDE = 'SCEP_TEST_NAMESPACE'
TOOLS = {
    'busctl': 'systemd', 'dbus-daemon': 'dbus-daemon', 'dbus-monitor': 'dbus-bin',
    'gdbus': 'libglib2.0-bin', 'openssl': 'openssl', 'scepserver': 'scep',
    'setpriv': 'util-linux', 'unshare': 'util-linux',
    '/usr/lib/polkit-1/polkitd': 'polkitd',
}


def skip_all(reason):
    """Skips the whole program; where CI is set nothing may be skipped. What is no test fails."""
    if os.environ.get(NO_TEST):
        sys.exit('%s: it %s' % (os.environ[NO_TEST], reason))
    if os.environ.get('CI') == 'true':
        print('1..1\nnot ok 1 - %s (CI=true: a skip is a failure)' % reason)
        sys.exit(1)
    print('1..0 # SKIP %s' % reason)
    sys.exit(0)


def check_tools():
    missing = sorted({package for tool, package in TOOLS.items() if shutil.which(tool) is None})
    try:
        import gi  # noqa: F401
    except ImportError:
        missing.append('python3-gi')
    if missing:
        skip_all('needs: apt-get install ' + ' '.join(missing))


def enter():
    """Runs the program again inside its namespaces; returns only there."""
    if os.environ.get(INSIDE):
        try:
            raise_loopback()
        except PermissionError:
            skip_all('needs the right to change a network of its own (CAP_NET_ADMIN)')
        return
    check_tools()
    if os.geteuid() != 0:
        skip_all('needs root, for namespaces and for the users of the bus')
    unshare = ['unshare', '--mount', '--net', '--pid', '--fork', '--kill-child', '--mount-proc',
               '--propagation', 'private']
    if subprocess.run([*unshare, 'true'], stderr=subprocess.DEVNULL).returncode != 0:
        skip_all('needs the right to create namespaces')
    os.environ[INSIDE] = '1'
    os.execvp('unshare', [*unshare, sys.executable, *sys.argv])


def raise_loopback():
    """ip link set lo up, without the tool"""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        request = bytearray(struct.pack('16sh14x', b'lo', 0))
        fcntl.ioctl(sock, 0x8913, request)
        flags = struct.unpack_from('16sh', request)[1]
        fcntl.ioctl(sock, 0x8914, struct.pack('16sh14x', b'lo', flags | 1))


def mount(*args):
    subprocess.run(['mount', *args], check=True)


def umount(target):
    subprocess.run(['umount', '--lazy', target], check=True)
