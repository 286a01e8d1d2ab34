# SPDX-License-Identifier: LGPL-2.1-or-later
"""Everything together, and the test case that uses it."""

import glob
import os
import shutil
import subprocess
import tempfile
import unittest

from .bus import Bus
from .caller import Caller
from .daemon import DAEMON_USER, Daemon, Recorder
from .namespace import mount, umount
from .polkit import Polkit
from .process import as_user
from .responder import Responder
from .scepserver import ScepServer

TEST_USER = 'scep-tester'


def build_dir():
    return os.environ['SCEP_BUILD_DIR']


def source_dir():
    return os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(__file__))))


def find_one(pattern):
    """A built file, or where nothing has to be built the file in the source tree."""
    for root in (build_dir(), source_dir()):
        found = [path for path in glob.glob(os.path.join(root, pattern))]
        if found:
            return found[0]
    raise AssertionError('no %s in the build folder' % pattern)


class Machine:
    """Bus, polkit and users; servers and daemons on request.

    Only one at a time: the users and polkit's folders are mounted over the
    host's, inside this process's mount namespace.
    """

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix='scep-test-')
        self.serial = 0
        self.callers = []
        mount('-t', 'tmpfs', '-o', 'mode=0755', 'scep-test', self.folder)
        self.add_users()
        self.copy_programs()
        self.bus = Bus(self.new_path('bus'), find_one('data/*SCEPEnrollment.conf'))
        self.polkit = Polkit(self.new_path('polkit'), self.bus,
                             find_one('polkit/*SCEPEnrollment.policy'))
        self.tester = self.caller(TEST_USER)
        os.environ['DBUS_SYSTEM_BUS_ADDRESS'] = self.bus.address

    # Folders

    def new_path(self, name):
        self.serial += 1
        return os.path.join(self.folder, '%03d-%s' % (self.serial, name))

    def sub(self, name):
        path = self.new_path(name)
        os.makedirs(path)
        return path

    def folder_for(self, user, name, mode=0o700):
        path = self.sub(name)
        shutil.chown(path, user, user)
        os.chmod(path, mode)
        return path

    # Users

    def add_users(self):
        for database, line in (('passwd', '%s:x:%d:%d::/nonexistent:/usr/sbin/nologin\n'),
                               ('group', '%s:x:%d:\n')):
            path = self.new_path(database)
            shutil.copy('/etc/' + database, path)
            with open(path) as old:
                taken = {entry.split(':')[0] for entry in old}
            with open(path, 'a') as out:
                for number, user in ((64301, DAEMON_USER), (64302, TEST_USER)):
                    if user not in taken:
                        out.write(line % ((user,) + (number,) * (line.count('%d'))))
            mount('--bind', path, '/etc/' + database)

    def copy_programs(self):
        """Source and build folder may lie where other users cannot look, below /root for example."""
        self.library = self.sub('lib')
        mount('--bind', os.path.dirname(os.path.dirname(os.path.abspath(__file__))), self.library)
        self.bin = self.sub('bin')
        for path in ('src/service/scep-enrollmentd', 'src/ctl/scepctl'):
            built = os.path.join(build_dir(), path)
            if os.path.exists(built):
                target = os.path.join(self.bin, os.path.basename(path))
                open(target, 'w').close()
                mount('--bind', built, target)

    def program(self, name):
        return os.path.join(self.bin, name)

    # Whom one can be

    def caller(self, user):
        caller = Caller(self.bus.address, user, self.library)
        self.callers.append(caller)
        return caller

    def permit(self, *actions):
        """polkit says yes to the tester for these actions, and for no others."""
        self.polkit.answer({action: 'yes' for action in actions}, TEST_USER, self.tester)

    def forbid(self, *actions):
        """polkit says no, rather than asking for a password."""
        self.polkit.answer({action: 'no' for action in actions}, TEST_USER, self.tester)

    def run(self, *command, user=None, data=None, check=False, timeout=60):
        """A command as somebody types it; user None is root."""
        env = dict(os.environ, DBUS_SYSTEM_BUS_ADDRESS=self.bus.address, LC_ALL='C.UTF-8',
                   PATH=self.bin + ':' + os.environ['PATH'])
        result = subprocess.run(as_user(user, command), input=data, capture_output=True,
                                text=True, env=env, cwd='/', timeout=timeout,
                                stdin=subprocess.DEVNULL if data is None else None)
        if check and result.returncode != 0:
            raise AssertionError('%s: %d\n%s%s' % (' '.join(command), result.returncode,
                                                   result.stdout, result.stderr))
        return result

    def busctl(self, *args, user=None, check=False):
        return self.run('busctl', '--system', *args, user=user, check=check)

    def gdbus(self, *args, user=None, check=False):
        return self.run('gdbus', *args, user=user, check=check)

    def scepctl(self, *args, user=None, data=None, check=False):
        return self.run('scepctl', *args, user=user, data=data, check=check)

    # What runs

    def daemon(self, **how):
        return Daemon(self, **how)

    def scepserver(self, **how):
        return ScepServer(self.new_path('scepserver'), **how)

    def responder(self, like=None, **how):
        """like is another one of the same kind, whose keys and certificates it has, too."""
        folder = self.new_path('responder')
        if like is not None:
            os.mkdir(folder)
            for name in os.listdir(like.folder):
                if name.endswith('.pem'):
                    shutil.copy(os.path.join(like.folder, name), folder)
        return Responder(folder, build_dir(), **how)

    def recorder(self):
        return Recorder(self.bus)

    def stop(self):
        for caller in self.callers:
            caller.stop()
        self.polkit.stop()
        self.bus.stop()
        for database in ('passwd', 'group'):
            umount('/etc/' + database)
        umount(self.folder)
        os.rmdir(self.folder)


class MachineTest(unittest.TestCase):
    """One machine per class, a daemon with nothing in its folders per test."""

    maxDiff = None
    server_options = None     # a dict: the class has a scepserver, self.server
    responder_options = None  # a dict: it has a responder instead, in its first mood for each test

    @classmethod
    def setUpClass(cls):
        cls.machine = Machine()
        if cls.server_options is not None:
            cls.server = cls.machine.scepserver(**cls.server_options)
        elif cls.responder_options is not None:
            cls.server = cls.machine.responder(**cls.responder_options)
        cls.work = cls.machine.sub('work')

    @classmethod
    def tearDownClass(cls):
        if cls.server_options is not None or cls.responder_options is not None:
            cls.server.stop()
        cls.machine.stop()

    def reset_server(self):
        if self.responder_options is not None:
            self.server.reset()

    def setUp(self):
        self.reset_server()
        self.daemon = self.start_daemon()

    def start_daemon(self, **how):
        daemon = self.machine.daemon(**how)
        self.addCleanup(self.finish_daemon, daemon)
        return daemon

    @staticmethod
    def finish_daemon(daemon):
        """Whatever the test was about, the daemon may not crash or leak."""
        if daemon.process.running():
            daemon.stop()
        elif not daemon.ended:
            raise AssertionError('the daemon ended by itself with %d:\n%s' %
                                 (daemon.process.child.returncode, daemon.log()))

    def assert_call_fails(self, name, function, *args, **kwargs):
        """The call is refused with this error; returns its sentence."""
        from .bus import CallError
        with self.assertRaises(CallError) as caught:
            function(*args, **kwargs)
        self.assertEqual(caught.exception.name, name, caught.exception.message)
        self.assertTrue(caught.exception.message)
        return caught.exception.message
