#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The interface as designed: names, types, secrets, atomic changes, limits."""

import os
import xml.etree.ElementTree as ElementTree

from harness import (BUS_NAME, ERROR, INTERFACE, INVALID_ARGS, KEYSTORE, KEYSTORE_PATH, MANAGER,
                     PATH, PROFILES_PATH, PROPERTIES, CallError, MachineTest, Process, main,
                     wait_for)

from gi.repository import GLib

LIMITS_EXCEEDED = 'org.freedesktop.DBus.Error.LimitsExceeded'

SETTINGS = {
    'KeystoreServiceTarget': '(kura.service.pid=default)', 'Enabled': False, 'ServerEndpoint': '',
    'CARootVerificationMethod': 'fingerprint', 'CARootCertificate': '', 'CARootFingerprint': '',
    'CARollover': True, 'CertificateCheckInterval': 86400, 'ConnectRetryInterval': 60,
    'ChallengePasswordOneTime': False, 'ClientCertificateRenew': True, 'SubjectDN': '',
    'RSAKeyLength': 2048, 'SubjectAltNames': [], 'CAIdentifier': '',
    'RACertificateFingerprint': '', 'AlgorithmPolicy': 'default', 'RenewalThreshold': 67,
    'RenewalSendsChallenge': 'auto', 'KeyUsage': [], 'ExtendedKeyUsage': [],
    'CertificateTemplate': '', 'SubjectChange': 'warn', 'TLSCACertificates': '',
}
STATUS = {
    'State': 'disabled', 'ChallengePasswordSet': False, 'LastError': '', 'LastErrorMessage': '',
    'NextAction': '', 'NextActionTime': 0, 'TransactionID': '', 'Fingerprint': '',
    'SerialNumber': '', 'Subject': '', 'Issuer': '', 'NotBefore': 0, 'NotAfter': 0,
    'CAFingerprints': [], 'OfferedCAFingerprint': '', 'Capabilities': [], 'Warnings': [],
}
SIGNALS = {
    'Enrolled': 'sst', 'Renewed': 'sst', 'Pending': 'st', 'EnrollmentFailed': 'sst',
    'RenewalFailed': 'sst', 'TrustRequested': 'ss', 'CACertificatesChanged': 'as',
    'CARolledOver': 'ss', 'CertificateExpiring': 't',
}
METHODS = {
    'Configure': ('a{sv}', ''), 'ResetSettings': ('as', ''), 'SetChallengePassword': ('h', ''),
    'Enroll': ('', ''), 'Renew': ('', ''), 'Check': ('', ''), 'Cancel': ('', ''),
    'AcceptCA': ('s', ''), 'GetCertificateChain': ('', 's'), 'SwitchBack': ('', ''),
    'GetHistory': ('', 'a(tsa{sv})'), 'GetCRL': ('', 'ay'), 'GetCertificate': ('s', 's'),
    'Diagnose': ('', 'aa{sv}'), 'Reset': ('', ''),
}
INVALID = {
    'ServerEndpoint': ('ftp://a/', 'http://user@a/', 'http://a/#b', 'not a url'),
    'CARootVerificationMethod': ('guess', ''),
    'CARootFingerprint': ('12', 'zz' * 32),
    'CARootCertificate': ('not pem',),
    'CertificateCheckInterval': (59, 2678401),
    'ConnectRetryInterval': (4, 86401),
    'RSAKeyLength': (512, 2047, 16384),
    'RenewalThreshold': (9, 96),
    'AlgorithmPolicy': ('lax',),
    'RenewalSendsChallenge': ('perhaps',),
    'SubjectChange': ('ignore',),
    'SubjectDN': ('no dn', 'CN=a\nb'),
    'SubjectAltNames': (['nonsense'], ['IP:300.1.1.1']),
    'KeyUsage': (['nonsense'],),
    'ExtendedKeyUsage': (['not.an.oid'],),
    'KeystoreServiceTarget': ('(', '(a:=b)'),
    'TLSCACertificates': ('not pem',),
}


