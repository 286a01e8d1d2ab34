#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""An enrollment through the service beside the same by scepserver's own client.

Both ask the same scepserver over loopback. The client has its key ready; the
time in which the service makes its key is taken out.
"""

import os
import statistics
import time

from harness import PATH, MachineTest, main, wait_for

RUNS = int(os.environ.get('SCEP_BENCH_RUNS', '11'))
MAX_RATIO = 1.25


class Enrollment(MachineTest):
    server_options = {}

    def client(self, key, number):
        folder = self.machine.sub('client')
        begun = time.monotonic()
        self.machine.run('scepclient', '-server-url', self.server.url, '-challenge',
                         self.server.challenge, '-private-key', key, '-certificate',
                         os.path.join(folder, 'cert.pem'), '-cn', 'client-%d' % number,
                         check=True)
        return time.monotonic() - begun

    def service(self, number):
        """Seconds from the first state to the last without those in which a key is made."""
        times = []

        def on_state(_connection, _sender, _path, _interface, _signal, parameters, *_):
            changed = parameters.unpack()[1]
            if 'State' in changed:
                times.append((time.monotonic(), changed['State']))

        subscription = self.machine.bus.connection.signal_subscribe(
            None, 'org.freedesktop.DBus.Properties', 'PropertiesChanged', PATH, None, 0, on_state)
        self.daemon.configure(**self.server.settings(SubjectDN='CN=service-%d' % number))
        times.append((time.monotonic(), 'begun'))
        self.daemon.set('Enabled', True)
        wait_for(lambda: times[-1][1] == 'enrolled', self.daemon.describe)
        self.machine.bus.connection.signal_unsubscribe(subscription)
        making = sum(after[0] - before[0] for before, after in zip(times, times[1:])
                     if before[1] == 'generating-key')
        self.daemon.set('Enabled', False)
        self.daemon.method('Reset')
        return times[-1][0] - times[0][0] - making

    def test_beside_scepclient(self):
        key = self.machine.sub('key') + '/key.pem'
        self.machine.run('openssl', 'genrsa', '-traditional', '-out', key, '2048', check=True)
        client, service = [], []
        for number in range(RUNS):
            client.append(self.client(key, number))
            service.append(self.service(number))
        client_time, service_time = statistics.median(client), statistics.median(service)
        print('# scepclient %.1f ms, service %.1f ms, ratio %.2f' %
              (client_time * 1000, service_time * 1000, service_time / client_time))
        self.assertLessEqual(service_time, MAX_RATIO * client_time)


if __name__ == '__main__':
    main()
