#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Every row of the polkit table: denied first, then permitted, by the real polkitd."""

import os
import xml.etree.ElementTree as ElementTree

from harness import (ACTIONS, CHALLENGE, DENIED, ERROR, INTERFACE, KEYSTORE,
                     KEYSTORE_PATH, MANAGER, PATH, PROPERTIES, CallError, MachineTest, main)
from harness.machine import source_dir

from gi.repository import GLib

CONFIGURE, TRUST, ENROLL, MANAGE, EXPORT = (frozenset({action}) for action in ACTIONS)
OPEN = frozenset()
REFUSED = (DENIED, CHALLENGE)

WRITES = {
    'KeystoreServiceTarget': (CONFIGURE, "'(id=default)'"),
    'Enabled': (CONFIGURE, 'false'),
    'ServerEndpoint': (TRUST, "'http://127.0.0.1:9/scep'"),
    'CARootVerificationMethod': (TRUST, "'fingerprint'"),
    'CARootCertificate': (TRUST, "''"),
    'CARootFingerprint': (TRUST, "'%s'" % ('ab' * 32)),
    'CARollover': (CONFIGURE, 'false'),
    'CertificateCheckInterval': (CONFIGURE, 'uint32 3600'),
    'ConnectRetryInterval': (CONFIGURE, 'uint32 30'),
    'ChallengePassword': (CONFIGURE, "'sesame'"),
    'ChallengePasswordOneTime': (CONFIGURE, 'true'),
    'ClientCertificateRenew': (CONFIGURE, 'false'),
    'SubjectDN': (CONFIGURE, "'CN=policy'"),
    'RSAKeyLength': (CONFIGURE, 'uint32 3072'),
    'SubjectAltNames': (CONFIGURE, "['DNS:policy.example.org']"),
    'CAIdentifier': (CONFIGURE, "'ca'"),
    'RACertificateFingerprint': (TRUST, "'%s'" % ('cd' * 32)),
    'AlgorithmPolicy': (TRUST, "'strict'"),
    'RenewalThreshold': (CONFIGURE, 'uint32 50'),
    'RenewalSendsChallenge': (CONFIGURE, "'never'"),
    'KeyUsage': (CONFIGURE, "['digitalSignature']"),
    'ExtendedKeyUsage': (CONFIGURE, "['clientAuth']"),
    'CertificateTemplate': (CONFIGURE, "'Machine'"),
    'SubjectChange': (CONFIGURE, "'keep'"),
    'TLSCACertificates': (TRUST, "''"),
}

# (path, interface, member, arguments, actions, descriptors)
METHODS = [
    (PATH, INTERFACE, 'Configure', "({'SubjectDN': <'CN=a'>},)", CONFIGURE),
    (PATH, INTERFACE, 'Configure', "({'AlgorithmPolicy': <'strict'>},)", CONFIGURE | TRUST),
    (PATH, INTERFACE, 'ResetSettings', "(['SubjectDN'],)", CONFIGURE),
    (PATH, INTERFACE, 'ResetSettings', "(['AlgorithmPolicy'],)", CONFIGURE | TRUST),
    (PATH, INTERFACE, 'SetChallengePassword', '(handle 0,)', CONFIGURE, [b'sesame\n']),
    (PATH, INTERFACE, 'Enroll', '()', ENROLL),
    (PATH, INTERFACE, 'Renew', '()', ENROLL),
    (PATH, INTERFACE, 'Check', '()', ENROLL),
    (PATH, INTERFACE, 'Cancel', '()', ENROLL),
    (PATH, INTERFACE, 'AcceptCA', "('%s',)" % ('ab' * 32), TRUST),
    (PATH, INTERFACE, 'GetCertificateChain', '()', OPEN),
    (PATH, INTERFACE, 'SwitchBack', '()', CONFIGURE),
    (PATH, INTERFACE, 'GetHistory', '()', OPEN),
    (PATH, INTERFACE, 'GetCRL', '()', ENROLL),
    (PATH, INTERFACE, 'GetCertificate', "('4d',)", ENROLL),
    (PATH, INTERFACE, 'Diagnose', '()', ENROLL),
    (PATH, INTERFACE, 'Reset', '()', CONFIGURE),
    (PATH, MANAGER, 'CreateProfile', "('a', @a{sv} {})", CONFIGURE),
    (PATH, MANAGER, 'CreateProfile', "('b', {'CARootFingerprint': <'%s'>})" % ('ab' * 32),
     CONFIGURE | TRUST),
    (PATH, MANAGER, 'DeleteProfile', "('a',)", CONFIGURE),
    (PATH, MANAGER, 'ListProfiles', '()', OPEN),
    (PATH, MANAGER, 'Reload', '()', CONFIGURE),
    (PATH, 'org.freedesktop.DBus.ObjectManager', 'GetManagedObjects', '()', OPEN),
    (KEYSTORE_PATH, KEYSTORE, 'ListEntries', '()', OPEN),
    (KEYSTORE_PATH, KEYSTORE, 'GetEntry', "('none',)", OPEN),
    (KEYSTORE_PATH, KEYSTORE, 'GetCertificateChain', "('none',)", OPEN),
    (KEYSTORE_PATH, KEYSTORE, 'CreateKeyPair', "('k', {'RSAKeyLength': <uint32 2048>})", MANAGE),
    (KEYSTORE_PATH, KEYSTORE, 'GetCSR', "('k', {'SubjectDN': <'CN=a'>})", MANAGE),
    (KEYSTORE_PATH, KEYSTORE, 'ImportCertificate', "('c', 'no pem')", MANAGE),
    (KEYSTORE_PATH, KEYSTORE, 'ImportKeyPair', "('p', handle 0)", MANAGE, [b'no pem']),
    (KEYSTORE_PATH, KEYSTORE, 'ExportKeyPair', "('k',)", EXPORT),
    (KEYSTORE_PATH, KEYSTORE, 'DeleteEntry', "('k',)", MANAGE),
]


