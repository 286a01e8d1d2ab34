# SPDX-License-Identifier: LGPL-2.1-or-later
"""The machine from inside: commands as people type them, and two SCEP servers."""

import json
import os
import subprocess
import unittest

from harness import BUS_NAME, INTERFACE, PATH, PROFILES_PATH, PROPERTIES, pki, wait_for

USER = 'alice'
UNIT = 'scep-enrollment.service'
STATE = '/var/lib/scep-enrollment'
SITE = '192.0.2.1'
PORT = 8080
RESULTS = '/srv/results'


def run(*command, user=None, data=None, check=True):
    """A command of root or of somebody else; returns what subprocess does."""
    if user is not None:
        command = ('runuser', '-u', user, '--', *command)
    result = subprocess.run(command, input=data, capture_output=True, text=True, timeout=120,
                            stdin=subprocess.DEVNULL if data is None else None,
                            env=dict(os.environ, DEBIAN_FRONTEND='noninteractive'))
    if check and result.returncode != 0:
        raise AssertionError('%s: %d\n%s%s' % (' '.join(command), result.returncode,
                                               result.stdout, result.stderr))
    return result


def output(*command, **how):
    return run(*command, **how).stdout.strip()


def path_of(profile):
    return PATH if profile == 'default' else PROFILES_PATH + '/' + profile


def get(name, profile='default', user=None):
    """A property, as busctl reads it."""
    reply = output('busctl', '--json=short', 'get-property', BUS_NAME, path_of(profile), INTERFACE,
                   name, user=user)
    return json.loads(reply)['data']


def try_set(name, signature, *value, user=None):
    """Sets a property in the way that may ask for a password."""
    return run('busctl', 'call', BUS_NAME, PATH, PROPERTIES, 'Set', 'ssv', INTERFACE, name,
               signature, *value, user=user, check=False)


def unit(name):
    return output('systemctl', 'show', '--value', '--property=' + name, UNIT)


def configure(profile='default', data=None, **settings):
    words = ['%s=%s' % pair for pair in settings.items()]
    challenge = ['--challenge-file', '-'] if data is not None else []
    run('scepctl', '--profile', profile, 'configure', *challenge, *words, data=data)


def describe(profile='default'):
    status = run('scepctl', '--profile', profile, 'status', check=False)
    return '%s\n%s%s' % (profile, status.stdout, status.stderr)


def wait_for_state(state, profile='default', timeout=60):
    wait_for(lambda: get('State', profile) == state,
             lambda: 'the state %s: %s' % (state, describe(profile)), timeout)


def journal(message_id, profile='default'):
    """The entries of one kind about one profile."""
    lines = output('journalctl', '--output=json', 'MESSAGE_ID=' + message_id,
                   'SCEP_PROFILE=' + profile)
    return [json.loads(line) for line in lines.splitlines()]


class Site:
    """A network with a SCEP server; NetworkManager looks after this end of the cable."""

    def __init__(self):
        run('ip', 'netns', 'add', 'site')
        run('ip', 'link', 'add', 'cable', 'type', 'veth', 'peer', 'name', 'far', 'netns', 'site')
        run('ip', '-n', 'site', 'address', 'add', SITE + '/24', 'dev', 'far')
        run('nmcli', 'connection', 'add', 'type', 'ethernet', 'ifname', 'cable', 'con-name', 'site',
            'ipv4.method', 'manual', 'ipv4.addresses', '192.0.2.2/24', 'ipv6.method', 'disabled')
        self.plug()
        self.depot = '/var/tmp/depot'
        run('scepserver', 'ca', '-init', '-depot', self.depot, '-key-password', 'ca',
            '-keySize', '2048')
        self.ca_file = self.depot + '/ca.pem'
        self.fingerprint = pki.fingerprint(self.ca_file)
        self.url = 'http://%s:%d/scep' % (SITE, PORT)
        self.challenge = 'open sesame'
        run('systemd-run', '--unit=site', 'ip', 'netns', 'exec', 'site', 'scepserver', '-depot',
            self.depot, '-port', str(PORT), '-capass', 'ca', '-challenge', self.challenge,
            '-allowrenew', '0')

    @staticmethod
    def plug():
        run('ip', '-n', 'site', 'link', 'set', 'far', 'up')
        wait_for(lambda: '192.0.2.2' in output('ip', 'address', 'show', 'cable'),
                 lambda: 'NetworkManager: ' + output('nmcli', 'device'))

    @staticmethod
    def unplug():
        run('ip', '-n', 'site', 'link', 'set', 'far', 'down')
        wait_for(lambda: '192.0.2.2' not in output('ip', 'address', 'show', 'cable'),
                 lambda: 'NetworkManager: ' + output('nmcli', 'device'))

    def settings(self, **more):
        return {'ServerEndpoint': self.url, 'CARootFingerprint': self.fingerprint,
                'SubjectDN': 'CN=booted,O=Example', **more}


class BootedTest(unittest.TestCase):
    maxDiff = None

    def assert_verifies(self, site, profile='default'):
        chain = json.loads(output('busctl', '--json=short', 'call', BUS_NAME, path_of(profile),
                                  INTERFACE, 'GetCertificateChain'))['data'][0]
        verified, words = pki.verify(chain, site.ca_file, RESULTS)
        self.assertTrue(verified, words)

    def assert_in_journal(self, message_id, profile='default'):
        """The entry arrives a moment after what it is about."""
        wait_for(lambda: journal(message_id, profile), 'an entry of ' + message_id)
