# SPDX-License-Identifier: LGPL-2.1-or-later
"""A file system with one file that can be opened and never read, as linux/fuse.h has it.

Without libfuse: a handful of requests is all that is needed, and most must stay unanswered.
"""

import ctypes
import os
import stat
import struct
import threading

LOOKUP, FORGET, GETATTR, OPEN, READ, STATFS, RELEASE, FLUSH, INIT, INTERRUPT = (
    1, 2, 3, 14, 15, 17, 18, 25, 26, 36)
ROOT, FILE = 1, 2  # numbers of nodes
NAME = 'file'
ENOSYS = 38
UNMOUNT_FORCE, UNMOUNT_DETACHED = 1, 2
HEADER = struct.Struct('<IIQQIIII')
LIBC = ctypes.CDLL(None, use_errno=True)


def attributes(node):
    mode = stat.S_IFDIR | 0o755 if node == ROOT else stat.S_IFREG | 0o644
    return struct.pack('<6Q10I', node, 4096, 8, 0, 0, 0, 0, 0, 0, mode, 1, 0, 0, 0, 4096, 0)


class SilentFiles:
    """Mounted at folder; also what kind of file system it is stays unanswered if statfs is False."""

    def __init__(self, folder, statfs=True):
        self.folder = folder
        self.statfs = statfs
        self.asked = threading.Event()  # what stays unanswered
        self.opened = []
        self.device = os.open('/dev/fuse', os.O_RDWR | os.O_CLOEXEC)
        options = 'fd=%d,rootmode=40000,user_id=0,group_id=0,allow_other' % self.device
        if LIBC.mount(b'test', folder.encode(), b'fuse', 0, options.encode()) != 0:
            raise OSError(ctypes.get_errno(), 'FUSE cannot be mounted')
        threading.Thread(target=self.serve, daemon=True).start()

    def open(self):
        self.opened.append(os.open(os.path.join(self.folder, NAME), os.O_RDONLY | os.O_CLOEXEC))
        return self.opened[-1]

    def serve(self):
        try:
            while True:
                request = os.read(self.device, 1 << 17)
                _length, what, unique, node, *_ = HEADER.unpack_from(request)
                self.answer(what, unique, node)
        except OSError:
            pass  # it is not mounted any more

    def answer(self, what, unique, node):
        if what in (FORGET, INTERRUPT):
            return
        if what == READ or (what == STATFS and not self.statfs):
            self.asked.set()
            return
        data = {INIT: struct.pack('<4I2H3I', 7, 31, 0, 0, 0, 0, 4096, 1, 0) + bytes(28),
                LOOKUP: struct.pack('<4Q2I', FILE, 0, 60, 60, 0, 0) + attributes(FILE),
                GETATTR: struct.pack('<Q2I', 60, 0, 0) + attributes(node),
                OPEN: struct.pack('<Q2I', 0, 0, 0), STATFS: bytes(80),
                RELEASE: b'', FLUSH: b''}.get(what)
        error = 0 if data is not None else -ENOSYS
        data = data or b''
        os.write(self.device, struct.pack('<IiQ', 16 + len(data), error, unique) + data)

    def stop(self):
        """Whoever waits for an answer gets an error, also a second time."""
        while self.opened:
            os.close(self.opened.pop())
        if self.device is not None:
            LIBC.umount2(self.folder.encode(), UNMOUNT_FORCE | UNMOUNT_DETACHED)
            os.close(self.device)
        self.device = None