class Row:
    def __init__(self, path, interface, member, arguments, actions, fds=()):
        self.path, self.interface, self.member = path, interface, member
        self.arguments = GLib.Variant.parse(None, arguments, None, None)
        self.actions, self.fds = actions, fds
        self.name = '%s.%s %s' % (interface.split('.')[-1], member, arguments[:40])

    def call(self, caller):
        """The name of the error, None where there is none."""
        try:
            caller.call(self.path, self.interface, self.member, self.arguments, self.fds)
        except CallError as error:
            return error.name
        return None


ROWS = [Row(*row) for row in METHODS]
ROWS += [Row(PATH, PROPERTIES, 'Set', "('%s', '%s', <%s>)" % (INTERFACE, name, value), actions)
         for name, (actions, value) in WRITES.items()]


class Policy(MachineTest):
    def check_rows(self, title, permitted, refusal):
        """Who has the permitted actions gets through exactly where they suffice."""
        for row in sorted(ROWS, key=lambda row: row.actions <= permitted):
            with self.subTest(case=title, row=row.name):
                answer = row.call(self.machine.tester)
                if row.actions <= permitted:
                    self.assertNotIn(answer, REFUSED)
                    self.assertTrue(answer is None or answer.startswith(ERROR), answer)
                else:
                    self.assertEqual(answer, refusal)

    def test_rows(self):
        before = self.daemon.get_all()
        self.machine.permit()
        self.check_rows('asked for a password', frozenset(), CHALLENGE)
        self.machine.forbid(*ACTIONS)
        self.check_rows('forbidden', frozenset(), DENIED)
        self.assertEqual(self.daemon.get_all(), before)
        self.assertEqual(self.daemon.keystore('ListEntries'), ([],))
        for action in ACTIONS:
            self.machine.permit(action)
            self.check_rows('only ' + action.split('.')[-1], frozenset({action}), CHALLENGE)
        self.machine.permit(*ACTIONS)
        self.check_rows('everything permitted', frozenset(ACTIONS), None)
        self.assertEqual(self.daemon.get('SubjectChange'), 'keep')

    def test_interaction_only_where_asked_for(self):
        """Without an agent the flag changes nothing but the advice."""
        self.machine.permit()
        for interactive, advice in ((False, 'allow interaction'), (True, 'no authentication agent')):
            with self.subTest(interactive=interactive):
                message = self.assert_call_fails(CHALLENGE, self.machine.tester.call, PATH,
                                                 INTERFACE, 'Enroll', None,
                                                 interactive=interactive)
                self.assertIn(advice, message)

    def test_without_polkit(self):
        """polkit missing means no, and root does not need it."""
        self.machine.permit(*ACTIONS)
        self.machine.polkit.process.stop()
        try:
            for row in ROWS:
                if row.actions:
                    with self.subTest(case='no polkit', row=row.name):
                        self.assertEqual(row.call(self.machine.tester), DENIED)
            self.daemon.set('SubjectDN', 'CN=root')
            self.assertEqual(self.daemon.get('SubjectDN'), 'CN=root')
        finally:
            self.machine.polkit.start()

    def test_rows_are_complete(self):
        """Every method and every writable property of the interface has a row."""
        known = {(row.interface, row.member) for row in ROWS}
        for interface in (INTERFACE, MANAGER, KEYSTORE):
            path = os.path.join(source_dir(), 'dbus', interface + '.xml')
            for element in ElementTree.parse(path).getroot().find('interface'):
                name = element.get('name')
                if element.tag == 'method':
                    self.assertIn((interface, name), known)
                elif element.tag == 'property' and 'write' in element.get('access'):
                    self.assertIn(name, WRITES)

    def test_actions(self):
        """polkitd knows the actions of the design, with its defaults."""
        reply = self.machine.bus.call('org.freedesktop.PolicyKit1',
                                      '/org/freedesktop/PolicyKit1/Authority',
                                      'org.freedesktop.PolicyKit1.Authority', 'EnumerateActions',
                                      GLib.Variant('(s)', ('',)))
        ours = {action[0]: action for action in reply.unpack()[0] if action[0] in ACTIONS}
        self.assertEqual(set(ours), set(ACTIONS))
        admin, admin_keep = 2, 4  # PolkitImplicitAuthorization
        for name, action in ours.items():
            any_, inactive, active = action[6:9]
            self.assertEqual((any_, inactive), (admin, admin), name)
            once = name.endswith(('.trust-ca', '.export-private-key'))
            self.assertEqual(active, admin if once else admin_keep, name)
            self.assertEqual(action[9]['org.freedesktop.policykit.owner'],
                             'unix-user:scep-enrollment')


if __name__ == '__main__':
    main()
