# SPDX-License-Identifier: LGPL-2.1-or-later
"""A network beside the loopback, in the namespace of the test."""

import fcntl
import os
import socket
import struct

ADDRESS = '192.0.2.1'   # of this machine (RFC 5737)
NEIGHBOUR = '192.0.2.9'  # a machine that never answers

TUNSETIFF = 0x400454ca
IFF_TUN_NO_PI = 0x1001
SIOCGIFFLAGS, SIOCSIFFLAGS, SIOCSIFADDR, SIOCSIFNETMASK = 0x8913, 0x8914, 0x8916, 0x891c
IFF_UP = 1


class Cable:
    """Plugged in from the beginning until pull(); what is sent to neighbours gets lost."""

    NAME = b'cable0'

    def __init__(self):
        self.tun = os.open('/dev/net/tun', os.O_RDWR | os.O_CLOEXEC)
        fcntl.ioctl(self.tun, TUNSETIFF, struct.pack('16sH22x', self.NAME, IFF_TUN_NO_PI))
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            for request, text in ((SIOCSIFADDR, ADDRESS), (SIOCSIFNETMASK, '255.255.255.0')):
                fcntl.ioctl(sock, request, struct.pack('16sHxx4s16x', self.NAME, socket.AF_INET,
                                                       socket.inet_aton(text)))
            state = bytearray(struct.pack('16sh22x', self.NAME, 0))
            fcntl.ioctl(sock, SIOCGIFFLAGS, state)
            flags = struct.unpack_from('16sh', state)[1]
            fcntl.ioctl(sock, SIOCSIFFLAGS, struct.pack('16sh22x', self.NAME, flags | IFF_UP))

    def pull(self):
        if self.tun is not None:
            os.close(self.tun)
        self.tun = None
