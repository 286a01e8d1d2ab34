#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Certificates that the CA issued, from the SCEP server, and the answers that are none."""

import json
import os

from harness import ERROR, MachineTest, main, pki, wait_for

FAILED, USAGE, NOT_READY = 1, 2, 6
INVALID_ARGS = 'org.freedesktop.DBus.Error.InvalidArgs'

# What is no serial number.
NO_SERIALS = ('', ':', '4', 'c0ffe', '0x4d', 'CN=device-1', '-4d', '00' * 21)

# What the server does instead of giving the certificate, what comes of it, and a word of it.
REFUSED = [
    ({'fail__info': 4}, 'BadCertId', 'serial number'),
    ({'fail__info': 2}, 'Unsupported', 'badRequest'),
    ({'fail__info': 0}, 'BadAlg', 'gives no certificate'),
    ({'fault__21': 'error'}, 'Unsupported', '500'),
    ({'fault__21': 'empty'}, 'Unsupported', 'sent nothing'),
    ({'http__PKIOperation': '404'}, 'Unsupported', '404'),
    ({'http__PKIOperation': '503'}, 'HttpStatus', '503'),
    ({'http__PKIOperation': 'html'}, 'MalformedReply', ''),
    ({'certificate__none': 1}, 'CertificateMismatch', 'holds none'),
    ({'certificate__other': 1}, 'CertificateMismatch', 'another one'),
    ({'certificate__key': 'other'}, 'SignatureInvalid', 'refused'),
    ({'nonce': 'wrong'}, 'NonceMismatch', 'nonce'),
    ({'txid': 'wrong'}, 'TransactionMismatch', 'NOBODYS'),
    ({'sign__key': 'forged'}, 'SignatureInvalid', ''),
    ({'sign__key': 'other'}, 'UntrustedCA', 'Stranger'),
    ({'envelope__recipient': 'other'}, 'DecryptFailed', ''),
    ({'status': '3'}, 'MalformedReply', 'wait'),
]


class Certificate(MachineTest):
    def setUp(self):
        super().setUp()
        self.server = self.machine.responder()
        self.addCleanup(self.server.stop)

    def enroll(self):
        self.daemon.configure(ConnectRetryInterval=5, Enabled=True, **self.server.settings())
        self.daemon.wait_state('enrolled')

    def get(self, serial):
        return self.daemon.method('GetCertificate', '(s)', serial)[0]

    def assert_fails(self, error, serial='4d'):
        return self.assert_call_fails(error, self.daemon.method, 'GetCertificate', '(s)', serial)

    def test_refused(self):
        self.assert_fails(ERROR + 'Disabled')
        for serial in NO_SERIALS:
            with self.subTest(serial=serial):
                self.assertIn('hexadecimal', self.assert_fails(INVALID_ARGS, serial))
        self.enroll()
        own = self.daemon.get('SerialNumber')
        for modes, error, saying in REFUSED:
            with self.subTest(modes=modes):
                self.server.reset()
                self.server.control(**modes)
                self.assertIn(saying, self.assert_fails(ERROR + error, own))
        self.server.reset()
        self.assertIn('c0ffee', self.assert_fails(ERROR + 'BadCertId', 'C0FFEE'))
        self.assertEqual(self.get(own), self.daemon.method('GetCertificateChain')[0])
        self.assertEqual(self.daemon.get('State'), 'enrolled')

    def test_found(self):
        """The one before the present, however the number is written."""
        self.enroll()
        old = self.daemon.method('GetCertificateChain')[0]
        serial = self.daemon.get('SerialNumber')
        self.daemon.method('Renew')
        wait_for(lambda: self.daemon.get('SerialNumber') != serial, self.daemon.describe)
        self.server.reset()
        self.server.control(certificate__extra=1)
        pairs = [serial[i:i + 2] for i in range(0, len(serial), 2)]
        for text in (serial, serial.upper(), ':'.join(pairs), ':'.join(pairs).upper(), '00' + serial):
            self.assertEqual(self.get(text), old)
        sent = self.server.requests('PKIOperation')
        self.assertEqual({(r['messageType'], r['method'], r['signer']) for r in sent},
                         {('21', 'POST', 'ours')})

    def test_restarted(self):
        """What was learned of the server is known to the next process, too."""
        self.server.control(drop__POST=1)
        self.enroll()
        self.daemon.restart()
        self.daemon.wait_state('enrolled')
        begin = len(self.server.requests('PKIOperation'))
        self.assertEqual(self.get(self.daemon.get('SerialNumber')),
                         self.daemon.method('GetCertificateChain')[0])
        sent = self.server.requests('PKIOperation')[begin:]
        self.assertEqual([(r['messageType'], r['method']) for r in sent], [('21', 'GET')])

    def scepctl(self, *arguments, expect=0):
        result = self.machine.scepctl(*arguments)
        self.assertEqual(result.returncode, expect, result.stderr)
        return result.stdout if expect == 0 else result.stderr

    def test_tool(self):
        self.scepctl('certificate', expect=USAGE)
        self.scepctl('certificate', 'nonsense', expect=USAGE)
        self.scepctl('certificate', '4d', expect=NOT_READY)
        self.enroll()
        own = self.daemon.method('GetCertificateChain')[0]
        serial = self.daemon.get('SerialNumber')
        self.assertIn('c0ffee', self.scepctl('certificate', 'c0:ff:ee', expect=FAILED))
        self.scepctl('certificate', serial, '--output', '/nonexistent/a.pem', expect=FAILED)
        self.assertEqual(self.scepctl('certificate', serial), own)
        self.assertEqual(json.loads(self.scepctl('--json', 'certificate', serial)),
                         {'Certificate': own})
        path = self.machine.new_path('certificate')
        self.scepctl('certificate', serial, '-o', path)
        self.assertIn(serial.upper(), pki.openssl('x509', '-in', path, '-noout', '-serial'))
        os.unlink(path)


main()
