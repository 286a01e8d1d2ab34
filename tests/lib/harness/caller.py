# SPDX-License-Identifier: LGPL-2.1-or-later
"""Somebody on the bus: a process of their own, with their own credentials.

main() is that process: one JSON request per line on standard
input, one JSON answer per line on standard output. Values travel as GVariant
text, descriptors as base64 of what they hold.
"""

import base64
import fcntl
import json
import os
import subprocess
import sys

from gi.repository import GLib

from . import bus
from .names import BUS_NAME
from .process import as_user

F_GET_SEALS = 1034
ALL_SEALS = 0xf


class ReceivedFd:
    """What came with a reply: the content and the seals of a memory file."""

    def __init__(self, answer):
        self.data = base64.b64decode(answer['data'])
        self.seals = answer['seals']
        self.sealed = self.seals & ALL_SEALS == ALL_SEALS


class Caller:
    """A bus connection of another user, who never asks for interaction unasked."""

    def __init__(self, address, user, library):
        env = dict(os.environ, DBUS_SYSTEM_BUS_ADDRESS=address, PYTHONPATH=library)
        self.child = subprocess.Popen(
            as_user(user, [sys.executable, '-c', 'from harness.caller import main; main()']), env=env, cwd='/',
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.name = json.loads(self.child.stdout.readline())['name']

    def call(self, path, interface, member, arguments=None, fds=(), interactive=False,
             destination=BUS_NAME):
        """arguments: a GLib.Variant tuple; fds: bytes, each behind a pipe of its own.

        Returns the unpacked reply tuple and the received descriptors.
        """
        request = {'destination': destination, 'path': path, 'interface': interface,
                   'member': member, 'interactive': interactive,
                   'arguments': arguments.print_(True) if arguments is not None else None,
                   'fds': [base64.b64encode(fd).decode() for fd in fds]}
        self.child.stdin.write(json.dumps(request) + '\n')
        self.child.stdin.flush()
        answer = json.loads(self.child.stdout.readline())
        if 'error' in answer:
            raise bus.CallError(answer['error'], answer['message'])
        reply = GLib.Variant.parse(None, answer['reply'], None, None).unpack()
        return reply, [ReceivedFd(fd) for fd in answer['fds']]

    def stop(self):
        self.child.stdin.close()
        self.child.wait()
        self.child.stdout.close()


def pipe_with(content):
    """The reading end of a pipe that holds content (less than a pipe's 64 KiB) or a memory file"""
    if len(content) > 65536:
        fd = os.memfd_create('argument')
        os.write(fd, content)
        os.lseek(fd, 0, os.SEEK_SET)
        return fd
    reading, writing = os.pipe()
    os.write(writing, content)
    os.close(writing)
    return reading


def received(fd):
    try:
        seals = fcntl.fcntl(fd, F_GET_SEALS)
    except OSError:
        seals = 0
    with os.fdopen(fd, 'rb') as stream:
        return {'data': base64.b64encode(stream.read()).decode(), 'seals': seals}


def serve(connection, request):
    arguments = request['arguments']
    fds = [pipe_with(base64.b64decode(fd)) for fd in request['fds']]
    try:
        reply, fd_list = bus.call(
            connection, request['destination'], request['path'], request['interface'],
            request['member'],
            GLib.Variant.parse(None, arguments, None, None) if arguments else None,
            fds, request['interactive'])
    except bus.CallError as error:
        return {'error': error.name, 'message': error.message}
    finally:
        for fd in fds:
            os.close(fd)
    return {'reply': reply.print_(True),
            'fds': [received(fd) for fd in fd_list.steal_fds()] if fd_list else []}


def main():
    connection = bus.connect(os.environ['DBUS_SYSTEM_BUS_ADDRESS'])
    print(json.dumps({'name': connection.get_unique_name()}), flush=True)
    for line in sys.stdin:
        print(json.dumps(serve(connection, json.loads(line))), flush=True)
