#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The package on a freshly made Debian, booted four times: what runs inside is booted_*.py.

SCEP_SYSTEM_LOG names a folder that keeps the console and the journal.
"""

import glob
import os
import re
import shutil
import subprocess
import sys
import tempfile

import debian
import hardening
from documents import blocks, execute
from harness.namespace import skip_all

TOOLS = {'mmdebstrap': 'mmdebstrap', 'systemd-nspawn': 'systemd-container',
         'dpkg-deb': 'dpkg', 'dh': 'debhelper', 'xsltproc': 'xsltproc'}
HERE = os.path.dirname(os.path.abspath(__file__))
SOURCE = os.path.dirname(os.path.dirname(HERE))
BUILD = os.environ['SCEP_BUILD_DIR']
UNIT = '''[Unit]
Description=Tests of the system
After=multi-user.target
SuccessAction=poweroff
FailureAction=poweroff
[Service]
Type=oneshot
Environment=PYTHONPATH=/srv/lib PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 LC_ALL=C.UTF-8
Environment=CI=%s
ExecStart=/usr/bin/python3 /srv/system/%s
ExecStopPost=/bin/sh -c 'journalctl --no-pager -o short-monotonic >/srv/results/journal'
StandardOutput=file:/srv/results/tap
StandardError=file:/srv/results/errors
TimeoutStartSec=900
'''


def check():
    missing = sorted({package for tool, package in TOOLS.items() if shutil.which(tool) is None})
    if missing:
        skip_all('needs: apt-get install ' + ' '.join(missing))
    if os.geteuid() != 0:
        skip_all('needs root, to boot a system')


README = os.path.join(SOURCE, 'README.md')


def build_package(log):
    """As README.md says."""
    environment = {name: value for name, value in os.environ.items() if name != 'PYTHONPATH'}
    for text in blocks(README, 'build'):
        result = execute(text, SOURCE, timeout=1500, env=environment)
        log.write(result.stdout + result.stderr)
        result.check_returncode()
    return glob.glob(os.path.join(SOURCE, 'build-package', 'scep-enrollment_*.deb'))[0]


def next_version(deb, folder, log):
    """The same package once more, as a newer one."""
    tree = os.path.join(folder, 'tree')
    subprocess.run(['dpkg-deb', '--raw-extract', deb, tree], check=True)
    control = os.path.join(tree, 'DEBIAN', 'control')
    with open(control) as old:
        text = re.sub('^Version: (.*)$', r'Version: \1+next', old.read(), flags=re.M)
    with open(control, 'w') as new:
        new.write(text)
    subprocess.run(['dpkg-deb', '--root-owner-group', '--build', tree,
                    os.path.join(folder, 'next.deb')], check=True, stdout=log)
    shutil.rmtree(tree)


def prepare(folder, log):
    packages = os.path.join(folder, 'packages')
    os.makedirs(packages)
    deb = build_package(log)
    shutil.copy(deb, os.path.join(packages, 'first.deb'))
    next_version(deb, packages, log)
    os.makedirs(os.path.join(folder, 'build-package'))
    shutil.copy(deb, os.path.join(folder, 'build-package'))
    return debian.make(deb, log)


def make_image(root, folder, log):
    """What README.md says to the integrator, with a CA as it says to the administrator."""
    image = os.path.join(folder, 'image')
    os.makedirs(image)
    binds = [('', folder, '/srv/start')]
    start = ('set -eux -o pipefail\ncd /srv/start\nscepserver ca -init -depot image/depot '
             '-key-password try -keySize 2048\ncp image/depot/ca.pem .\ncp ca.pem image/\n'
             'echo "open sesame" >challenge\n')
    debian.inside(root, log, binds, 'bash', '-c',
                  start + ''.join(blocks(README, 'package') + blocks(README, 'image')))


def content(folder, name):
    path = os.path.join(folder, name)
    if not os.path.exists(path):
        return ''
    with open(path, errors='replace') as source:
        return source.read()


def keep(folder):
    target = os.environ.get('SCEP_SYSTEM_LOG')
    if target:
        shutil.copytree(os.path.join(folder, 'results'), target, dirs_exist_ok=True)
        shutil.copy(os.path.join(folder, 'log'), target)


def explain(folder):
    """What a reader of a failure wants to see."""
    names = ['log'] + sorted(os.path.relpath(path, folder) for path in glob.glob(
        os.path.join(folder, 'results/*.failed/*')) if not path.endswith('tap'))
    for name in names:
        for line in content(folder, name).splitlines()[-100:]:
            print('# %s: %s' % (name, line))


class Plan:
    """The lines of several programs that write TAP, as those of one."""

    def __init__(self):
        self.count = 0
        self.good = True

    def say(self, verdict, name):
        self.count += 1
        self.good = self.good and verdict == 'ok'
        print('%s %d - %s' % (verdict, self.count, name), flush=True)

    def add(self, tap, boot):
        for line in tap.splitlines():
            match = re.match(r'(ok|not ok) \d+ - (.*)', line)
            if match:
                self.say(match.group(1), match.group(2))
            elif not re.match(r'1\.\.\d+$', line):
                print(line)
        if not re.search(r'^1\.\.\d+$', tap, re.M):
            self.say('not ok', '%s ran all tests and switched itself off' % boot)


def make_mount_points(root, names, folders):
    """Nothing can be made in a root that is read-only."""
    for path in folders:
        os.makedirs(root + path, exist_ok=True)
    for path in names:
        open(root + path, 'w').close()


def run_boot(plan, folder, root, script, volatile='overlay'):
    """Boots for one of the scripts; what it leaves is in a folder of its name."""
    name = script[:-len('.py')]
    results = os.path.join(folder, 'results', name)
    os.makedirs(results)
    unit = os.path.join(folder, name, 'scep-test.service')
    os.makedirs(os.path.dirname(unit))
    with open(unit, 'w') as out:
        out.write(UNIT % (os.environ.get('CI', ''), script))
    binds = [('-ro', os.path.join(SOURCE, 'tests', 'lib'), '/srv/lib'),
             ('-ro', HERE, '/srv/system'),
             ('-ro', SOURCE, '/srv/source'),
             ('-ro', os.path.join(BUILD, 'tests', 'responder'), '/srv/build/tests/responder'),
             ('-ro', os.path.join(BUILD, 'tests', 'system'), '/srv/build/tests/system'),
             ('-ro', os.path.join(folder, 'packages'), '/srv/packages'),
             ('-ro', os.path.join(folder, 'build-package'), '/srv/build-package'),
             ('', results, '/srv/results')]
    if os.path.isdir(os.path.join(folder, 'image')):
        binds.append(('-ro', os.path.join(folder, 'image'), '/srv/image'))
    if volatile == 'state':
        make_mount_points(root, ['/etc/systemd/system/scep-test.service'],
                          [inside for _, _, inside in binds])
    before, plan.good = plan.good, True
    with open(os.path.join(results, 'console'), 'w') as console:
        debian.boot(root, unit, binds, console, 600, volatile)
    plan.add(content(results, 'tap'), name)
    if not plan.good:
        os.rename(results, results + '.failed')
    plan.good = plan.good and before


def check_hardening(plan, folder):
    """Only the package's programs are optimised, and so have fortified functions."""
    tree = os.path.join(folder, 'hardened')
    subprocess.run(['dpkg-deb', '--extract', os.path.join(folder, 'packages', 'first.deb'), tree],
                   check=True)
    for program in ('usr/libexec/scep-enrollmentd', 'usr/bin/scepctl'):
        complaints = hardening.judge(os.path.join(tree, program), True)
        plan.say('not ok' if complaints else 'ok', '%s of the package is hardened' % program)
        for complaint in complaints:
            print('# ' + complaint)


def run(plan, folder):
    with open(os.path.join(folder, 'log'), 'w') as log:
        root = prepare(folder, log)
        check_hardening(plan, folder)
        run_boot(plan, folder, root, 'booted_tests.py')
        run_boot(plan, folder, root, 'booted_readme.py')
        run_boot(plan, folder, root, 'booted_source.py')
        with debian.changed(root, os.path.join(folder, 'overlay')) as image:
            make_image(image, folder, log)
            run_boot(plan, folder, image, 'booted_image.py', 'state')


def main():
    check()
    folder = tempfile.mkdtemp(prefix='scep-system-')
    plan = Plan()
    try:
        run(plan, folder)
    except (subprocess.SubprocessError, OSError, IndexError) as error:
        plan.say('not ok', 'the package and a Debian are made: %s' % error)
    print('1..%d' % plan.count)
    keep(folder)
    if not plan.good:
        explain(folder)
    shutil.rmtree(folder)
    sys.exit(0 if plan.good else 1)


main()
