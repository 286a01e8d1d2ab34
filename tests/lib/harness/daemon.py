# SPDX-License-Identifier: LGPL-2.1-or-later
"""The daemon as systemd would start it, and its objects as root sees them."""

import os
import shutil

from gi.repository import GLib

from .bus import CallError
from .names import BUS_NAME, INTERFACE, KEYSTORE, KEYSTORE_PATH, MANAGER, PATH, PROPERTIES
from .process import Process, wait_for

DAEMON_USER = 'scep-enrollment'

SETTING_TYPES = {
    'Enabled': 'b', 'CARollover': 'b', 'ChallengePasswordOneTime': 'b',
    'ClientCertificateRenew': 'b', 'CertificateCheckInterval': 'u', 'ConnectRetryInterval': 'u',
    'RSAKeyLength': 'u', 'RenewalThreshold': 'u', 'SubjectAltNames': 'as', 'KeyUsage': 'as',
    'ExtendedKeyUsage': 'as',
}


def settings_variant(settings):
    """{name: value} as the a{sv} that Configure takes."""
    return {name: value if isinstance(value, GLib.Variant)
            else GLib.Variant(SETTING_TYPES.get(name, 's'), value)
            for name, value in settings.items()}


class Daemon:
    def __init__(self, machine, state=None, configuration=None, env=None, program=None):
        self.machine = machine
        self.bus = machine.bus
        self.state_dir = state or machine.folder_for(DAEMON_USER, 'state')
        self.configuration_dir = configuration or machine.folder_for(DAEMON_USER, 'configuration')
        self.extra_env = env or {}
        self.command = [program or machine.program('scep-enrollmentd')]
        self.user = DAEMON_USER
        self.log_path = machine.new_path('daemon.log')
        self.process = None
        self.ended = False  # by the test
        self.start()

    # The process

    def start(self, wait=True):
        env = {key: value for key, value in os.environ.items()
               if key.endswith('_OPTIONS') or key in ('G_DEBUG', 'MALLOC_CHECK_', 'PATH', 'LANG')}
        env.update(DBUS_SYSTEM_BUS_ADDRESS=self.bus.address, STATE_DIRECTORY=self.state_dir,
                   CONFIGURATION_DIRECTORY=self.configuration_dir,
                   G_MESSAGES_DEBUG=os.environ.get('G_MESSAGES_DEBUG', 'all'),
                   G_SLICE='always-malloc', HOME='/')
        env.update(self.extra_env)
        self.process = Process(self.command, self.log_path, env, self.user)
        self.ended = False
        if wait:
            wait_for(self.ready, lambda: 'the daemon:\n' + self.log())

    def ready(self):
        self.process.check_running()
        return self.owner() is not None

    def owner(self):
        return self.bus.owner(BUS_NAME)

    def gone(self):
        wait_for(lambda: self.owner() is None, 'the bus to see the daemon go')

    def kill(self):
        self.ended = True
        self.process.kill()
        self.gone()

    def stop(self):
        """SIGTERM must end it cleanly: no crash, no leak, status 0."""
        self.ended = self.process.running()
        status = self.process.stop()
        self.gone()
        if status != 0:
            raise AssertionError('the daemon ended with %d:\n%s' % (status, self.log()))

    def restart(self):
        self.stop()
        self.start()

    def log(self):
        return self.process.log()

    # Its objects, called as root

    def call(self, path, interface, member, signature='()', *arguments):
        variant = GLib.Variant(signature, arguments) if signature != '()' else None
        reply = self.bus.call(BUS_NAME, path, interface, member, variant)
        return reply.unpack() if reply is not None else ()

    def method(self, member, signature='()', *arguments, path=PATH):
        return self.call(path, INTERFACE, member, signature, *arguments)

    def manager(self, member, signature='()', *arguments):
        return self.call(PATH, MANAGER, member, signature, *arguments)

    def keystore(self, member, signature='()', *arguments, path=KEYSTORE_PATH):
        return self.call(path, KEYSTORE, member, signature, *arguments)

    def configure(self, path=PATH, **settings):
        self.method('Configure', '(a{sv})', settings_variant(settings), path=path)

    def get(self, name, path=PATH, interface=INTERFACE):
        return self.call(path, PROPERTIES, 'Get', '(ss)', interface, name)[0]

    def set(self, name, value, path=PATH):
        self.call(path, PROPERTIES, 'Set', '(ssv)', INTERFACE, name,
                  settings_variant({name: value})[name])

    def get_all(self, path=PATH, interface=INTERFACE):
        return self.call(path, PROPERTIES, 'GetAll', '(s)', interface)[0]

    def describe(self, path=PATH):
        try:
            values = self.get_all(path)
        except CallError as error:
            return str(error)
        return ', '.join('%s=%r' % (name, values.get(name)) for name in
                         ('State', 'LastError', 'LastErrorMessage', 'MissingSettings'))

    def wait_state(self, *states, path=PATH, timeout=None):
        """Waits for one of the states; ends early where another end was reached."""
        def reached():
            self.process.check_running()
            return self.get('State', path) in states
        wait_for(reached, lambda: 'state %s: %s\n%s' % (
            ' or '.join(states), self.describe(path), self.log()[-4000:]), timeout)
        return self.get('State', path)

    # Its files

    def file(self, *parts):
        return os.path.join(self.state_dir, *parts)

    def write_configuration(self, name, text):
        """A drop-in file, readable by the daemon, for example profiles/x.conf"""
        path = os.path.join(self.configuration_dir, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, 'w') as out:
            out.write(text)
        for item in (os.path.dirname(path), path):
            shutil.chown(item, DAEMON_USER, DAEMON_USER)


class Recorder:
    """Every signal of the daemon, in the order in which it came."""

    def __init__(self, bus):
        self.connection = bus.connection
        self.signals = []
        self.id = self.connection.signal_subscribe(BUS_NAME, None, None, None, None, 0,
                                                   self.on_signal)
        bus.owner(BUS_NAME)  # a round trip: the match rule is in force

    def on_signal(self, _connection, _sender, path, interface, member, parameters, *_):
        self.signals.append((path, interface, member, parameters.unpack()))

    def named(self, member, path=PATH, interface=INTERFACE):
        return [signal[3] for signal in self.signals if signal[:3] == (path, interface, member)]

    def changes(self, path=PATH, interface=INTERFACE):
        """The changed properties of each PropertiesChanged of the interface."""
        return [args[1] for args in self.named('PropertiesChanged', path, PROPERTIES)
                if args[0] == interface]

    def states(self, path=PATH):
        return [change['State'] for change in self.changes(path) if 'State' in change]

    def wait(self, member, **where):
        return wait_for(lambda: self.named(member, **where),
                        lambda: 'signal %s; got %s' % (member, [s[2] for s in self.signals]))[-1]

    def stop(self):
        self.connection.signal_unsubscribe(self.id)
