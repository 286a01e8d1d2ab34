# SPDX-License-Identifier: LGPL-2.1-or-later
"""Debian's scepserver: a SCEP server that nobody here wrote."""

import os
import socket
import subprocess

from . import pki
from .process import Process, wait_for


def free_port():
    with socket.socket() as sock:
        sock.bind(('127.0.0.1', 0))
        return sock.getsockname()[1]


def listening(port):
    with socket.socket() as sock:
        sock.settimeout(1)
        return sock.connect_ex(('127.0.0.1', port)) == 0


class ScepServer:
    def __init__(self, folder, challenge='secret', key_size=2048):
        self.depot = os.path.join(folder, 'depot')
        self.log_path = os.path.join(folder, 'log')
        self.challenge = challenge
        os.makedirs(folder)
        subprocess.run(['scepserver', 'ca', '-init', '-depot', self.depot, '-key-password', 'ca',
                        '-keySize', str(key_size)], check=True, stdout=subprocess.DEVNULL)
        self.ca_file = os.path.join(self.depot, 'ca.pem')
        self.fingerprint = pki.fingerprint(self.ca_file)
        self.start()

    def start(self):
        """The port may be taken between choosing it and using it: then another one."""
        for _ in range(10):
            self.port = free_port()
            self.process = Process(
                ['scepserver', '-depot', self.depot, '-port', str(self.port), '-capass', 'ca',
                 '-challenge', self.challenge, '-allowrenew', '0', '-debug'], self.log_path)
            wait_for(lambda: not self.process.running() or listening(self.port), 'scepserver')
            if self.process.running():
                self.url = 'http://127.0.0.1:%d/scep' % self.port
                return
        raise AssertionError('scepserver does not start:\n' + self.process.log())

    def settings(self, **more):
        """What an administrator would set for this server."""
        return {'ServerEndpoint': self.url, 'CARootFingerprint': self.fingerprint,
                'SubjectDN': 'CN=device-1,O=Example', 'ChallengePassword': self.challenge, **more}

    def operations(self):
        """The SCEP operations that were asked for, from the server's log."""
        return [word.split('=')[1] for word in self.process.log().split()
                if word.startswith('op=')]

    def stop(self):
        self.process.stop()
