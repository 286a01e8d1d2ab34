#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Reload answers when what the files say is in force, and loses nothing."""

import os
import signal

from harness import (ERROR, INTERFACE, KEYSTORE, KEYSTORE_PATH, PATH, PROFILES_PATH, PROPERTIES,
                     MachineTest, main, wait_for)

OBJECTS = 'org.freedesktop.DBus.ObjectManager'
OFFICE = PROFILES_PATH + '/office'
PLANT = os.path.dirname(KEYSTORE_PATH) + '/plant'
FAILED = 1


class Reload(MachineTest):
    responder_options = {}

    def setUp(self):
        """What cannot be read is warned of, which ends no other test."""
        self.reset_server()
        self.daemon = self.start_daemon(env={'G_DEBUG': 'fatal-criticals'})

    def write(self, name, *lines):
        self.daemon.write_configuration(name, '\n'.join(lines) + '\n')

    def remove(self, name):
        os.unlink(os.path.join(self.daemon.configuration_dir, name))

    def write_office(self, **more):
        settings = {**self.server.settings(), 'Enabled': 'true', 'ConnectRetryInterval': '5',
                    'KeystoreServiceTarget': '(id=plant)', **more}
        challenge = os.path.join(self.daemon.configuration_dir, 'challenge')
        self.write('challenge', settings.pop('ChallengePassword'))
        self.write('profiles/office.conf', '[Profile]', 'ChallengePasswordFile=' + challenge,
                   *('%s=%s' % item for item in settings.items()))

    def reload(self):
        self.daemon.manager('Reload')

    def reload_partly(self, *words):
        message = self.assert_call_fails(ERROR + 'StorageFailed', self.reload)
        for word in words:
            self.assertIn(word, message)
            self.assertIn(word, self.daemon.log())
        return message

    def wait_pending(self):
        self.server.control(pending=-1)
        self.write('keystores/plant.conf', '[Keystore]', 'ServicePid=org.example.Plant')
        self.write_office()
        self.reload()
        self.daemon.wait_state('pending', path=OFFICE)
        return self.daemon.get('TransactionID', OFFICE)

    def test_when_it_answers(self):
        """A profile and a keystore that were not there are, with the answer."""
        recorder = self.machine.recorder()
        self.write('keystores/plant.conf', '[Keystore]', 'ServicePid=org.example.Plant')
        self.write_office(SubjectDN='CN=office')
        self.reload()
        self.assertEqual(self.daemon.get('SubjectDN', OFFICE), 'CN=office')
        self.assertEqual(self.daemon.get('ServicePid', PLANT, KEYSTORE), 'org.example.Plant')
        self.daemon.wait_state('enrolled', path=OFFICE)
        aliases = [entry[0] for entry in self.daemon.keystore('ListEntries', path=PLANT)[0]]
        self.assertIn('scep-enrolled-key-pair@office', aliases)
        added = {arguments[0]: arguments[1] for arguments in
                 recorder.named('InterfacesAdded', interface=OBJECTS)}
        self.assertEqual(added[PLANT][KEYSTORE]['ServicePid'], 'org.example.Plant')
        self.assertIn(INTERFACE, added[OFFICE])

    def test_keystore_renamed_and_gone(self):
        self.write('keystores/plant.conf', '[Keystore]', 'ServicePid=before')
        self.reload()
        recorder = self.machine.recorder()
        self.write('keystores/plant.conf', '[Keystore]', 'ServicePid=after')
        self.reload()
        self.assertEqual(self.daemon.get('ServicePid', PLANT, KEYSTORE), 'after')
        wait_for(lambda: {'ServicePid': 'after'} in recorder.changes(PLANT, KEYSTORE),
                 'the change to be told')
        managed = self.daemon.call(PATH, OBJECTS, 'GetManagedObjects')[0]
        self.assertEqual(managed[PLANT][KEYSTORE]['ServicePid'], 'after')
        self.remove('keystores/plant.conf')
        self.reload()
        self.assertEqual(recorder.wait('InterfacesRemoved', interface=OBJECTS),
                         (PLANT, [KEYSTORE]))
        self.assertNotIn(PLANT, self.daemon.call(PATH, OBJECTS, 'GetManagedObjects')[0])
        self.assert_call_fails('org.freedesktop.DBus.Error.UnknownMethod', self.daemon.call, PLANT,
                               PROPERTIES, 'GetAll', '(s)', KEYSTORE)

    def test_pending(self):
        """What is in flight goes on, whatever becomes of the keystore that has its key."""
        transaction = self.wait_pending()
        self.write('profiles/annex.conf', '[Profile]', 'SubjectDN=CN=annex')
        self.write('keystores/plant.conf', '[Keystore]', 'ServicePid=org.example.Other')
        self.reload()
        self.assertEqual(self.daemon.get('SubjectDN', PROFILES_PATH + '/annex'), 'CN=annex')
        self.remove('keystores/plant.conf')
        self.reload_partly('“plant”', 'profile office', 'KeystoreServiceTarget')
        self.assertEqual(self.daemon.get('ServicePid', PLANT, KEYSTORE), 'org.example.Other')
        self.assertEqual(self.daemon.get('TransactionID', OFFICE), transaction)
        self.assertEqual(self.daemon.get('State', OFFICE), 'pending')
        self.server.control(pending=0)
        self.daemon.wait_state('enrolled', path=OFFICE)
        self.assertIn(transaction, str(self.daemon.method('GetHistory', path=OFFICE)))
        # With its certificate in it the keystore stays, too; elsewhere bound, it goes.
        self.reload_partly('“plant”', 'profile office')
        self.write_office(KeystoreServiceTarget='(id=default)')
        self.reload()
        self.assertNotIn(PLANT, self.daemon.call(PATH, OBJECTS, 'GetManagedObjects')[0])
        self.daemon.wait_state('enrolled', path=OFFICE)

    def test_faults(self):
        """Each bad file is named; the good ones are in force."""
        self.write('profiles/office.conf', '[Profile]', 'RSAKeyLength=many')
        self.write('profiles/annex.conf', '[Profile]', 'SubjectDN=CN=annex')
        self.write('profiles/vpn.conf', '[Profile]', 'RSAKeyLength=1024', 'AlgorithmPolicy=strict')
        self.write('keystores/plant.conf', '[Keystore]', 'Backend=token')
        message = self.reload_partly('profiles/office.conf', 'profiles/vpn.conf', 'RSAKeyLength',
                                     'keystores/plant.conf', 'Backend')
        self.assertEqual(len(message.splitlines()), 4, message)
        self.assertEqual(self.daemon.get('SubjectDN', PROFILES_PATH + '/annex'), 'CN=annex')
        self.assertEqual(self.daemon.get('LastError', OFFICE), ERROR + 'StorageFailed')

    def test_scepctl(self):
        self.write('profiles/annex.conf', '[Profile]', 'SubjectDN=CN=annex')
        self.machine.scepctl('reload', check=True)
        self.assertEqual(self.daemon.get('SubjectDN', PROFILES_PATH + '/annex'), 'CN=annex')
        self.write('profiles/annex.conf', '[Profile]', 'RSAKeyLength=many')
        failed = self.machine.scepctl('reload')
        self.assertEqual(failed.returncode, FAILED)
        self.assertIn('profiles/annex.conf', failed.stderr)

    def test_signal(self):
        self.write('profiles/annex.conf', '[Profile]', 'SubjectDN=CN=annex')
        os.kill(self.daemon.process.pid, signal.SIGHUP)
        wait_for(lambda: 'annex' in dict(self.daemon.manager('ListProfiles')[0]), 'the profile')
        self.write('profiles/annex.conf', '[Profile]', 'RSAKeyLength=many')
        os.kill(self.daemon.process.pid, signal.SIGHUP)
        wait_for(lambda: 'Profile annex: In the file' in self.daemon.log(), 'the warning')
        self.assertNotIn('read again: In the file', self.daemon.log())
        os.kill(self.daemon.process.pid, signal.SIGHUP)
        wait_for(lambda: 'read again: In the file' in self.daemon.log(), 'the warning')
        self.assertEqual(self.daemon.log().count('RSAKeyLength: '), 2, self.daemon.log())

    def test_no_id(self):
        """A file that no profile can have is told of, at the start as well."""
        self.write('profiles/Bad-Name.conf', '[Profile]')
        self.reload_partly('profiles/Bad-Name.conf')
        begin = len(self.daemon.log())
        self.daemon.restart()
        self.assertIn('profiles/Bad-Name.conf is left out', self.daemon.log()[begin:])


if __name__ == '__main__':
    main()
