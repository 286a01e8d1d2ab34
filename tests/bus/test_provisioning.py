#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A device that nobody configures: everything is in its image."""

import ctypes
import json
import os
import shutil
import socket

from harness import (CallError, ERROR, KEYSTORE_PATH, PROFILES_PATH, MachineTest,
                     build_dir, main, pki, wait_for)
from harness.namespace import mount, umount

CLONE_NEWUTS = 0x04000000
GATEWAY = PROFILES_PATH + '/gateway'
PLANT = os.path.dirname(KEYSTORE_PATH) + '/plant'
ENROLLED = 'scep-enrolled-key-pair@gateway'
HOSTS = '127.0.0.1 localhost\n127.0.1.1 gw-7.plant.example gw-7\n127.0.1.1 gw-8.plant.example gw-8\n'


def vendor_dir():
    """As it was compiled in."""
    with open(os.path.join(build_dir(), 'meson-info/intro-buildoptions.json')) as file:
        options = {option['name']: option['value'] for option in json.load(file)}
    return os.path.join(options['prefix'], options['datadir'], 'scep-enrollment')


def write(path, text, mode=0o644):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, 'w') as out:
        out.write(text)
    os.chmod(path, mode)


class Provisioning(MachineTest):
    server_options = {}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWUTS) != 0:
            raise OSError(ctypes.get_errno(), 'unshare')
        cls.mounts = []
        cls.cover(os.path.dirname(vendor_dir()))
        cls.cover('/sys/class')
        hosts = cls.machine.new_path('hosts')
        write(hosts, HOSTS)
        if not os.path.exists('/etc/hosts'):  # in a Debian of only what is required
            write('/etc/hosts', '')
            cls.addClassCleanup(os.remove, '/etc/hosts')
        mount('--bind', hosts, '/etc/hosts')
        cls.mounts.append('/etc/hosts')
        write('/sys/class/net/eth0/address', '52:54:00:12:34:56\n')
        write('/sys/class/dmi/id/product_serial', 'SN-4711\n', 0o400)

    @classmethod
    def cover(cls, folder):
        os.makedirs(folder, exist_ok=True)
        mount('-t', 'tmpfs', '-o', 'mode=0755', 'scep-test', folder)
        cls.mounts.append(folder)

    @classmethod
    def tearDownClass(cls):
        for target in reversed(cls.mounts):
            umount(target)
        super().tearDownClass()

    def setUp(self):
        """No daemon before the image is made."""
        socket.sethostname('gw-7')
        self.configuration = self.machine.sub('configuration')
        self.challenge = os.path.join(self.configuration, 'challenge')
        shutil.rmtree(vendor_dir(), ignore_errors=True)

    def make_image(self, target='(kura.service.pid=org.example.Keys)', **more):
        settings = {**self.server.settings(), 'Enabled': 'true', 'ConnectRetryInterval': '5',
                    'KeystoreServiceTarget': target, 'ChallengePasswordFile': self.challenge,
                    'SubjectDN': 'CN=${hostname},OU=${mac:eth0},O=Plant',
                    'SubjectAltNames': 'DNS:${fqdn};URI:urn:profile:${profile}', **more}
        del settings['ChallengePassword']
        write(self.challenge, self.server.challenge + '\n')
        write(os.path.join(vendor_dir(), 'profiles/gateway.conf'),
              '[Profile]\n' + ''.join('%s=%s\n' % item for item in settings.items()))
        write(os.path.join(vendor_dir(), 'keystores/plant.conf'),
              '[Keystore]\nServicePid=org.example.Keys\n')

    def boot(self, **how):
        """Nothing but the state directory can be written, and that is empty."""
        mount('--bind', self.configuration, self.configuration)
        self.addCleanup(umount, self.configuration)
        mount('-o', 'remount,bind,ro', self.configuration)
        self.daemon = self.start_daemon(configuration=self.configuration, **how)

    def aliases(self, path):
        return [entry[0] for entry in self.daemon.keystore('ListEntries', path=path)[0]]

    def leaf_text(self):
        work = self.machine.sub('work')
        chain = self.daemon.method('GetCertificateChain', path=GATEWAY)[0]
        verified, output = pki.verify(chain, self.server.ca_file, work)
        self.assertTrue(verified, output)
        return pki.openssl('x509', '-in', work + '/leaf.pem', '-noout', '-text')

    def assert_not_configured(self, *words):
        self.daemon.wait_state('waiting', path=GATEWAY)
        self.assertEqual(self.daemon.get('LastError', GATEWAY), ERROR + 'NotConfigured')
        for word in words:
            self.assertIn(word, self.daemon.get('LastErrorMessage', GATEWAY))
        self.assertEqual(self.daemon.get('NextAction', GATEWAY), 'retry')

    def test_first_boot(self):
        self.make_image()
        self.boot()
        self.daemon.wait_state('enrolled', path=GATEWAY)
        self.assertEqual(self.daemon.get('Subject', GATEWAY),
                         'CN=gw-7,OU=52:54:00:12:34:56,O=Plant')
        text = self.leaf_text()
        self.assertIn('DNS:gw-7.plant.example', text)
        self.assertIn('URI:urn:profile:gateway', text)
        self.assertIn(ENROLLED, self.aliases(PLANT))
        self.assertNotIn(ENROLLED, self.aliases(KEYSTORE_PATH))
        fingerprint = self.daemon.get('Fingerprint', GATEWAY)
        self.daemon.restart()
        self.daemon.wait_state('enrolled', path=GATEWAY)
        self.assertEqual(self.daemon.get('Fingerprint', GATEWAY), fingerprint)

    def test_unnamed_host(self):
        """Nobody wants a certificate for localhost; the name may come later."""
        socket.sethostname('localhost')
        self.make_image()
        self.boot()
        self.assert_not_configured('${hostname}', 'localhost')
        socket.sethostname('gw-7')
        self.daemon.wait_state('enrolled', path=GATEWAY)
        self.assertTrue(self.daemon.get('Subject', GATEWAY).startswith('CN=gw-7,'))

    def test_renamed_host(self):
        self.make_image()
        self.boot()
        self.daemon.wait_state('enrolled', path=GATEWAY)
        self.assertNotIn('subject-outdated', self.daemon.get('Warnings', GATEWAY))
        socket.sethostname('gw-8')

        def outdated():
            try:
                self.daemon.method('Check', path=GATEWAY)
            except CallError as error:
                self.assertEqual(error.name, ERROR + 'Busy')
            return 'subject-outdated' in self.daemon.get('Warnings', GATEWAY)
        wait_for(outdated, lambda: self.daemon.describe(GATEWAY))
        events = [event[1] for event in self.daemon.method('GetHistory', path=GATEWAY)[0]]
        self.assertEqual(events.count('subject-outdated'), 1)
        self.assertTrue(self.daemon.get('Subject', GATEWAY).startswith('CN=gw-7,'))

    def test_serial_of_root(self):
        """What only root may read comes as a credential."""
        self.make_image(SubjectDN='CN=${product-serial}', SubjectAltNames='')
        self.boot()
        self.assert_not_configured('${product-serial}', 'LoadCredential=')
        self.daemon.stop()
        credentials = self.machine.sub('credentials')
        shutil.copy('/sys/class/dmi/id/product_serial',
                    credentials + '/scep-enrollment.product-serial')
        os.chmod(credentials + '/scep-enrollment.product-serial', 0o444)
        self.daemon.extra_env['CREDENTIALS_DIRECTORY'] = credentials
        self.daemon.start()
        self.daemon.wait_state('enrolled', path=GATEWAY)
        self.assertEqual(self.daemon.get('Subject', GATEWAY), 'CN=SN-4711')

    def test_keystore_of_the_administrator(self):
        """A file in the configuration stands in for the vendor's."""
        self.make_image(target='(kura.service.pid=org.example.Other)')
        self.boot()
        self.daemon.wait_state('waiting', path=GATEWAY)
        self.assertEqual(self.daemon.get('LastError', GATEWAY), ERROR + 'KeystoreNotFound')
        self.daemon.stop()
        mount('-o', 'remount,bind,rw', self.configuration)
        write(os.path.join(self.configuration, 'keystores/plant.conf'),
              '[Keystore]\nServicePid=org.example.Other\n')
        self.daemon.start()
        self.daemon.wait_state('enrolled', path=GATEWAY)
        self.assertIn(ENROLLED, self.aliases(PLANT))


if __name__ == '__main__':
    main()
