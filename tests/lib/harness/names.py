# SPDX-License-Identifier: LGPL-2.1-or-later
"""The names of the bus interface, spelled once for the tests."""

BUS_NAME = 'org.example.SCEPEnrollment'
INTERFACE = BUS_NAME
MANAGER = BUS_NAME + '.Manager'
KEYSTORE = BUS_NAME + '.Keystore'
ERROR = BUS_NAME + '.Error.'
PROPERTIES = 'org.freedesktop.DBus.Properties'

PATH = '/org/example/SCEPEnrollment'
PROFILES_PATH = PATH + '/profiles'
KEYSTORE_PATH = PATH + '/keystores/default'

ACTIONS = tuple(BUS_NAME + '.' + action for action in
                ('configure', 'trust-ca', 'enroll', 'manage-keystore', 'export-private-key'))

DENIED = 'org.freedesktop.DBus.Error.AccessDenied'
CHALLENGE = 'org.freedesktop.DBus.Error.InteractiveAuthorizationRequired'
INVALID_ARGS = 'org.freedesktop.DBus.Error.InvalidArgs'