class Interface(MachineTest):
    def test_defaults(self):
        properties = self.daemon.get_all()
        for name, value in {**SETTINGS, **STATUS}.items():
            with self.subTest(property=name):
                self.assertEqual(properties[name], value)

    def test_introspection(self):
        xml = self.daemon.call(PATH, 'org.freedesktop.DBus.Introspectable', 'Introspect')[0]
        node = ElementTree.fromstring(xml)
        interfaces = {element.get('name'): element for element in node.findall('interface')}
        self.assertLessEqual({INTERFACE, MANAGER, 'org.freedesktop.DBus.ObjectManager'},
                             set(interfaces))
        main_interface = interfaces[INTERFACE]

        def types(element, direction):
            return ''.join(arg.get('type') for arg in element.findall('arg')
                           if arg.get('direction', 'in') == direction)

        self.assertEqual({method.get('name'): (types(method, 'in'), types(method, 'out'))
                          for method in main_interface.findall('method')}, METHODS)
        self.assertEqual({signal.get('name'): ''.join(a.get('type') for a in signal.findall('arg'))
                          for signal in main_interface.findall('signal')}, SIGNALS)
        access = {p.get('name'): p.get('access') for p in main_interface.findall('property')}
        expected = {name: 'readwrite' for name in SETTINGS}
        expected.update({name: 'read' for name in STATUS})
        expected.update(ChallengePassword='write', MissingSettings='read')
        self.assertEqual(access, expected)

    def test_busctl_introspect(self):
        lines = self.machine.busctl('introspect', BUS_NAME, PATH, user='scep-tester',
                                    check=True).stdout
        for name in (*SETTINGS, *STATUS, *METHODS, *SIGNALS):
            self.assertIn('.%s ' % name, lines)

    def test_objects(self):
        objects = self.daemon.call(PATH, 'org.freedesktop.DBus.ObjectManager',
                                   'GetManagedObjects')[0]
        self.assertEqual(list(objects), [KEYSTORE_PATH])
        self.assertEqual(objects[KEYSTORE_PATH][KEYSTORE]['ServicePid'], 'default')
        self.assertEqual(self.daemon.manager('ListProfiles'), ([('default', PATH)],))
        self.assertTrue(self.daemon.get('Version', interface=MANAGER))


class Secrets(MachineTest):
    SECRET = 'open-sesame-4711'

    def test_never_readable(self):
        self.daemon.set('ChallengePassword', self.SECRET)
        self.assertTrue(self.daemon.get('ChallengePasswordSet'))
        self.assert_call_fails(INVALID_ARGS, self.daemon.get, 'ChallengePassword')
        self.assertNotIn('ChallengePassword', self.daemon.get_all())

    def test_never_sent_or_logged(self):
        log = self.machine.new_path('monitor.log')
        monitor = Process(['dbus-monitor', '--address', self.machine.bus.address,
                           "sender='%s'" % BUS_NAME], log, env=dict(os.environ))
        wait_for(lambda: 'NameAcquired' in monitor.log() or 'NameLost' in monitor.log(),
                 'dbus-monitor')
        self.daemon.set('ChallengePassword', self.SECRET)
        self.daemon.configure(ChallengePassword=self.SECRET + 'x', SubjectDN='CN=secrets')
        self.machine.permit(BUS_NAME + '.configure')
        self.machine.tester.call(PATH, INTERFACE, 'SetChallengePassword',
                                 GLib.Variant('(h)', (0,)), fds=[self.SECRET.encode() + b'y\n'])
        self.assert_call_fails(ERROR + 'InvalidSetting', self.daemon.configure,
                               ChallengePassword=self.SECRET, RSAKeyLength=1)
        self.daemon.set('SubjectDN', 'CN=last')
        wait_for(lambda: 'CN=last' in monitor.log(), 'the last change in the monitor')
        monitor.stop()
        self.assertIn('CN=secrets', monitor.log())
        self.assertNotIn(self.SECRET, monitor.log())
        self.assertNotIn(self.SECRET, self.daemon.log())

    def test_from_descriptor(self):
        self.machine.permit(BUS_NAME + '.configure')

        def set_challenge(content):
            self.machine.tester.call(PATH, INTERFACE, 'SetChallengePassword',
                                     GLib.Variant('(h)', (0,)), fds=[content])

        self.assert_call_fails(ERROR + 'InvalidSetting', set_challenge, b'x' * 4097)
        self.assertFalse(self.daemon.get('ChallengePasswordSet'))
        set_challenge(b'sesame\n')
        self.assertTrue(self.daemon.get('ChallengePasswordSet'))
        for nothing in (b'', b'\n'):
            self.assert_call_fails(ERROR + 'InvalidSetting', set_challenge, nothing)
        self.assertTrue(self.daemon.get('ChallengePasswordSet'))
        self.daemon.set('ChallengePassword', '')
        self.assertFalse(self.daemon.get('ChallengePasswordSet'))


