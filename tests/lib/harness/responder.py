# SPDX-License-Identifier: LGPL-2.1-or-later
"""The scriptable SCEP server, see tests/responder/scep-responder.c for its modes."""

import json
import os
import urllib.parse
import urllib.request

from .process import Process, wait_for


class Responder:
    def __init__(self, folder, build, ra='none', challenge='sesame', lifetime=None):
        self.folder = folder
        self.challenge = challenge
        self.command = [os.path.join(build, 'tests/responder/scep-responder'), '--dir', folder,
                        '--ra', ra, '--challenge', challenge]
        if lifetime is not None:
            self.command += ['--lifetime', str(lifetime)]
        self.log_path = folder + '.log'
        self.start()

    def start(self, port=0):
        self.process = Process([*self.command, '--port', str(port)], self.log_path)
        wait_for(lambda: 'PORT' in self.words(), lambda: 'the responder:\n' + self.process.log())
        self.port = int(self.words()['PORT'])
        self.url = 'http://127.0.0.1:%d/scep' % self.port
        self.fingerprint = self.words()['CA']
        self.ca_file = os.path.join(self.folder, 'ca.crt')

    def words(self):
        """The last value of each line of its output."""
        self.process.check_running()
        lines = self.process.log().split('\n')[:-1]
        return dict(line.split(' ', 1) for line in lines if ' ' in line)

    def control(self, **modes):
        """Switches modes; a dot in a name is written as two underscores."""
        query = urllib.parse.urlencode({name.replace('__', '.').replace('_', '-'): value
                                        for name, value in modes.items()})
        with urllib.request.urlopen('http://127.0.0.1:%d/control?%s' % (self.port, query)) as reply:
            return json.load(reply)

    def reset(self):
        """Forgets modes and requests."""
        self.control(reset=1)
        os.truncate(os.path.join(self.folder, 'requests.log'), 0)

    def requests(self, operation=None):
        with open(os.path.join(self.folder, 'requests.log')) as log:
            found = [json.loads(line) for line in log.read().split('\n')[:-1]]
        return [r for r in found if operation in (None, r['operation'])]

    def settings(self, **more):
        return {'ServerEndpoint': self.url, 'CARootFingerprint': self.fingerprint,
                'SubjectDN': 'CN=device-1', 'ChallengePassword': self.challenge, **more}

    def stop(self):
        self.process.stop()
