#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""An enrollment through the service beside the same by scepserver's own client.

Both ask the same scepserver over loopback, in turns, and both write to the same
file system. That is first one in memory, which compares the programs, then one
on a disk, where the service syncs what it writes before it goes on and the client
does not. The client has its key ready; of the service's time that in which its key was
made, which the service itself says in its log, is taken out and nothing else. The
service writes down whom it trusts while the key is made: nobody waits for that, so the
figure does not show it.

The clock of the service runs from the call that enables the profile to the
arrival of the signal that says it is enrolled.
"""

import os
import re
import shutil
import statistics
import tempfile
import time

from harness import PATH, MachineTest, main, wait_for
from harness.daemon import DAEMON_USER

RUNS = int(os.environ.get('SCEP_BENCH_RUNS', '41'))
FOLDERS = {'memory': '/dev/shm', 'disk': os.environ.get('SCEP_BENCH_FOLDER', '/var/tmp')}
MAX_RATIO = 1.25
KEY_MADE = re.compile(r'key of \d+ bits was made in (\d+) microseconds')


def spread(times):
    """Median and quartiles in milliseconds, for people."""
    low, middle, high = (value * 1000 for value in statistics.quantiles(times, n=4))
    return 'median %.1f ms (quartiles %.1f, %.1f)' % (middle, low, high)


def synced_write(folder):
    begun = time.monotonic()
    with open(os.path.join(folder, 'synced'), 'wb') as out:
        out.write(bytes(2048))
        out.flush()
        os.fsync(out.fileno())
    return time.monotonic() - begun


class Enrollment(MachineTest):
    server_options = {}

    def setUp(self):
        """There is a daemon for each file system instead of one for the test."""

    def begin(self, parent):
        self.folder = tempfile.mkdtemp(prefix='scep-bench-', dir=parent)
        self.addCleanup(shutil.rmtree, self.folder)
        os.chmod(self.folder, 0o711)
        state = os.path.join(self.folder, 'state')
        os.mkdir(state, 0o700)
        shutil.chown(state, DAEMON_USER, DAEMON_USER)
        self.daemon = self.start_daemon(state=state, env={'G_MESSAGES_DEBUG': 'scep-keystore'})

    def client(self, key, number):
        folder = os.path.join(self.folder, 'client-%d' % number)
        os.mkdir(folder)
        begun = time.monotonic()
        self.machine.run('scepclient', '-server-url', self.server.url, '-challenge',
                         self.server.challenge, '-private-key', key, '-certificate',
                         os.path.join(folder, 'cert.pem'), '-cn', 'client-%d' % number,
                         check=True)
        return time.monotonic() - begun

    def service(self, number):
        """Seconds to the certificate, and those of them in which the key was made."""
        ends = []

        def on_change(_connection, _sender, _path, _interface, _signal, parameters, *_):
            if parameters.unpack()[1].get('State') == 'enrolled':
                ends.append(time.monotonic())

        self.daemon.configure(**self.server.settings(SubjectDN='CN=service-%d' % number))
        subscription = self.machine.bus.connection.signal_subscribe(
            None, 'org.freedesktop.DBus.Properties', 'PropertiesChanged', PATH, None, 0, on_change)
        said = len(self.daemon.log())
        begun = time.monotonic()
        self.daemon.set('Enabled', True)
        wait_for(lambda: ends, self.daemon.describe)
        self.machine.bus.connection.signal_unsubscribe(subscription)
        made = KEY_MADE.findall(self.daemon.log()[said:])
        self.assertEqual(len(made), 1, 'one key is made for one enrollment')
        self.daemon.set('Enabled', False)
        self.daemon.method('Reset')
        return ends[0] - begun, int(made[0]) / 1e6

    def measure(self):
        """Seconds of the client, of the service, of its keys and of a synced write."""
        key = os.path.join(self.folder, 'key.pem')
        self.machine.run('openssl', 'genrsa', '-traditional', '-out', key, '2048', check=True)
        client, service, making, writes = [], [], [], []
        self.client(key, RUNS)
        self.service(RUNS)  # programs and libraries are in memory now
        for number in range(RUNS):
            client.append(self.client(key, number))
            whole, key_time = self.service(number)
            service.append(whole - key_time)
            making.append(key_time)
            writes.append(synced_write(self.folder))
        return client, service, making, writes

    def test_beside_scepclient(self):
        for name, parent in FOLDERS.items():
            with self.subTest(name):
                self.begin(parent)
                client, service, making, writes = self.measure()
                ratio = statistics.median(service) / statistics.median(client)
                print('# files on %s (%s), %d enrollments each, in turns' % (name, parent, RUNS))
                print('# scepclient:            %s' % spread(client))
                print('# service without key:   %s' % spread(service))
                print('# its key, not counted:  %s' % spread(making))
                print('# one synced write here: %s' % spread(writes))
                print('# ratio of the medians:  %.2f, allowed %.2f' % (ratio, MAX_RATIO))
                self.daemon.stop()
                self.assertLessEqual(ratio, MAX_RATIO)


if __name__ == '__main__':
    main()
