#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Both programs in the language of their environment, with the catalogs of this build."""

import os
import shutil
import subprocess

from harness import ERROR, MachineTest, build_dir, main
from harness.namespace import mount, skip_all, umount

SOURCES = '/usr/share/i18n/locales/de_DE'
LOCALES = '/usr/lib/locale'
GERMAN = {'LC_ALL': 'de_DE.UTF-8', 'LANGUAGE': 'de'}


def existing_parent(path):
    while not os.path.isdir(path):
        path = os.path.dirname(path)
    return path


class Language(MachineTest):
    """The catalogs are where an installation puts them: in this process's mounts only."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_locale()
        place = os.environ['SCEP_LOCALE_DIRECTORY']
        cls.mounted = existing_parent(place)
        mount('-t', 'tmpfs', '-o', 'mode=0755', 'scep-locale', cls.mounted)
        shutil.copytree(os.path.join(build_dir(), 'po'), place, dirs_exist_ok=True)

    @classmethod
    def make_locale(cls):
        """From glibc 2.41 on, C.UTF-8 has no other language, whatever LANGUAGE says. Not in a
        folder that LOCPATH names: glibc leaks what it makes of that."""
        folder = cls.machine.sub('locale')
        shutil.copytree(LOCALES, folder, dirs_exist_ok=True)
        mount('--bind', folder, LOCALES)
        subprocess.run(['localedef', '--no-archive', '-i', 'de_DE', '-f', 'UTF-8', 'de_DE.UTF-8'],
                       check=True, stdout=subprocess.DEVNULL)

    @classmethod
    def tearDownClass(cls):
        umount(cls.mounted)
        umount(LOCALES)
        super().tearDownClass()

    def german(self, *args):
        return self.machine.run('env', *('%s=%s' % pair for pair in GERMAN.items()), 'scepctl',
                                *args)

    def test_tool(self):
        self.assertIn('The profile is off', self.machine.scepctl('status').stdout)
        german = self.german('status')
        self.assertEqual(german.returncode, 0, german.stderr)
        self.assertRegex(german.stdout, r'(?m)^Profil {12} default$')
        self.assertRegex(german.stdout, r'(?m)^Zustand {11} disabled$')
        self.assertIn('Das Profil ist ausgeschaltet', german.stdout)

    def test_tool_help(self):
        text = self.german('configure', '--help').stdout
        self.assertIn('Nach dem Challenge-Passwort fragen', text)
        self.assertIn('--challenge-file=DATEI', text)
        self.assertIn('Es gibt keinen Befehl „nonsense“', self.german('nonsense').stderr)

    def test_json_has_no_language(self):
        self.assertEqual(self.machine.scepctl('--json', 'status').stdout,
                         self.german('--json', 'status').stdout)

    def test_daemon(self):
        self.assertEqual(self.refusal(), 'RSAKeyLength: 7 is not one of 1024, 2048, 3072, 4096, 8192')
        self.daemon.stop()
        self.daemon.extra_env.update(GERMAN)
        self.daemon.start()
        self.assertEqual(self.refusal(),
                         'RSAKeyLength: 7 gehört nicht zu 1024, 2048, 3072, 4096, 8192')
        self.assertEqual(self.daemon.get('State'), 'disabled')

    def refusal(self):
        return self.assert_call_fails(ERROR + 'InvalidSetting', self.daemon.configure,
                                      RSAKeyLength=7)


if __name__ == '__main__':
    if not os.path.exists(SOURCES):
        skip_all('needs: apt-get install locales')
    main()
