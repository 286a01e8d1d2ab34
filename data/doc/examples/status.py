#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Prints how a profile is. It needs python3-gi.

status.py [PROFILE]
"""

import sys
import time

from gi.repository import Gio, GLib

NAME = 'org.example.SCEPEnrollment'
PATH = '/org/example/SCEPEnrollment'


def main():
    path = PATH + '/profiles/' + sys.argv[1] if len(sys.argv) > 1 else PATH
    bus = Gio.bus_get_sync(Gio.BusType.SYSTEM)
    reply = bus.call_sync(NAME, path, 'org.freedesktop.DBus.Properties', 'GetAll',
                          GLib.Variant('(s)', (NAME,)), GLib.VariantType('(a{sv})'),
                          Gio.DBusCallFlags.NONE, -1, None)
    properties = reply.unpack()[0]
    print('State:      ', properties['State'])
    if properties['Fingerprint']:
        print('Certificate:', properties['Subject'], 'until', time.ctime(properties['NotAfter']))
    if properties['LastError']:
        print('Last error: ', properties['LastErrorMessage'])
    for word in properties['Warnings']:
        print('Warning:    ', word)


main()