class Changes(MachineTest):
    def test_invalid_values_change_nothing(self):
        before = self.daemon.get_all()
        for name, values in INVALID.items():
            for value in values:
                with self.subTest(setting=name, value=value):
                    for change in (lambda: self.daemon.set(name, value),
                                   lambda: self.daemon.configure(**{name: value,
                                                                    'CAIdentifier': 'x'})):
                        message = self.assert_call_fails(ERROR + 'InvalidSetting', change)
                        self.assertIn(name, message)
        self.assertEqual(self.daemon.get_all(), before)

    def test_configure_names_what_is_wrong(self):
        def wrong(settings):
            return self.assert_call_fails(ERROR + 'InvalidSetting', self.daemon.method,
                                          'Configure', '(a{sv})', settings)
        self.assertIn('NoSuchSetting', wrong({'NoSuchSetting': GLib.Variant('s', 'x')}))
        self.assertIn('State', wrong({'State': GLib.Variant('s', 'enrolled')}))
        self.assertIn('Enabled', wrong({'Enabled': GLib.Variant('s', 'yes'),
                                        'SubjectDN': GLib.Variant('s', 'CN=a')}))
        self.assertEqual(self.daemon.get('SubjectDN'), '')

    def test_property_writes_of_wrong_type_or_name(self):
        for name, value in (('Enabled', GLib.Variant('s', 'yes')),
                            ('NoSuchSetting', GLib.Variant('s', 'x')),
                            ('State', GLib.Variant('s', 'enrolled'))):
            with self.subTest(property=name):
                self.assert_call_fails(INVALID_ARGS, self.daemon.call, PATH, PROPERTIES, 'Set',
                                       '(ssv)', INTERFACE, name, value)

    def test_configure_is_one_change(self):
        recorder = self.machine.recorder()
        self.daemon.configure(SubjectDN='CN=one', RSAKeyLength=3072, CAIdentifier='two',
                              CARootFingerprint='AB:' * 31 + 'AB')
        wait_for(lambda: any('SubjectDN' in change for change in recorder.changes()), 'the change')
        self.daemon.get('State')
        changes = [change for change in recorder.changes() if set(change) & set(SETTINGS)]
        self.assertEqual(len(changes), 1)
        self.assertEqual({name: changes[0][name] for name in set(changes[0]) & set(SETTINGS)},
                         {'SubjectDN': 'CN=one', 'RSAKeyLength': 3072, 'CAIdentifier': 'two',
                          'CARootFingerprint': 'ab' * 32})

    def test_unchanged_is_not_signalled(self):
        self.daemon.set('SubjectDN', 'CN=same')
        recorder = self.machine.recorder()
        self.daemon.set('SubjectDN', 'CN=same')
        self.daemon.set('SubjectDN', 'CN=other')
        wait_for(recorder.changes, 'a change')
        self.assertEqual([change['SubjectDN'] for change in recorder.changes()
                          if 'SubjectDN' in change], ['CN=other'])

    def test_reset_settings(self):
        self.daemon.configure(RSAKeyLength=4096, SubjectDN='CN=kept')
        self.assert_call_fails(ERROR + 'InvalidSetting', self.daemon.method, 'ResetSettings',
                               '(as)', ['RSAKeyLength', 'NoSuchSetting'])
        self.assertEqual(self.daemon.get('RSAKeyLength'), 4096)
        self.daemon.method('ResetSettings', '(as)', ['RSAKeyLength'])
        self.assertEqual(self.daemon.get('RSAKeyLength'), 2048)
        self.assertEqual(self.daemon.get('SubjectDN'), 'CN=kept')

    def test_limits_of_arguments(self):
        """Absurd sizes are refused, and the next call is answered."""
        cases = {'ServerEndpoint': 'http://a/' + 'x' * 100000, 'SubjectDN': 'CN=' + 'x' * 100000,
                 'CARootCertificate': 'x' * 1000000, 'ChallengePassword': 'x' * 5000,
                 'SubjectAltNames': ['DNS:a.example.org'] * 10000,
                 'KeystoreServiceTarget': '(' * 10000 + ')' * 10000}
        for name, value in cases.items():
            with self.subTest(setting=name):
                with self.assertRaises(CallError) as caught:
                    self.daemon.configure(**{name: value})
                self.assertIn(caught.exception.name, (ERROR + 'InvalidSetting', LIMITS_EXCEEDED))
        self.assertEqual(self.daemon.get('State'), 'disabled')

    def test_missing_settings(self):
        self.daemon.set('Enabled', True)
        self.daemon.wait_state('incomplete')
        self.assertIn('ServerEndpoint', self.daemon.get('MissingSettings'))
        self.assertIn('SubjectDN', self.daemon.get('MissingSettings'))
        self.assert_call_fails(ERROR + 'NotConfigured', self.daemon.method, 'Enroll')
        self.daemon.set('Enabled', False)
        self.daemon.wait_state('disabled')
        self.assert_call_fails(ERROR + 'Disabled', self.daemon.method, 'Enroll')


