#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The keystore over the bus, with openssl as the other side."""

import os

from harness import (BUS_NAME, ERROR, KEYSTORE, KEYSTORE_PATH, MachineTest, main, pki)

from gi.repository import GLib


class Keystore(MachineTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.folder = cls.machine.sub('pki')
        cls.key_file, cls.cert_file = pki.make_certificate(cls.folder, 'imported')
        with open(cls.key_file) as key, open(cls.cert_file) as cert:
            cls.key, cls.cert = key.read(), cert.read()
        cls.machine.permit(BUS_NAME + '.manage-keystore', BUS_NAME + '.export-private-key')

    def call(self, member, signature='()', *arguments):
        return self.daemon.keystore(member, signature, *arguments)

    def fails(self, name, member, signature, *arguments):
        return self.assert_call_fails(ERROR + name, self.call, member, signature, *arguments)

    def import_key(self, alias, pem):
        self.machine.tester.call(KEYSTORE_PATH, KEYSTORE, 'ImportKeyPair',
                                 GLib.Variant('(sh)', (alias, 0)), fds=[pem.encode()])

    def export_key(self, alias):
        _, fds = self.machine.tester.call(KEYSTORE_PATH, KEYSTORE, 'ExportKeyPair',
                                          GLib.Variant('(s)', (alias,)))
        return fds[0]

    def test_create_and_csr(self):
        recorder = self.machine.recorder()
        self.call('CreateKeyPair', '(sa{sv})', 'vpn', {'RSAKeyLength': GLib.Variant('u', 3072)})
        self.assertEqual(recorder.wait('EntryChanged', path=KEYSTORE_PATH, interface=KEYSTORE),
                         ('vpn',))
        entry = self.call('GetEntry', '(s)', 'vpn')[0]
        self.assertEqual(entry['KeyBits'], 3072)
        self.assertEqual([e[:2] for e in self.call('ListEntries')[0]], [('vpn', 'key-pair')])
        csr = self.call('GetCSR', '(sa{sv})', 'vpn', {
            'SubjectDN': GLib.Variant('s', 'CN=vpn,O=Example'),
            'SubjectAltNames': GLib.Variant('as', ['DNS:vpn.example.org', 'IP:192.0.2.7'])})[0]
        text = pki.openssl('req', '-verify', '-noout', '-text', '-nameopt', 'RFC2253', data=csr)
        for part in ('Subject: CN=vpn,O=Example', 'DNS:vpn.example.org', 'IP Address:192.0.2.7',
                     '(3072 bit)'):
            self.assertIn(part, text)

    def test_csr_of_other_keys(self):
        """Named after what signs it, or refused."""
        for alias, kind, *options in (('ec', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256'),
                                      ('ed', 'ED25519')):
            self.import_key(alias, pki.openssl('genpkey', '-algorithm', kind, *options))
        csr = self.call('GetCSR', '(sa{sv})', 'ec', {'SubjectDN': GLib.Variant('s', 'CN=ec')})[0]
        text = pki.openssl('req', '-verify', '-noout', '-text', data=csr)
        self.assertIn('ecdsa-with-SHA256', text)
        self.fails('Unsupported', 'GetCSR', '(sa{sv})', 'ed',
                   {'SubjectDN': GLib.Variant('s', 'CN=ed')})

    def test_refused(self):
        options = {'RSAKeyLength': GLib.Variant('u', 2048)}
        for alias in ('', '-x', '../x', 'a/b', 'a' * 129, 'é', '.hidden'):
            with self.subTest(alias=alias):
                self.fails('InvalidEntry', 'CreateKeyPair', '(sa{sv})', alias, options)
        for alias in ('scep-enrolled-key-pair', 'sce-request-key-pair', 'scep-x'):
            with self.subTest(alias=alias):
                self.fails('InvalidEntry', 'CreateKeyPair', '(sa{sv})', alias, options)
                self.fails('InvalidEntry', 'ImportCertificate', '(ss)', alias, self.cert)
                self.fails('InvalidEntry', 'DeleteEntry', '(s)', alias)
        self.fails('InvalidSetting', 'CreateKeyPair', '(sa{sv})', 'a',
                   {'Bits': GLib.Variant('u', 2048)})
        self.fails('InvalidSetting', 'CreateKeyPair', '(sa{sv})', 'a',
                   {'RSAKeyLength': GLib.Variant('u', 3)})
        for member, signature, *more in (('GetEntry', '(s)'), ('DeleteEntry', '(s)'),
                                         ('GetCertificateChain', '(s)'), ('ExportKeyPair', '(s)'),
                                         ('GetCSR', '(sa{sv})', {})):
            with self.subTest(member=member):
                self.fails('NoSuchEntry', member, signature, 'nobody', *more)
        self.fails('InvalidEntry', 'ImportCertificate', '(ss)', 'c', 'not pem')
        self.assert_call_fails(ERROR + 'InvalidEntry', self.import_key, 'three-primes',
                               pki.openssl('genrsa', '-primes', '3', '2048'))
        self.assertEqual(self.call('ListEntries'), ([],))

    def test_certificate(self):
        self.call('ImportCertificate', '(ss)', 'site-ca', self.cert)
        self.fails('EntryExists', 'ImportCertificate', '(ss)', 'site-ca', self.cert)
        entry = self.call('GetEntry', '(s)', 'site-ca')[0]
        self.assertEqual(entry['Fingerprint'], pki.fingerprint(self.cert_file))
        self.assertEqual(entry['Subject'], 'CN=imported')
        self.assertEqual(self.call('ListEntries')[0][0][1], 'trusted-certificate')
        self.assertEqual(pki.split(self.call('GetCertificateChain', '(s)', 'site-ca')[0]),
                         pki.split(self.cert))
        self.daemon.restart()
        self.assertEqual(self.call('GetEntry', '(s)', 'site-ca')[0], entry)
        recorder = self.machine.recorder()
        self.call('DeleteEntry', '(s)', 'site-ca')
        recorder.wait('EntryRemoved', path=KEYSTORE_PATH, interface=KEYSTORE)
        self.assertEqual(self.call('ListEntries'), ([],))

    def test_key_pair_in_and_out(self):
        self.assert_call_fails(ERROR + 'InvalidSetting', self.import_key, 'pair', 'x' * 70000)
        for pem in ('', 'not pem', self.cert, self.key[:300]):
            with self.subTest(pem=pem[:20], length=len(pem)):
                self.assert_call_fails(ERROR + 'InvalidEntry', self.import_key, 'pair', pem)
        other = pki.make_certificate(self.folder, 'other')[1]
        with open(other) as cert:
            self.assert_call_fails(ERROR + 'InvalidEntry', self.import_key, 'pair',
                                   self.key + cert.read())
        self.import_key('pair', self.key + self.cert)
        self.assertEqual(self.call('ListEntries')[0][0][:2], ('pair', 'private-key-entry'))
        exported = self.export_key('pair')
        self.assertTrue(exported.sealed, 'the memory file is not sealed: %x' % exported.seals)
        text = exported.data.decode()
        self.assertTrue(text.startswith('-----BEGIN PRIVATE KEY-----'))
        self.assertEqual(pki.split(text), pki.split(self.cert))
        self.assertEqual(pki.openssl('pkey', '-pubout', data=text),
                         pki.openssl('pkey', '-pubout', '-in', self.key_file))

    def test_truncated_file(self):
        """A damaged entry costs itself, not the service."""
        self.call('ImportCertificate', '(ss)', 'good', self.cert)
        self.import_key('bad', self.key + self.cert)
        self.daemon.stop()
        path = self.daemon.file('keystores', 'default', 'bad.keyfile')
        os.truncate(path, os.path.getsize(path) // 2)
        self.daemon.extra_env['G_DEBUG'] = 'fatal-criticals'
        self.daemon.start()
        self.assertIn('good', [entry[0] for entry in self.call('ListEntries')[0]])


if __name__ == '__main__':
    main()
