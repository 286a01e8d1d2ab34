# SPDX-License-Identifier: LGPL-2.1-or-later
"""HTTP proxies that nobody here wrote, with a user name and a password."""

import os
import shutil
import subprocess
from urllib.parse import quote

from .process import Process, wait_for
from .scepserver import free_port, listening


class RealProxy:
    """On 127.0.0.1; its log names every request."""

    PROGRAM = None
    USER, PASSWORD = 'device', None

    def __init__(self, folder):
        self.folder = folder
        os.makedirs(folder)
        os.chmod(folder, 0o755)
        for _ in range(10):  # the port may be taken meanwhile
            self.port = free_port()
            self.prepare()
            self.process = Process(self.command(), os.path.join(folder, 'output'))
            wait_for(lambda: not self.process.running() or listening(self.port), self.PROGRAM)
            if self.process.running():
                return
        raise AssertionError('%s does not start:\n%s' % (self.PROGRAM, self.process.log()))

    @classmethod
    def missing(cls):
        return shutil.which(cls.PROGRAM, path='/usr/sbin:/usr/bin') is None

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, *lines):
        with open(self.path(name), 'w') as target:
            target.write('\n'.join(lines) + '\n')
        return self.path(name)

    def setting(self, password=None):
        """The value of http_proxy."""
        login = '%s:%s@' % (self.USER, quote(password, safe='')) if password else ''
        return 'http://%s127.0.0.1:%d' % (login, self.port)

    def stop(self):
        self.process.stop()


class Squid(RealProxy):
    """Asks basic_ncsa_auth, and keeps connections."""

    PROGRAM = 'squid'
    PASSWORD = 'p@ss/1: 100%'

    def prepare(self):
        passwords = self.path('passwords')
        subprocess.run(['htpasswd', '-b', '-c', passwords, self.USER, self.PASSWORD], check=True,
                       stderr=subprocess.DEVNULL)
        os.chmod(passwords, 0o644)
        self.write('squid.conf',
                   'http_port 127.0.0.1:%d' % self.port,
                   'auth_param basic program /usr/lib/squid/basic_ncsa_auth %s' % passwords,
                   'auth_param basic children 1 startup=1',
                   'auth_param basic realm plant',
                   'acl known proxy_auth REQUIRED',
                   'http_access allow known',
                   'http_access deny all',
                   'access_log stdio:%s logformat=squid' % self.path('access'),
                   'cache_log %s' % self.path('cache.log'),
                   'cache deny all',
                   'pid_filename none',
                   'pinger_enable off',
                   'netdb_filename none',
                   'shutdown_lifetime 0 seconds',
                   'coredump_dir %s' % self.folder)
        for name in ('access', 'cache.log'):
            self.write(name)
        for name in (self.folder, self.path('access'), self.path('cache.log')):
            shutil.chown(name, 'proxy', 'proxy')

    def command(self):
        return ['/usr/sbin/squid', '-N', '-f', self.path('squid.conf')]

    def requests(self):
        """(status, method) of each, in their order"""
        with open(self.path('access')) as log:
            fields = [line.split() for line in log if line.strip()]
        return [(int(line[3].rpartition('/')[2]), line[5]) for line in fields if line[5] != '-']


class Tinyproxy(RealProxy):
    """Closes the connection with a refusal."""

    PROGRAM = 'tinyproxy'
    PASSWORD = 'pass-1'

    def prepare(self):
        self.write('tinyproxy.conf', 'Port %d' % self.port, 'Listen 127.0.0.1', 'Timeout 60',
                   'LogLevel Connect', 'LogFile "%s"' % self.path('log'), 'MaxClients 20',
                   'Allow 127.0.0.1', 'BasicAuth %s %s' % (self.USER, self.PASSWORD))

    def command(self):
        return ['tinyproxy', '-d', '-c', self.path('tinyproxy.conf')]

    def requests(self):
        """(0, method) of each, in their order"""
        with open(self.path('log')) as log:
            lines = [line.split('): ', 1)[-1] for line in log if 'Request (file' in line]
        return [(0, line.split()[0]) for line in lines]