class Profiles(MachineTest):
    def test_create_and_delete(self):
        recorder = self.machine.recorder()
        for id_ in ('', 'Upper', '1st', 'a-b', 'a' * 65, '../x'):
            with self.subTest(id=id_):
                self.assert_call_fails(ERROR + 'InvalidSetting', self.daemon.manager,
                                       'CreateProfile', '(sa{sv})', id_, {})
        self.assert_call_fails(ERROR + 'InvalidSetting', self.daemon.manager, 'CreateProfile',
                               '(sa{sv})', 'vpn', {'RSAKeyLength': GLib.Variant('u', 1)})
        path = self.daemon.manager('CreateProfile', '(sa{sv})', 'vpn',
                                   {'SubjectDN': GLib.Variant('s', 'CN=vpn')})[0]
        self.assertEqual(path, PROFILES_PATH + '/vpn')
        self.assertEqual(self.daemon.get('SubjectDN', path), 'CN=vpn')
        recorder.wait('InterfacesAdded', interface='org.freedesktop.DBus.ObjectManager')
        self.assertEqual(self.daemon.manager('ListProfiles'),
                         ([('default', PATH), ('vpn', path)],))
        self.assert_call_fails(ERROR + 'ProfileExists', self.daemon.manager, 'CreateProfile',
                               '(sa{sv})', 'vpn', {})
        self.daemon.restart()
        self.assertEqual(self.daemon.get('SubjectDN', path), 'CN=vpn')
        self.daemon.manager('DeleteProfile', '(s)', 'vpn')
        recorder.wait('InterfacesRemoved', interface='org.freedesktop.DBus.ObjectManager')
        self.assertFalse(os.path.exists(self.daemon.file('profiles', 'vpn')))
        self.assert_call_fails(ERROR + 'NoSuchProfile', self.daemon.manager, 'DeleteProfile',
                               '(s)', 'vpn')
        self.assertEqual(self.daemon.manager('ListProfiles'), ([('default', PATH)],))

    def test_nothing_set(self):
        """A profile of which nothing is known but its name can be read again."""
        path = self.daemon.manager('CreateProfile', '(sa{sv})', 'bare', {})[0]
        self.daemon.restart()
        self.assertEqual(self.daemon.get('LastErrorMessage', path), '')
        self.assertEqual(self.daemon.get('State', path), 'disabled')

    def test_not_deletable(self):
        self.assert_call_fails(ERROR + 'Unsupported', self.daemon.manager, 'DeleteProfile', '(s)',
                               'default')
        self.daemon.stop()
        self.daemon.write_configuration('profiles/site.conf', '[Profile]\nSubjectDN=CN=site\n')
        self.daemon.start()
        self.assertEqual(self.daemon.get('SubjectDN', PROFILES_PATH + '/site'), 'CN=site')
        self.assert_call_fails(ERROR + 'Unsupported', self.daemon.manager, 'DeleteProfile', '(s)',
                               'site')


