#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Proxies that people have, which want a user name and a password: right, wrong and missing."""

from harness import ERROR, MachineTest, main, pki
from harness.front import TlsFront
from harness.proxy import Squid, Tinyproxy

NAME = 'localhost'


class Behind:
    """By http and by https, through one of them."""

    responder_options = {}
    kind = None

    def setUp(self):
        if self.kind.missing():
            self.skipTest('needs: apt-get install apache2-utils squid tinyproxy')
        self.reset_server()
        self.proxy = self.kind(self.machine.new_path('proxy'))
        self.addCleanup(self.proxy.stop)

    def enable(self, scheme, password):
        if scheme == 'http':
            address, pem = 'http://%s:%d/scep' % (NAME, self.server.port), ''
        else:
            key, certificate = pki.make_certificate(self.work, NAME, names='DNS:' + NAME)
            front = TlsFront(self.server.port, key, certificate)
            self.addCleanup(front.stop)
            with open(certificate) as source:
                address, pem = 'https://%s:%d/scep' % (NAME, front.port), source.read()
        self.daemon = self.start_daemon(env={scheme + '_proxy': self.proxy.setting(password)})
        recorder = self.machine.recorder()
        self.daemon.configure(Enabled=True, **self.server.settings(
            ServerEndpoint=address, TLSCACertificates=pem, ConnectRetryInterval=86400))
        return recorder

    def check_enrolls(self, scheme):
        self.enable(scheme, self.proxy.PASSWORD)
        self.daemon.wait_state('enrolled')
        self.assertEqual([request['operation'] for request in self.server.requests()],
                         ['GetCACaps', 'GetCACert', 'PKIOperation'])
        self.assertNotIn(407, [status for status, _ in self.proxied()])
        self.check_secret()

    def proxied(self):
        """All that the proxy was asked: it may write that down after it has answered."""
        self.proxy.stop()
        return self.proxy.requests()

    def check_fails(self, scheme, password, sentence):
        recorder = self.enable(scheme, password)
        error, message, _ = recorder.wait('EnrollmentFailed')
        self.assertEqual(error, ERROR + 'ServerUnreachable', message)
        self.assertIn('The proxy 127.0.0.1:%d %s' % (self.proxy.port, sentence), message)
        requests = self.proxied()
        self.assertEqual(len(requests), 1, requests)
        self.assertEqual(self.server.requests(), [])
        self.check_secret()

    def check_secret(self):
        """The password is in no file that is ours and in no word."""
        self.assertNotIn(self.proxy.PASSWORD, self.daemon.log())
        self.assertNotIn(self.proxy.setting(self.proxy.PASSWORD), self.daemon.log())

    def test_http_right(self):
        self.check_enrolls('http')

    def test_http_wrong(self):
        self.check_fails('http', 'wrong', 'refused the user name or password in http_proxy')

    def test_http_missing(self):
        self.check_fails('http', None, 'wants a user name and a password. Set http_proxy to')

    def test_https_right(self):
        self.check_enrolls('https')

    def test_https_wrong(self):
        self.check_fails('https', 'wrong', 'refused the user name or password in https_proxy')

    def test_https_missing(self):
        self.check_fails('https', None, 'wants a user name and a password. Set https_proxy to')


class BehindSquid(Behind, MachineTest):
    kind = Squid


class BehindTinyproxy(Behind, MachineTest):
    kind = Tinyproxy


if __name__ == '__main__':
    main()
