#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What lies between the daemon and its server: names, TLS, proxies, and too much patience."""

import os
import shutil
import time

from harness import ERROR, MachineTest, build_dir, main, pki, wait_for
from harness.cable import ADDRESS, NEIGHBOUR, Cable
from harness.front import Front, Proxy, TlsFront

NOWHERE = 'ca.invalid'  # RFC 2606: no name service knows it
TRICKLE_LIMIT = 60      # seconds for a whole reply
CONNECT_LIMIT = 30      # seconds
FASTER = 20             # see fast-time.c


def count_connections():
    """Those that anybody here has begun so far."""
    with open('/proc/net/snmp') as counters:
        names, values = [line.split() for line in counters if line.startswith('Tcp:')]
    return int(values[names.index('ActiveOpens')])


class Network(MachineTest):
    responder_options = {}

    def setUp(self):
        self.reset_server()

    def enable(self, env=None, **more):
        self.daemon = self.start_daemon(env=env)
        recorder = self.machine.recorder()
        self.daemon.configure(Enabled=True,
                              **self.server.settings(**{'ConnectRetryInterval': 5, **more}))
        return recorder

    def enable_fast(self, **more):
        """A daemon whose timeouts end FASTER times sooner."""
        preload = os.path.join(self.machine.sub('lib'), 'fast-time.so')
        shutil.copy(os.path.join(build_dir(), 'tests/responder/fast-time.so'), preload)
        return self.enable(env={'LD_PRELOAD': preload,
                                'ASAN_OPTIONS': 'detect_leaks=0:verify_asan_link_order=0'}, **more)

    def check_enrolled(self):
        self.daemon.wait_state('enrolled')
        verified, output = pki.verify(self.daemon.method('GetCertificateChain')[0],
                                      self.server.ca_file, self.work)
        self.assertTrue(verified, output)

    def tls_front(self, name):
        """Returns the front, and the PEM text of its certificate."""
        key, certificate = pki.make_certificate(self.work, name, names='DNS:' + name)
        front = TlsFront(self.server.port, key, certificate)
        self.addCleanup(front.stop)
        with open(certificate) as pem:
            return front, pem.read()

    def proxy(self, target):
        proxy = Proxy(target)
        self.addCleanup(proxy.stop)
        return proxy, 'http://127.0.0.1:%d' % proxy.port

    def plug(self):
        cable = Cable()
        self.addCleanup(cable.pull)
        return cable

    def test_no_network(self):
        """Nothing is begun, and it is said once."""
        recorder = self.enable(ServerEndpoint='http://%s/scep' % NOWHERE)
        error, message, next_attempt = recorder.wait('EnrollmentFailed')
        self.assertEqual(error, ERROR + 'ServerUnreachable')
        self.assertIn('this machine has no network', message)
        self.assertIn(NOWHERE, message)
        self.assertGreater(next_attempt, 0)
        self.assertNotIn('bootstrapping', recorder.states())
        # Once only: another attempt is due, and nobody is told again.
        wait_for(lambda: self.daemon.get('NextActionTime') > next_attempt, 'another attempt')
        self.assertEqual(len(recorder.named('EnrollmentFailed')), 1)
        self.assertEqual([event[1] for event in self.daemon.method('GetHistory')[0]], ['failed'])

    def test_network_returns(self):
        """Long before the planned time."""
        cable = self.plug()
        front = Front(self.server.port, ADDRESS)
        self.addCleanup(front.stop)
        cable.pull()
        recorder = self.enable(ServerEndpoint='http://%s:%d/scep' % (ADDRESS, front.port),
                               ConnectRetryInterval=86400)
        _, message, _ = recorder.wait('EnrollmentFailed')
        self.assertIn('this machine has no network', message)
        self.plug()
        self.daemon.wait_state('enrolled', timeout=60)
        self.assertEqual(self.daemon.get('LastError'), '')

    def test_no_answer(self):
        """A machine that is off, or a firewall that drops: connecting ends in time."""
        self.plug()
        begun = time.monotonic()
        connections = count_connections()
        recorder = self.enable_fast(ServerEndpoint='http://%s/scep' % NEIGHBOUR)
        # The kernel itself, which nothing makes faster, would try for two minutes.
        error, message, next_attempt = recorder.wait('EnrollmentFailed')
        self.assertEqual(error, ERROR + 'Timeout', message)
        self.assertIn(NEIGHBOUR, message)
        self.assertIn('No connection to it came about', message)
        self.assertGreater(next_attempt, 0)
        fast = (time.monotonic() - begun) * FASTER
        self.assertGreaterEqual(fast, CONNECT_LIMIT)
        # GetCACert would wait as long again.
        self.assertEqual(count_connections(), connections + 1)

    def test_one_connection(self):
        """An enrollment asks three times, and connects once."""
        front = Front(self.server.port)
        self.addCleanup(front.stop)
        self.enable(ServerEndpoint='http://127.0.0.1:%d/scep' % front.port)
        self.check_enrolled()
        self.assertEqual([request['operation'] for request in self.server.requests()],
                         ['GetCACaps', 'GetCACert', 'PKIOperation'])
        self.assertEqual(front.n_connections, 1)

    def test_no_such_name(self):
        self.plug()
        recorder = self.enable(ServerEndpoint='http://%s/scep' % NOWHERE)
        error, message, next_attempt = recorder.wait('EnrollmentFailed')
        self.assertEqual(error, ERROR + 'ServerUnreachable')
        self.assertIn('The name %s of the SCEP server could not be looked up' % NOWHERE, message)
        self.assertGreater(next_attempt, 0)
        self.assertEqual(self.daemon.get('NextAction'), 'retry')

    def test_tls_of_a_stranger(self):
        front, _ = self.tls_front('localhost')
        recorder = self.enable(ServerEndpoint='https://localhost:%d/scep' % front.port)
        error, message, _ = recorder.wait('EnrollmentFailed')
        self.assertEqual(error, ERROR + 'TlsFailed')
        self.assertIn('TLSCACertificates', message)
        self.assertEqual(self.server.requests(), [])

    def test_tls_of_another_name(self):
        front, pem = self.tls_front('elsewhere.example.org')
        recorder = self.enable(ServerEndpoint='https://localhost:%d/scep' % front.port,
                               TLSCACertificates=pem)
        error, message, _ = recorder.wait('EnrollmentFailed')
        self.assertEqual(error, ERROR + 'TlsFailed')
        self.assertIn('another name', message)
        self.assertEqual(self.server.requests(), [])

    def test_tls(self):
        front, pem = self.tls_front('localhost')
        self.enable(ServerEndpoint='https://localhost:%d/scep' % front.port, TLSCACertificates=pem)
        self.check_enrolled()
        self.assertEqual([r['challengeOk'] for r in self.server.requests('PKIOperation')], [True])

    def test_proxy_is_away(self):
        proxy, address = self.proxy(self.server.port)
        proxy.stop()
        recorder = self.enable(env={'http_proxy': address},
                               ServerEndpoint='http://%s/scep' % NOWHERE)
        error, message, _ = recorder.wait('EnrollmentFailed')
        self.assertEqual(error, ERROR + 'ServerUnreachable', message)
        self.assertEqual(self.server.requests(), [])

    def test_proxy(self):
        """It is the proxy that looks up the server's name."""
        proxy, address = self.proxy(self.server.port)
        self.enable(env={'http_proxy': address}, ServerEndpoint='http://%s/scep' % NOWHERE)
        self.check_enrolled()
        self.assertTrue(proxy.asked)
        for line in proxy.asked:
            self.assertIn(' http://%s/scep?operation=' % NOWHERE, line)

    def test_tls_through_proxy(self):
        """The proxy only passes on what it cannot read."""
        front, pem = self.tls_front(NOWHERE)
        proxy, address = self.proxy(front.port)
        self.enable(env={'https_proxy': address}, ServerEndpoint='https://%s/scep' % NOWHERE,
                    TLSCACertificates=pem)
        self.check_enrolled()
        self.assertEqual({line.split()[:2][0] for line in proxy.asked}, {'CONNECT'})
        self.assertEqual({line.split()[1] for line in proxy.asked}, {NOWHERE + ':443'})

    def test_no_proxy(self):
        proxy, address = self.proxy(self.server.port)
        self.enable(env={'http_proxy': address, 'no_proxy': '127.0.0.1'})
        self.check_enrolled()
        self.assertEqual(proxy.asked, [])

    def test_interim(self):
        """Whatever a server makes of the HTTP library: callers are answered."""
        self.server.control(http__GetCACaps='interim', http__GetCACert='interim')
        recorder = self.enable()
        slowest, failed = 0, ''
        while not failed:
            begun = time.monotonic()
            failed = self.daemon.get('LastError')
            slowest = max(slowest, time.monotonic() - begun)
        print('# the slowest answer took %d ms' % (slowest * 1000))
        self.assertLess(slowest, 2)
        error, message, _ = recorder.wait('EnrollmentFailed')
        self.assertEqual(error, ERROR + 'MalformedReply', message)
        self.server.control(http__GetCACaps='', http__GetCACert='')
        self.check_enrolled()

    def test_stop_meanwhile(self):
        """The end of the service waits for no server, and nothing is left over."""
        for mode in ('trickle', 'interim', 'huge'):
            self.server.control(http__GetCACert=mode)
            daemon = self.start_daemon()
            daemon.configure(Enabled=True, **self.server.settings(ConnectRetryInterval=5))
            wait_for(lambda: self.server.requests('GetCACert'), 'the question')
            begun = time.monotonic()
            daemon.stop()
            self.assertLess(time.monotonic() - begun, 10)
            self.reset_server()

    def test_trickle(self):
        """A server that never ends: it is given up in time, and meanwhile one may change one's
        mind."""
        self.server.control(http__GetCACert='trickle')
        begun = time.monotonic()
        recorder = self.enable_fast()
        self.daemon.wait_state('bootstrapping')
        self.daemon.method('Cancel')
        self.assertEqual(self.daemon.get('LastError'), ERROR + 'Cancelled')
        self.daemon.method('Enroll')
        error, message, next_attempt = recorder.wait('EnrollmentFailed')
        self.assertEqual(error, ERROR + 'Timeout', message)
        self.assertIn('within %d seconds' % TRICKLE_LIMIT, message)
        self.assertGreater(next_attempt, 0)
        fast = (time.monotonic() - begun) * FASTER
        self.assertGreaterEqual(fast, TRICKLE_LIMIT - FASTER)
        self.server.control(http__GetCACert='')
        self.check_enrolled()


if __name__ == '__main__':
    main()
