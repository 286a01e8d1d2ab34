#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The first boot of an image with a read-only root, made as README.md says; nobody there."""

import json
import os
import shutil
import socket
import unittest

import tap
from booted_machine import STATE, UNIT, BootedTest, get, output, run, unit, wait_for_state

DEPOT = '/var/tmp/depot'


class Image(BootedTest):
    ca_file = '/srv/image/ca.pem'

    def test_1_the_root_is_read_only(self):
        for path in ('/etc/scep-enrollment', '/usr/share/scep-enrollment'):
            with self.assertRaises(OSError):
                open(path + '/probe', 'w')

    def test_2_no_server_yet(self):
        self.assertEqual(unit('ActiveState'), 'active')
        wait_for_state('waiting', 'device')
        self.assertRegex(get('LastError', 'device'), r'\.ServerUnreachable$')
        self.assertEqual(get('Fingerprint', 'device'), '')

    def test_3_it_enrolls_by_itself(self):
        shutil.copytree('/srv/image/depot', DEPOT)
        run('systemd-run', '--unit=site', 'scepserver', '-depot', DEPOT, '-port', '8090',
            '-capass', 'try', '-challenge', 'open sesame', '-allowrenew', '0')
        wait_for_state('enrolled', 'device')
        self.assert_verifies(self, 'device')
        machine = open('/etc/machine-id').read().strip()
        self.assertIn('CN=' + socket.gethostname(), get('Subject', 'device'))
        chain = json.loads(output('busctl', '--json=short', 'call', 'org.example.SCEPEnrollment',
                                  '/org/example/SCEPEnrollment/profiles/device',
                                  'org.example.SCEPEnrollment', 'GetCertificateChain'))['data'][0]
        text = run('openssl', 'x509', '-noout', '-text', data=chain).stdout
        self.assertIn('URI:urn:machine:' + machine, text)

    def test_4_layers_of_settings(self):
        """The vendor's and the site's, each what it set."""
        self.assertEqual(get('SubjectDN', 'device'), 'CN=${hostname},O=Example')
        self.assertEqual(get('ServerEndpoint', 'device'), 'http://localhost:8090/scep')
        self.assertFalse(os.path.exists(STATE + '/profiles/device/settings.keyfile'))

    def test_5_it_starts_again_with_it(self):
        before = get('Fingerprint', 'device')
        run('systemctl', 'restart', UNIT)
        self.assertEqual(get('Fingerprint', 'device'), before)
        wait_for_state('enrolled', 'device')

    def test_6_without_a_directory_of_the_site(self):
        """Presets of the vendor are all that an image needs."""
        for path in ('/run/etc', '/run/etc.work'):
            os.mkdir(path)
        run('mount', '-t', 'overlay', 'etc', '-o',
            'lowerdir=/etc,upperdir=/run/etc,workdir=/run/etc.work', '/etc')
        shutil.rmtree('/etc/scep-enrollment')
        run('mount', '-o', 'remount,ro', '/etc')
        run('systemctl', 'restart', UNIT)
        self.assertEqual(get('SubjectDN', 'device'), 'CN=${hostname},O=Example')
        self.assertEqual(get('ServerEndpoint', 'device'), '')
        run('umount', '/etc')
        run('systemctl', 'restart', UNIT)
        wait_for_state('enrolled', 'device')

    def test_7_no_unit_of_ours_failed(self):
        self.assertNotIn('scep', output('systemctl', '--failed', '--no-legend', '--plain'))


if __name__ == '__main__':
    assert os.path.isdir('/srv/image'), 'this is not a machine made for the tests'
    unittest.TestCase.longMessage = True
    tap.main()
