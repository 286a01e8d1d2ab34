#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The CRL: from the SCEP server, from a distribution point, and the bad ones."""

import base64
import json
import subprocess

from harness import ERROR, MachineTest, main

DAY = 24 * 3600

# What the server does instead of giving a CRL, and what comes of it.
REFUSED = [
    ({'fail__info': 4}, 'BadCertId'),
    ({'fail__info': 2}, 'Unsupported'),
    ({'fault__22': 'empty'}, 'Unsupported'),
    ({'http__PKIOperation': '404'}, 'Unsupported'),
    ({'crl__count': 0}, 'DecryptFailed'),
    ({'crl__count': 2}, 'DecryptFailed'),
    ({'crl__key': 'other'}, 'SignatureInvalid'),
    ({'crl__this_update': DAY}, 'MalformedReply'),
    ({'crl__this_update': -3 * DAY, 'crl__next_update': -DAY}, 'MalformedReply'),
    ({'nonce': 'wrong'}, 'NonceMismatch'),
    ({'nonce': 'missing'}, 'NonceMismatch'),
    ({'txid': 'wrong'}, 'TransactionMismatch'),
    ({'sign__key': 'forged'}, 'SignatureInvalid'),
    ({'envelope__recipient': 'other'}, 'DecryptFailed'),
    ({'status': '3'}, 'MalformedReply'),
    ({'http__PKIOperation': '503'}, 'HttpStatus'),
    ({'http__PKIOperation': 'html'}, 'MalformedReply'),
]


def read_pem(pem):
    lines = pem.split('\n')
    assert lines[0] == '-----BEGIN X509 CRL-----' and lines[-2] == '-----END X509 CRL-----'
    return base64.b64decode(''.join(lines[1:-2]))


class Crl(MachineTest):
    def setUp(self):
        super().setUp()
        self.server = self.machine.responder()
        self.addCleanup(self.server.stop)

    def enroll(self):
        self.daemon.configure(ConnectRetryInterval=5, Enabled=True, **self.server.settings())
        self.daemon.wait_state('enrolled')

    def get(self):
        return bytes(self.daemon.method('GetCRL')[0])

    def describe(self, der, *options):
        return subprocess.run(['openssl', 'crl', '-inform', 'DER', '-noout', *options], input=der,
                              capture_output=True, check=True).stdout.decode()

    def test_refused(self):
        self.assert_call_fails(ERROR + 'Disabled', self.daemon.method, 'GetCRL')
        self.enroll()
        for modes, error in REFUSED:
            with self.subTest(modes=modes):
                self.server.reset()
                self.server.control(**modes)
                self.assert_call_fails(ERROR + error, self.daemon.method, 'GetCRL')
        self.server.reset()
        self.assertIn('Test CA', self.describe(self.get(), '-issuer'))
        self.assertEqual(self.daemon.get('State'), 'enrolled')

    def test_from_server(self):
        """More entries than any other message may have elements, and by GET, too."""
        self.enroll()
        self.server.reset()
        self.server.control(crl__number=9, crl__entries=20000)
        self.assertRegex(self.describe(self.get(), '-crlnumber'), 'crlNumber=(0x)?09')
        sent = self.server.requests('PKIOperation')
        self.assertEqual([(r['messageType'], r['method']) for r in sent], [('22', 'POST')])
        self.server.control(drop__POST=1, envelope__ber=1, sign__ber=1, crl__entries=2)
        self.get()
        self.assertEqual(self.server.requests('PKIOperation')[-1]['method'], 'GET')
        self.server.control(drop__POST='')

        # Another process notices an older one, too.
        self.daemon.restart()
        self.daemon.wait_state('enrolled')
        self.server.control(crl__number=8)
        self.assert_call_fails(ERROR + 'MalformedReply', self.daemon.method, 'GetCRL')

    def test_from_distribution_point(self):
        self.server.control(issue__crl_url='http://127.0.0.1:%d/crl' % self.server.port)
        self.enroll()
        sent = len(self.server.requests('PKIOperation'))
        self.get()
        self.assertEqual(len(self.server.requests('PKIOperation')), sent)
        pem = self.machine.scepctl('crl', check=True).stdout
        self.assertIn('Test CA', self.describe(read_pem(pem), '-issuer'))
        shown = json.loads(self.machine.scepctl('--json', 'crl', check=True).stdout)
        self.assertIn('Test CA', self.describe(read_pem(shown['CRL']), '-issuer'))
        self.server.control(crl__key='other')
        self.assert_call_fails(ERROR + 'SignatureInvalid', self.daemon.method, 'GetCRL')
        self.assertEqual(self.server.requests('PKIOperation')[-1]['messageType'], '22')


main()
