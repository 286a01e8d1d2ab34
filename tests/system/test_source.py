#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""README.md's way without a package: compiled, tested and installed with nothing but what it names.

It happens on a copy of this machine that lacks what only the tests and the package need, and
whose changes are in memory until the test ends.
"""

import os
import re
import shutil
import subprocess
import tempfile
import unittest

from documents import blocks, execute
from harness import main
from harness.namespace import mount, umount

SOURCE = os.environ['SCEP_SOURCE_DIR']
README = os.path.join(SOURCE, 'README.md')
# What a clone has.
TREE = ('meson.build', 'meson_options.txt', '.clang-format', 'LICENSE', 'README.md',
        'CONTRIBUTING.md', 'dev', 'src', 'data', 'dbus', 'polkit', 'po', 'tests')
PROGRAMS = ('/usr/libexec/scep-enrollmentd', '/usr/bin/scepctl')
FILES = ('/usr/lib/systemd/system/scep-enrollment.service',
         '/usr/lib/sysusers.d/scep-enrollment.conf',
         '/usr/share/dbus-1/system.d/org.example.SCEPEnrollment.conf',
         '/usr/share/dbus-1/system-services/org.example.SCEPEnrollment.service',
         '/usr/share/locale/ja/LC_MESSAGES/scep-enrollment.mo')
POLICY = '/usr/share/polkit-1/actions/org.example.SCEPEnrollment.policy'


class Packages:
    """What is installed on this machine, and what each package needs."""

    def __init__(self):
        self.needs, self.providers, self.essential = {}, {}, set()
        fields = '${Package}\t${Essential}\t${Pre-Depends}, ${Depends}\t${Provides}\n'
        shown = subprocess.run(['dpkg-query', '--show', '--showformat=' + fields], check=True,
                               capture_output=True, text=True).stdout
        for line in shown.splitlines():
            name, essential, needs, provides = line.split('\t')
            self.needs[name] = self.names(needs)
            if essential == 'yes':
                self.essential.add(name)
            for virtual in self.names(provides):
                self.providers.setdefault(virtual, []).append(name)

    @staticmethod
    def names(field):
        return re.findall(r'(?:^|[,|]) *([a-z0-9][a-z0-9.+-]+)', field)

    def closure(self, names):
        """The packages with all that they need; of alternatives, each that is there."""
        found, left = set(), list(names)
        while left:
            name = left.pop()
            left += self.providers.get(name, []) if name not in self.needs else []
            if name in self.needs and name not in found:
                found.add(name)
                left += self.needs[name]
        return found


def named_in_readme():
    with open(README, encoding='utf-8') as page:
        box = re.search(r'^```\napt install (.*?)^```', page.read(), re.S | re.M)
    return box.group(1).replace('\\', ' ').split()


def installed_by_dev():
    with open(os.path.join(SOURCE, 'dev'), encoding='utf-8') as script:
        lists = re.findall(r'^[A-Z]+_PACKAGES=\((.*?)\)', script.read(), re.S | re.M)
    return ' '.join(lists).split()


def remove(root, package):
    listed = subprocess.run(['dpkg-query', '--listfiles', package], check=True,
                            capture_output=True, text=True).stdout
    for path in listed.splitlines():
        folder = os.path.realpath(os.path.dirname(path))
        target = os.path.join(root + folder, os.path.basename(path))
        if os.path.lexists(target) and not os.path.isdir(path):
            os.remove(target)


def times():
    """When this machine's own files changed, where it has any."""
    return [os.stat(path).st_mtime if os.path.exists(path) else None for path in PROGRAMS]


class Test(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.scratch = tempfile.mkdtemp(prefix='scep-source-')
        cls.root = cls.scratch + '/merged'
        mount('-t', 'tmpfs', 'scep-test', cls.scratch)
        for name in ('upper', 'work', 'merged'):
            os.mkdir(os.path.join(cls.scratch, name))
        mount('-t', 'overlay', 'scep-test', '-o', 'lowerdir=/,upperdir=%s/upper,workdir=%s/work'
              % (cls.scratch, cls.scratch), cls.root)
        mount('--rbind', '/dev', cls.root + '/dev')
        mount('-t', 'proc', 'proc', cls.root + '/proc')
        packages = Packages()
        kept = packages.closure([*packages.essential, *named_in_readme()])
        cls.removed = packages.closure(installed_by_dev()) - kept
        for package in cls.removed:
            remove(cls.root, package)
        for path in (*PROGRAMS, *FILES, POLICY):
            if os.path.exists(cls.root + path):
                os.remove(cls.root + path)
        cls.before = times()
        cls.copy_source()

    @classmethod
    def tearDownClass(cls):
        umount(cls.scratch)
        os.rmdir(cls.scratch)

    @classmethod
    def copy_source(cls):
        cls.tree = cls.root + '/srv/scep-enrollment'
        os.makedirs(cls.tree)
        for name in TREE:
            path = os.path.join(SOURCE, name)
            if os.path.isdir(path):
                shutil.copytree(path, os.path.join(cls.tree, name))
            else:
                shutil.copy(path, cls.tree)

    def inside(self, text):
        """As a person types it who has just logged in."""
        return execute(text, self.tree, 600, preexec_fn=lambda: os.chroot(self.root), env={
            'PATH': '/usr/sbin:/usr/bin:/sbin:/bin', 'HOME': '/root', 'LANG': 'C.UTF-8'})

    def test_1_what_only_tests_need_is_not_there(self):
        for package in ('libssl-dev', 'polkitd', 'python3-gi', 'xsltproc', 'debhelper'):
            self.assertIn(package, self.removed)
        self.assertFalse(os.path.exists(self.root + '/usr/bin/xsltproc'))
        self.assertTrue(os.path.exists('/usr/bin/xsltproc'))

    def test_2_every_line(self):
        found = blocks(README, 'source')
        self.assertEqual(len(found), 1)
        result = self.inside(found[0])
        self.assertEqual(result.returncode, 0, result.stdout[-20000:] + result.stderr)
        self.assertEqual(re.findall(r'^.*\bwarning: .*$', result.stdout, re.M), [],
                         'the compiler has nothing to say')
        passed = re.search(r'^Ok: +(\d+)', result.stdout, re.M)
        self.assertGreater(int(passed.group(1)), 50, 'tests that need no other package')

    def test_3_it_is_there(self):
        for path in PROGRAMS:
            self.assertTrue(os.access(self.root + path, os.X_OK), path)
        for path in FILES:
            self.assertTrue(os.path.exists(self.root + path), path)
        self.assertIn('<message xml:lang="de">', open(self.root + POLICY, encoding='utf-8').read())
        self.assertEqual(self.inside('scepctl --version').returncode, 0)

    def test_4_and_only_there(self):
        self.assertEqual(times(), self.before)


if __name__ == '__main__':
    main()
