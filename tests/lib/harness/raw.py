# SPDX-License-Identifier: LGPL-2.1-or-later
"""Messages on the bus as bytes: longer, and with more small values, than a library makes in time.

flood() is a process of another user that sends many of them.
"""

import collections
import json
import os
import re
import resource
import socket
import struct
import subprocess
import sys

from .process import as_user

CALL, RETURN, ERROR, SIGNAL = 1, 2, 3, 4
PATH_FIELD, INTERFACE_FIELD, MEMBER_FIELD, DESTINATION_FIELD, SIGNATURE_FIELD, FDS_FIELD = (
    1, 2, 3, 6, 8, 9)
ALLOW_INTERACTION = 4  # the flag of a call
BUS = 'org.freedesktop.DBus'

HELLO, LAST, SENT = 1, 2, 3  # serial numbers; of further calls the next ones

# The ones that become largest when they are read, by what one costs the sender: a variant of
# one byte, and eight empty signatures. And a handle.
SMALL_VALUES = {'av': b'\x01y\0\x01', 'a(gggggggg)': bytes(16), 'ah': bytes(4)}


def numbered(data, serial):
    """The same message, as another one: the bus takes no number twice while it is unanswered."""
    return data[:8] + struct.pack('<I', serial) + data[12:]


def padded(data, alignment):
    return data + bytes(-len(data) % alignment)


def field(code, kind, value):
    head = bytes((code, 1)) + kind.encode() + b'\0'
    if kind == 'u':
        return head + struct.pack('<I', value)
    if kind == 'g':
        return head + bytes((len(value),)) + value.encode() + b'\0'
    return head + struct.pack('<I', len(value)) + value.encode() + b'\0'


def message(kind, serial, destination, path, interface, member, signature='', body=b'', fds=0):
    fields = [field(PATH_FIELD, 'o', path), field(INTERFACE_FIELD, 's', interface),
              field(MEMBER_FIELD, 's', member), field(DESTINATION_FIELD, 's', destination)]
    if signature:
        fields.append(field(SIGNATURE_FIELD, 'g', signature))
    if fds:
        fields.append(field(FDS_FIELD, 'u', fds))
    header = b''
    for one in fields:
        header = padded(header, 8) + one
    fixed = struct.pack('<cBBBIII', b'l', kind, 0, 1, len(body), serial, len(header))
    return padded(fixed + header, 8) + body


def small_values(signature, length):
    """A body of at most so many bytes."""
    value = SMALL_VALUES[signature]
    start = 8 if signature[1] == '(' else 4
    values = value * ((length - start) // len(value))
    return padded(struct.pack('<I', len(values)), start) + values


class Connection:
    def __init__(self, address):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(re.search('path=([^,]*)', address).group(1))
        user = str(os.getuid()).encode().hex().encode()
        self.socket.sendall(b'\0AUTH EXTERNAL ' + user + b'\r\n')
        self.read_until(b'\r\n')
        self.socket.sendall(b'NEGOTIATE_UNIX_FD\r\n')
        self.read_until(b'\r\n')
        self.socket.sendall(b'BEGIN\r\n' + message(CALL, HELLO, BUS, '/org/freedesktop/DBus',
                                                   BUS, 'Hello'))
        self.received = b''
        self.next_reply()

    def read_until(self, end):
        data = b''
        while not data.endswith(end):
            byte = self.socket.recv(1)
            if not byte:
                raise ConnectionError('the bus hung up')
            data += byte
        return data

    def next_reply(self):
        """The serial number that is answered, and the bytes of the next message that answers."""
        while True:
            while len(self.received) < 16 or len(self.received) < self.length():
                data = self.socket.recv(65536)
                if not data:
                    raise ConnectionError('the bus hung up')
                self.received += data
            whole = self.length()
            one, self.received = self.received[:whole], self.received[whole:]
            if one[1] in (RETURN, ERROR):
                order = '<I' if one[:1] == b'l' else '>I'
                at = one.index(b'\x05\x01u\0') + 4
                return struct.unpack(order, one[at:at + 4])[0], one

    def length(self):
        order = '<' if self.received[:1] == b'l' else '>'
        body, _serial, fields = struct.unpack(order + 'III', self.received[4:16])
        return 16 + (fields + 7) // 8 * 8 + body

    def send(self, data, fds=()):
        sent = socket.send_fds(self.socket, [data[:1024]], fds) if fds else 0
        self.socket.sendall(data[sent:])


def error_name(reply):
    name = re.search(rb'org\.[A-Za-z.]+\.Error\.[A-Za-z]+', reply)
    return name.group().decode() if name else 'allowed'


def run(request):
    """Sends what is asked for and counts the answers by the name of their error."""
    connections = [Connection(request['address']) for _ in range(request['connections'])]
    each = request['messages'] // request['connections']
    fds = [0] * request['fds']
    data = message(SIGNAL if request['signal'] else CALL, SENT, request['destination'],
                   request['path'], request['interface'], request['member'],
                   request['signature'], small_values(request['signature'], request['length']),
                   len(fds))
    answers = collections.Counter()
    for number in range(each):
        for connection in connections:
            connection.send(numbered(data, SENT + number), fds)
    for connection in connections:
        # The bus answers when it has handed on what was sent before.
        connection.send(message(CALL, LAST, BUS, '/org/freedesktop/DBus', BUS, 'GetId'))
        wanted = {LAST, *range(SENT, SENT if request['signal'] else SENT + each)}
        while wanted:
            serial, reply = connection.next_reply()
            wanted.discard(serial)
            if serial != LAST:
                answers[error_name(reply)] += 1
    return dict(answers)


def flood(address, user, destination, path, interface, member, *, signature='av', length,
          messages=1, connections=1, fds=0, signal=False, library=None):
    """Returns {name of an error: how often it was the answer}; library is where user finds this."""
    request = dict(address=address, destination=destination, path=path, interface=interface,
                   member=member, signature=signature, length=length, messages=messages,
                   connections=connections, fds=fds, signal=signal)
    here = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    env = dict(os.environ, PYTHONPATH=library or here)
    command = [sys.executable, '-c', 'from harness.raw import main; main()', json.dumps(request)]
    return json.loads(subprocess.check_output(as_user(user, command), env=env, cwd='/', text=True))


def main():
    # One who is to send many descriptors at once.
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    print(json.dumps(run(json.loads(sys.argv[1]))))
