#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""README.md followed line by line on a clean Debian, then the pages it links to."""

import glob
import os
import socket
import unittest

import tap
from booted_machine import RESULTS, BootedTest, get, output, run
from documents import blocks, execute
from harness import pki

FOLDER = '/root/start'
EXAMPLES = '/usr/share/doc/scep-enrollment/examples'


class Test1Readme(BootedTest):
    @classmethod
    def setUpClass(cls):
        os.makedirs(FOLDER)
        os.symlink('/srv/build-package', FOLDER + '/build-package')

    def test_1_every_box(self):
        found = blocks('/srv/source/README.md')
        self.assertGreater(len(found), 7)
        for number, text in enumerate(found, 1):
            with self.subTest('box %d: %s' % (number, text.splitlines()[0])):
                result = execute(text, FOLDER)
                self.assertEqual(result.returncode, 0,
                                 '\n'.join((text, result.stdout, result.stderr)))
                self.assertNotRegex(result.stdout, r'\bSCEP_[A-Z]', 'a field without a value')

    def test_2_the_certificates_are_there(self):
        for profile, path in (('default', 'org/example/SCEPEnrollment'),
                              ('device', 'org/example/SCEPEnrollment/profiles/device')):
            with self.subTest(profile):
                self.assertEqual(get('State', profile), 'enrolled')
                self.assertIn('CN=' + socket.gethostname(), get('Subject', profile))
                chain = output('gdbus', 'call', '--system', '--dest', 'org.example.SCEPEnrollment',
                               '--object-path', '/' + path, '--method',
                               'org.example.SCEPEnrollment.GetCertificateChain')
                pem = chain[2:-3].replace('\\n', '\n')
                verified, words = pki.verify(pem, FOLDER + '/ca.pem', RESULTS)
                self.assertTrue(verified, words)

    def test_3_nobody_is_told_to_look_for_what_is_not_installed(self):
        for name in ('README.md', 'states-and-errors.md', 'states.svg', 'layers.svg',
                     'examples/scep-enrollment-admins.rules'):
            self.assertTrue(os.path.exists('/usr/share/doc/scep-enrollment/' + name), name)


class Test2Examples(BootedTest):
    def test_1_every_box(self):
        for number, text in enumerate(blocks('/srv/source/data/doc/examples.md'), 1):
            with self.subTest('box %d' % number):
                result = execute(text, FOLDER)
                self.assertEqual(result.returncode, 0, text + result.stderr)

    def test_2_python(self):
        text = output('python3', EXAMPLES + '/status.py', user='nobody')
        self.assertRegex(text, r'^State: +enrolled\nCertificate: CN=%s' % socket.gethostname())

    def test_3_c(self):
        text = output('/srv/build/tests/system/example-status', user='nobody')
        self.assertIn('State: enrolled', text)
        self.assertIn('-----BEGIN CERTIFICATE-----', text)

    def test_4_networkmanager(self):
        run('cp', FOLDER + '/ca.pem', '/etc/ssl/certs/radius-ca.pem')
        found = blocks('/srv/source/data/doc/networkmanager.md')
        self.assertEqual(len(found), 1)
        result = execute(found[0], FOLDER)
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        shown = output('nmcli', '--get-values', '802-1x.ca-cert,802-1x.client-cert,'
                       '802-1x.domain-suffix-match', 'connection', 'show', 'office')
        for word in ('/etc/ssl/certs/radius-ca.pem', '/etc/scep-8021x/', 'example.org'):
            self.assertIn(word, shown.replace('\\', ''))
        generations = []
        for _ in range(2):
            generations.append(output('python3', EXAMPLES + '/nm-8021x.py', 'office',
                                      '/etc/scep-8021x'))
            shown = output('nmcli', '--get-values', '802-1x.client-cert,802-1x.private-key',
                           'connection', 'show', 'office').replace('\\', '')
            self.assertIn(generations[-1] + '/cert.pem', shown)
            self.assertIn(generations[-1] + '/key.pem', shown)
            self.assertEqual(sorted(os.listdir(generations[-1])), ['cert.pem', 'key.pem'])
            run('scepctl', 'renew', '--wait', '--timeout', '60')
        self.assertEqual(len(set(generations)), 2)
        public = [output('openssl', *command) for command in (
            ('pkey', '-in', generations[0] + '/key.pem', '-pubout'),
            ('x509', '-in', generations[0] + '/cert.pem', '-noout', '-pubkey'))]
        self.assertEqual(public[0], public[1])


if __name__ == '__main__':
    assert glob.glob('/srv/build-package/*.deb'), 'this is not a machine made for the tests'
    unittest.TestCase.longMessage = True
    tap.main()
