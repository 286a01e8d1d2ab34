#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""./dev demo: a first enrollment from beginning to end, as a user would do it."""

import os
import shlex
import sys
import time

os.environ['SCEP_NO_TEST'] = 'demo'

from harness import Machine, PATH, BUS_NAME, enter, pki, wait_for

STATES_OF_INTEREST = ('enrolled', 'rejected', 'waiting')


def say(text=''):
    print(text, flush=True)


def heading(text):
    say('\n\033[1m%s\033[0m' % text if sys.stdout.isatty() else '\n== %s' % text)


class Demo:
    def __init__(self):
        self.machine = Machine()
        self.server = self.machine.scepserver()
        self.daemon = self.machine.daemon()
        self.started = time.monotonic()

    def type(self, *command, data=None, user=None, expect=0):
        """Shows a command as the user types it, runs it and shows what it says."""
        prompt = '$ ' if user else '# '
        feed = 'echo %s | ' % shlex.quote(data.strip()) if data else ''
        say(prompt + feed + ' '.join(shlex.quote(word) if not word.startswith('--') else word
                                     for word in command))
        result = self.machine.run(*command, data=data, user=user)
        for line in (result.stdout + result.stderr).splitlines():
            say('  ' + line)
        if (result.returncode == 0) != (expect == 0):
            raise SystemExit('demo: the command ended with %d' % result.returncode)

    def settings(self):
        heading('Settings: scepctl for all at once, busctl for one property')
        self.type('busctl', '--system', 'set-property', BUS_NAME, PATH, BUS_NAME, 'SubjectDN', 's',
                  'CN=nobody', user='nobody', expect=1)
        self.type('scepctl', 'configure', 'ServerEndpoint=' + self.server.url,
                  'CARootFingerprint=' + self.server.fingerprint,
                  'SubjectDN=CN=device-1,O=Example', '--challenge-file', '-',
                  data=self.server.challenge + '\n')
        self.type('busctl', '--system', 'set-property', BUS_NAME, PATH, BUS_NAME,
                  'SubjectAltNames', 'as', '1', 'DNS:device-1.example.org')

    def enrollment(self):
        heading('Enrollment')
        recorder = self.machine.recorder()
        shown = []
        begun = time.monotonic()
        self.type('busctl', '--system', 'set-property', BUS_NAME, PATH, BUS_NAME, 'Enabled', 'b',
                  'true')

        def arrived():
            for state in recorder.states()[len(shown):]:
                say('  %5.2f s  %s' % (time.monotonic() - begun, state))
                shown.append(state)
            return shown and shown[-1] in STATES_OF_INTEREST

        wait_for(arrived, self.daemon.describe, 120)
        return time.monotonic() - begun

    def certificate(self):
        heading('The certificate, as openssl sees it')
        self.type('scepctl', 'status')
        folder = self.machine.sub('demo')
        chain = self.daemon.method('GetCertificateChain')[0]
        verified, output = pki.verify(chain, self.server.ca_file, folder)
        leaf = os.path.join(folder, 'leaf.pem')
        say('# openssl x509 -in leaf.pem -noout -text')
        say(pki.openssl('x509', '-in', leaf, '-noout', '-text', '-certopt',
                        'no_pubkey,no_sigdump').rstrip())
        say('# openssl verify -CAfile ca.pem leaf.pem')
        say('  ' + output.strip().replace(folder + '/', ''))
        return verified

    def run(self):
        say('A private system bus, the real polkitd, Debian\'s scepserver at %s'
            % self.server.url)
        self.settings()
        seconds = self.enrollment()
        if self.daemon.get('State') != 'enrolled':
            raise SystemExit('demo: ' + self.daemon.describe())
        if not self.certificate():
            raise SystemExit('demo: the certificate does not verify')
        self.daemon.stop()
        self.server.stop()
        self.machine.stop()
        say('\nEnrolled and verified; the enrollment took %.2f s, its key included.' % seconds)


if __name__ == '__main__':
    enter()
    Demo().run()
