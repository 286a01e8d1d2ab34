#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The package on a freshly made Debian, booted: what runs inside is booted_*.py.

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
ExecStart=/usr/bin/python3 /srv/system/booted_tests.py
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


def build_package(log):
    environment = {name: value for name, value in os.environ.items() if name != 'PYTHONPATH'}
    subprocess.run([os.path.join(SOURCE, 'dev'), 'package'], check=True, stdout=log, stderr=log,
                   stdin=subprocess.DEVNULL, env=environment)
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
    with open(os.path.join(folder, 'scep-test.service'), 'w') as unit:
        unit.write(UNIT % os.environ.get('CI', ''))
    os.makedirs(os.path.join(folder, 'results'))
    return debian.make(deb, log)


def content(folder, name):
    path = os.path.join(folder, name)
    if not os.path.exists(path):
        return ''
    with open(path, errors='replace') as source:
        return source.read()


def keep(folder):
    target = os.environ.get('SCEP_SYSTEM_LOG')
    if target:
        os.makedirs(target, exist_ok=True)
        for name in ('log', 'console', 'results/journal', 'results/tap', 'results/errors'):
            if os.path.exists(os.path.join(folder, name)):
                shutil.copy(os.path.join(folder, name), target)


def explain(folder):
    """What a reader of a failure wants to see."""
    for name, lines in (('log', 30), ('console', 30), ('results/errors', 50),
                        ('results/journal', 200)):
        for line in content(folder, name).splitlines()[-lines:]:
            print('# %s: %s' % (name, line))


def run(folder):
    with open(os.path.join(folder, 'log'), 'w') as log:
        root = prepare(folder, log)
    binds = [('-ro', os.path.join(SOURCE, 'tests', 'lib'), '/srv/lib'),
             ('-ro', HERE, '/srv/system'),
             ('-ro', os.path.join(BUILD, 'tests', 'responder'), '/srv/build/tests/responder'),
             ('-ro', os.path.join(folder, 'packages'), '/srv/packages'),
             ('', os.path.join(folder, 'results'), '/srv/results')]
    with open(os.path.join(folder, 'console'), 'w') as console:
        in_time = debian.boot(root, os.path.join(folder, 'scep-test.service'), binds, console, 600)
    tap = content(folder, 'results/tap')
    print(tap, end='')
    complete = in_time and re.search(r'^1\.\.\d+$', tap, re.M)
    if not complete:
        print('not ok %d - the machine ran all tests and switched itself off\n1..%d'
              % ((tap.count('ok ') + 1,) * 2))
    return complete and not re.search('^not ok', tap, re.M)


def main():
    check()
    folder = tempfile.mkdtemp(prefix='scep-system-')
    good = False
    try:
        good = run(folder)
    except (subprocess.CalledProcessError, OSError, IndexError) as error:
        print('1..1\nnot ok 1 - the package and a Debian are made: %s' % error)
    finally:
        keep(folder)
        if not good:
            explain(folder)
        shutil.rmtree(folder)
    sys.exit(0 if good else 1)


main()
