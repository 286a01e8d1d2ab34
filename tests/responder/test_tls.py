#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""TLS and proxies that will not do: which of them is blamed, and with which words.

Diagnose tells in its steps how far a request came; its sentences are those of an attempt.
"""

import os
import ssl

from harness import MachineTest, main, pki
from harness.front import AnsweringProxy, Front, Proxy, TlsFront

CA = 'basicConstraints=critical,CA:TRUE'
LEAF = 'basicConstraints=critical,CA:FALSE'
NAME = 'subjectAltName=DNS:localhost'
NOWHERE = 'ca.invalid'  # RFC 2606: no name service knows it
LIMIT = 4               # seconds of each step of Diagnose


class Diagnosing(MachineTest):
    responder_options = {}

    def setUp(self):
        self.reset_server()
        self.daemon = None

    def steps(self, url, env=None, **settings):
        """The steps about the way to the server: their results, and the first text that is not
        good."""
        if self.daemon is not None:
            self.daemon.stop()
        self.daemon = self.start_daemon(env=env)
        self.daemon.configure(**self.server.settings(ServerEndpoint=url, **settings))
        steps = self.daemon.method('Diagnose')[0]
        way = {step['step']: step['result'] for step in steps
               if step['step'] in ('name-resolution', 'proxy', 'connection', 'tls')}
        texts = [step['text'] for step in steps if step['result'] == 'failure']
        for text in texts:
            self.assertNotRegex(text, r'[.][.](?![.])')
        return way, texts[0] if texts else ''

    def front(self, front):
        self.addCleanup(front.stop)
        return front


class Tls(Diagnosing):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.root = pki.issue(cls.work, 'root', extensions=[CA])

    def fails(self, saying, key, certificate, tune=None, trusted=None, **settings):
        """The connection is there, and TLS is not; nothing is sent."""
        front = self.front(TlsFront(self.server.port, key, certificate, tune))
        with open(trusted or self.root[1]) as pem:
            way, text = self.steps('https://localhost:%d/scep' % front.port,
                                   TLSCACertificates=pem.read(), **settings)
        self.assertEqual(way, {'name-resolution': 'ok', 'connection': 'ok', 'tls': 'failure'}, text)
        self.assertIn(saying, text)
        self.assertEqual(self.server.requests(), [])

    def leaf(self, name='leaf', extensions=(LEAF, NAME), **how):
        return pki.issue(self.work, name, how.pop('issuer', self.root), extensions, **how)

    def join(self, name, *certificates):
        path = os.path.join(self.work, name + '-chain.pem')
        with open(path, 'w') as out:
            for certificate in certificates:
                with open(certificate) as pem:
                    out.write(pem.read())
        return path

    def test_client_certificate(self):
        """Demanded in the handshake."""
        def tune(context):
            context.maximum_version = ssl.TLSVersion.TLSv1_2
            context.verify_mode = ssl.CERT_REQUIRED
            context.load_verify_locations(self.root[1])
        self.fails('client certificate', *self.leaf(), tune)

    def test_client_certificate_later(self):
        """TLS 1.3 tells it when the handshake is over."""
        def tune(context):
            context.minimum_version = ssl.TLSVersion.TLSv1_3
            context.verify_mode = ssl.CERT_REQUIRED
            context.load_verify_locations(self.root[1])
        self.fails('demands a TLS client certificate, and none is offered', *self.leaf(), tune)

    def test_alert(self):
        def tune(context):
            context.maximum_version = ssl.TLSVersion.TLSv1_2
            context.set_ciphers('ECDHE-ECDSA-AES128-GCM-SHA256')
        self.fails('speaks TLS, but ended it with an alert', *self.leaf(), tune)

    def test_self_signed(self):
        self.fails('it is self-signed', *pki.issue(self.work, 'alone', extensions=[LEAF, NAME]))

    def test_unknown_root(self):
        other = pki.issue(self.work, 'other', extensions=[CA])
        key, leaf = self.leaf('of-other', issuer=other)
        self.fails('but by “CN=other”', key, self.join('of-other', leaf, other[1]))

    def test_missing_intermediate(self):
        middle = pki.issue(self.work, 'middle', self.root, [CA])
        self.fails('“CN=middle”, who issued it, is not trusted here, and the server did not send',
                   *self.leaf('below', issuer=middle))

    def test_long_chain(self):
        issuer, chain = self.root, []
        for i in range(17):
            issuer = pki.issue(self.work, 'ca%d' % i, issuer, [CA])
            chain.insert(0, issuer[1])
        key, leaf = self.leaf('deep', issuer=issuer)
        self.fails('its chain has 18 certificates', key, self.join('deep', leaf, *chain))

    @staticmethod
    def only_old(context):
        """No better than TLS 1.1, and keys of any length."""
        context.set_ciphers('ALL:@SECLEVEL=0')
        context.minimum_version = ssl.TLSVersion.TLSv1
        context.maximum_version = ssl.TLSVersion.TLSv1_1

    def test_old_version(self):
        self.fails('offers TLS 1.1 at most', *self.leaf(), self.only_old)

    def test_legacy(self):
        """The policy lets both pass, and says so; a key below 1024 bits and another purpose it does
        not."""
        front = self.front(TlsFront(self.server.port, *self.leaf(bits=1024), self.only_old))
        with open(self.root[1]) as pem:
            trusted = pem.read()
        url = 'https://localhost:%d/scep' % front.port
        self.daemon = self.start_daemon()
        self.daemon.configure(AlgorithmPolicy='legacy', Enabled=True, RSAKeyLength=2048,
                              **self.server.settings(ServerEndpoint=url, TLSCACertificates=trusted))
        self.daemon.wait_state('enrolled')
        self.assertIn('weak-tls', self.daemon.get('Warnings'))
        steps = [s for s in self.daemon.method('Diagnose')[0] if s['step'] == 'tls']
        self.assertEqual([s['result'] for s in steps], ['warning'])
        self.daemon.restart()
        self.assertIn('weak-tls', self.daemon.get('Warnings'))
        self.server.reset()
        self.fails('serverAuth', *self.leaf('purpose', (LEAF, NAME, 'extendedKeyUsage=clientAuth')),
                   AlgorithmPolicy='legacy')

    def test_client_purpose(self):
        """As every enrolled device has it, where the CA of TLS is the one of SCEP."""
        self.fails('serverAuth', *self.leaf(extensions=(LEAF, NAME, 'extendedKeyUsage=clientAuth')))

    def test_short_key(self):
        def tune(context):
            context.set_ciphers('ALL:@SECLEVEL=0')
        self.fails('1024 bits', *self.leaf(bits=1024), tune)

    def test_common_name(self):
        self.fails('subjectAltName', *self.leaf(name='localhost', extensions=(LEAF,)))

    def test_not_tls(self):
        """A port of plain HTTP."""
        front = self.front(Front(self.server.port))
        way, text = self.steps('https://localhost:%d/scep' % front.port)
        self.assertEqual(way, {'name-resolution': 'ok', 'connection': 'ok', 'tls': 'failure'}, text)
        self.assertIn('TLS', text)


class Proxies(Diagnosing):
    HTTPS, HTTP = 'https://%s/scep' % NOWHERE, 'http://%s/scep' % NOWHERE

    def answering(self, answer, keeps=False):
        proxy = self.front(AnsweringProxy(answer.replace('\n', '\r\n').encode(), keeps))
        return proxy, 'http://user:secret@127.0.0.1:%d' % proxy.port

    def fails(self, saying, url, env):
        """The proxy is to blame, by its name and that of its variable; its password is not shown,
        and there is no word about the server."""
        found, text = self.steps(url, env=env)
        self.assertEqual(found, {'proxy': 'failure'}, text)
        self.assertIn(saying, text)
        self.assertNotIn('secret', text)
        self.assertNotIn('SCEP server', text)
        self.assertIn(list(env)[0], text)
        self.assertEqual(self.server.requests(), [])
        return text

    def refuses_tunnel(self, saying, answer):
        proxy, address = self.answering(answer)
        text = self.fails(saying, self.HTTPS, {'https_proxy': address})
        self.assertIn('127.0.0.1:%d' % proxy.port, text)
        self.assertEqual({line.split()[0] for line in proxy.asked}, {'CONNECT'})

    def test_good(self):
        """The name that only the proxy needs is not looked up."""
        proxy = self.front(Proxy(self.server.port))
        found, text = self.steps(self.HTTP, env={'http_proxy': 'http://127.0.0.1:%d' % proxy.port})
        self.assertEqual(found, {'proxy': 'ok', 'connection': 'ok', 'tls': 'ok'}, text)

    def test_tunnel_forbidden(self):
        self.refuses_tunnel('refused to connect to https://ca.invalid/scep (HTTP status 403)',
                            'HTTP/1.1 403 Forbidden\nContent-Length: 0\n\n')

    def test_tunnel_bad_gateway(self):
        self.refuses_tunnel('could not connect to https://ca.invalid/scep (HTTP status 502)',
                            'HTTP/1.1 502 Bad Gateway\nContent-Length: 0\n\n')

    def test_tunnel_portal(self):
        self.refuses_tunnel('sends the client on to http://portal.example/login instead',
                            'HTTP/1.1 302 Found\nLocation: http://portal.example/login\n'
                            'Content-Length: 0\n\n')

    def test_tunnel_other_scheme(self):
        self.refuses_tunnel('wants a login of a kind that the service does not have',
                            'HTTP/1.1 407 Proxy Authentication Required\n'
                            'Proxy-Authenticate: Negotiate\nProxy-Authenticate: NTLM\n'
                            'Content-Length: 0\n\n')

    def test_tunnel_hangs(self):
        _, address = self.answering('', keeps=True)
        self.fails('made no connection to https://ca.invalid/scep in time', self.HTTPS,
                   {'https_proxy': address})

    def test_tunnel_closed(self):
        _, address = self.answering('')
        self.fails('closed the connection when it was asked for https://ca.invalid/scep',
                   self.HTTPS, {'https_proxy': address})

    def test_http_other_scheme(self):
        _, address = self.answering('HTTP/1.1 407 Proxy Authentication Required\n'
                                    'Proxy-Authenticate: NTLM\nContent-Length: 0\n\n')
        self.fails('wants a login of a kind that the service does not have', self.HTTP, {'http_proxy': address})

    def test_http_hangs(self):
        """The proxy is there; what it waits for nobody knows."""
        _, address = self.answering('', keeps=True)
        self.fails('brought no whole answer of http://ca.invalid/scep in time', self.HTTP,
                   {'http_proxy': address})

    def test_nobody_there(self):
        proxy, address = self.answering('')
        proxy.stop()
        for url in (self.HTTP, self.HTTPS):
            self.fails('was refused: nothing listens there', url, {'all_proxy': address})

    def test_no_such_name(self):
        for url in (self.HTTP, self.HTTPS):
            self.fails('The name of the proxy proxy.invalid:3128, which', url,
                       {'ALL_PROXY': 'http://user:secret@proxy.invalid:3128'})

    def test_unusable(self):
        for value in ('ftp://user:secret@127.0.0.1:21', 'http://', 'http://user:secret@:3128',
                      'http://127.0.0.1:secret/'):
            self.fails('is not a proxy that the service can use', self.HTTPS,
                       {'https_proxy': value})

    def test_portal_behind(self):
        """Who sends the client on through a proxy of plain HTTP, nobody can tell."""
        proxy, address = self.answering('HTTP/1.1 302 Found\nLocation: http://portal.example/\n'
                                        'Content-Length: 0\n\n')
        way, _ = self.steps(self.HTTP, env={'http_proxy': address})
        steps = self.daemon.method('Diagnose')[0]
        text, = (s['text'] for s in steps if s['step'] == 'ca-certificates')
        self.assertIn('127.0.0.1:%d, which http_proxy names' % proxy.port, text)
        self.assertIn('sends the client on to http://portal.example/', text)


if __name__ == '__main__':
    main()
