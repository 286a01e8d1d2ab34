# SPDX-License-Identifier: LGPL-2.1-or-later
"""A private bus that is of the type "system" in everything but its address."""

import os
import shutil
import xml.etree.ElementTree as ElementTree

from gi.repository import Gio, GLib

from .process import Process, wait_for

SYSTEM_CONF = '/usr/share/dbus-1/system.conf'
POLKIT_CONF = '/usr/share/dbus-1/system.d/org.freedesktop.PolicyKit1.conf'
DROPPED = ('fork', 'pidfile', 'syslog', 'servicehelper', 'standard_system_servicedirs', 'include',
           'includedir', 'listen')


class CallError(Exception):
    """An error reply: its bus name and its message."""

    def __init__(self, name, message):
        super().__init__('%s: %s' % (name, message))
        self.name = name
        self.message = message


class Bus:
    """dbus-daemon with Debian's own system.conf, our policy and polkit's."""

    def __init__(self, folder, policy):
        os.makedirs(folder)
        shutil.chown(folder, 'messagebus')
        self.address = 'unix:path=%s/socket' % folder
        config = os.path.join(folder, 'bus.conf')
        self.write_config(config, policy)
        self.process = Process(['dbus-daemon', '--nofork', '--nopidfile', '--nosyslog',
                                '--config-file', config], os.path.join(folder, 'log'))
        self.connection = wait_for(self.try_connect, lambda: 'the bus:\n' + self.process.log())

    def write_config(self, path, policy):
        config = ElementTree.parse(SYSTEM_CONF).getroot()
        for element in list(config):
            if element.tag in DROPPED:
                config.remove(element)
        ElementTree.SubElement(config, 'listen').text = self.address
        for include in (POLKIT_CONF, policy):
            ElementTree.SubElement(config, 'include').text = include
        with open(path, 'wb') as out:
            out.write(b'<!DOCTYPE busconfig PUBLIC '
                      b'"-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN" '
                      b'"http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">\n')
            out.write(ElementTree.tostring(config))
        os.chmod(path, 0o644)

    def try_connect(self):
        self.process.check_running()
        return connect(self.address)

    def call(self, name, path, interface, member, arguments=None):
        return call(self.connection, name, path, interface, member, arguments)[0]

    def owner(self, name):
        """The unique name of who owns name, or None."""
        try:
            return self.call('org.freedesktop.DBus', '/org/freedesktop/DBus',
                             'org.freedesktop.DBus', 'GetNameOwner',
                             GLib.Variant('(s)', (name,))).unpack()[0]
        except CallError:
            return None

    def stop(self):
        self.connection.close_sync(None)
        return self.process.stop()


def connect(address):
    """A connection of the calling process, None while nobody listens."""
    try:
        return Gio.DBusConnection.new_for_address_sync(
            address,
            Gio.DBusConnectionFlags.AUTHENTICATION_CLIENT
            | Gio.DBusConnectionFlags.MESSAGE_BUS_CONNECTION, None, None)
    except GLib.Error:
        return None


def call(connection, name, path, interface, member, arguments=None, fds=(), interactive=False):
    """A method call; returns the reply and its descriptors, raises CallError."""
    fd_list = Gio.UnixFDList.new() if fds else None
    for fd in fds or ():
        fd_list.append(fd)
    flags = (Gio.DBusCallFlags.ALLOW_INTERACTIVE_AUTHORIZATION if interactive
             else Gio.DBusCallFlags.NONE)
    try:
        return connection.call_with_unix_fd_list_sync(name, path, interface, member, arguments,
                                                      None, flags, 60000, fd_list, None)
    except GLib.Error as error:
        remote = Gio.DBusError.get_remote_error(error)
        message = error.message.removeprefix('GDBus.Error:%s: ' % remote)
        raise CallError(remote or str(error.domain), message) from None
