#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Prints what happens to all profiles, until Ctrl-C. It needs python3-gi.

Where a program does more than print: signals are lost while nobody listens, so read the
properties again when NameOwnerChanged says that the service came back.
"""

from gi.repository import Gio, GLib

NAME = 'org.example.SCEPEnrollment'


def on_signal(bus, sender, path, interface, signal, parameters):
    values = parameters.unpack()
    if signal == 'PropertiesChanged':
        for name, value in values[1].items():
            print(path, name, '=', value, flush=True)
    else:
        print(path, signal, *values, flush=True)


def main():
    bus = Gio.bus_get_sync(Gio.BusType.SYSTEM)
    bus.signal_subscribe(NAME, None, None, None, None, Gio.DBusSignalFlags.NONE, on_signal)
    GLib.MainLoop().run()


main()