class Life(MachineTest):
    def test_files_in_layers(self):
        """Vendor below configuration below bus; a file may be a link, as in an image."""
        image = self.machine.new_path('site.conf')
        with open(image, 'w') as out:
            out.write('[Profile]\nSubjectDN=CN=Smith\\\\, Jane\nRSAKeyLength=3072\nSubjetcDN=x\n')
        folder = os.path.join(self.daemon.configuration_dir, 'profiles')
        os.makedirs(folder, exist_ok=True)
        os.symlink(image, os.path.join(folder, 'default.conf'))
        self.daemon.restart()
        self.assertEqual(self.daemon.get('LastErrorMessage'), '')
        self.assertEqual(self.daemon.get('SubjectDN'), 'CN=Smith\\, Jane')
        self.assertEqual(self.daemon.get('RSAKeyLength'), 3072)
        self.assertEqual(self.daemon.log().count('SubjetcDN'), 1)
        self.daemon.configure(RSAKeyLength=4096)
        self.assertEqual(self.daemon.get('RSAKeyLength'), 4096)
        self.daemon.method('ResetSettings', '(as)', ['RSAKeyLength'])
        self.assertEqual(self.daemon.get('RSAKeyLength'), 3072)

    def test_bad_file(self):
        """The profile rests and says which file, which key and what to do."""
        self.daemon.write_configuration('profiles/default.conf', '[Profile]\nRSAKeyLength=5\n')
        self.daemon.restart()
        self.assertEqual(self.daemon.get('LastError'), ERROR + 'StorageFailed')
        message = self.daemon.get('LastErrorMessage')
        for word in ('profiles/default.conf', 'RSAKeyLength', '5', 'reload'):
            self.assertIn(word, message)

    def test_newer_version(self):
        """The state of a newer program is refused and not touched."""
        self.daemon.stop()
        path = self.daemon.file('version')
        with open(path) as version:
            known = int(version.read())
        with open(path, 'w') as out:
            out.write('%d\n' % (known + 1))
        before = self.snapshot()
        self.daemon.start(wait=False)
        wait_for(lambda: not self.daemon.process.running(), 'the daemon to refuse')
        self.daemon.ended = True
        self.assertIn('newer program', self.daemon.log())
        self.assertEqual(self.snapshot(), before)

    def snapshot(self):
        found = {}
        for folder, _, names in os.walk(self.daemon.state_dir):
            for name in names:
                with open(os.path.join(folder, name), 'rb') as content:
                    found[os.path.join(folder, name)] = content.read()
        return found

    def test_settings_survive(self):
        self.daemon.configure(SubjectDN='CN=kept', ChallengePassword='sesame', RSAKeyLength=4096)
        for end in (self.daemon.stop, self.daemon.kill):
            with self.subTest(end=end.__name__):
                end()
                self.daemon.start()
                self.assertEqual(self.daemon.get('SubjectDN'), 'CN=kept')
                self.assertEqual(self.daemon.get('RSAKeyLength'), 4096)
                self.assertTrue(self.daemon.get('ChallengePasswordSet'))

    def test_nobody_else_reads_the_state(self):
        self.daemon.configure(ChallengePassword='sesame')
        for path, _, names in os.walk(self.daemon.state_dir):
            for name in names:
                mode = os.stat(os.path.join(path, name)).st_mode
                self.assertEqual(mode & 0o077, 0, name)

    def test_second_instance(self):
        """Two on one state directory would corrupt it: the second one goes."""
        second = Process(self.daemon.command, self.machine.new_path('second.log'),
                         dict(os.environ, DBUS_SYSTEM_BUS_ADDRESS=self.machine.bus.address,
                              STATE_DIRECTORY=self.daemon.state_dir,
                              CONFIGURATION_DIRECTORY=self.daemon.configuration_dir, G_DEBUG=''),
                         'scep-enrollment')
        wait_for(lambda: not second.running(), 'the second instance to give up')
        self.assertNotEqual(second.child.returncode, 0)
        self.assertEqual(self.daemon.get('State'), 'disabled')

    def test_unreadable_settings(self):
        """It never runs on the lower layers alone."""
        self.daemon.configure(SubjectDN='CN=kept')
        self.daemon.stop()
        os.unlink(self.daemon.file('profiles', 'default', 'settings.keyfile'))
        os.mkdir(self.daemon.file('profiles', 'default', 'settings.keyfile'))
        self.daemon.extra_env['G_DEBUG'] = 'fatal-criticals'
        self.daemon.start()
        self.assertEqual(self.daemon.get('LastError'), ERROR + 'StorageFailed')
        self.assertEqual(self.daemon.get('Fingerprint'), '')


if __name__ == '__main__':
    main()
