#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The box for C programmers in data/doc/examples.md makes the example, as it is written."""

import os
import shutil
import tempfile

from checks import ROOT, report
from documents import blocks, execute

PAGE = 'data/doc/examples.md'
INSTALLED = '/usr/share/dbus-1/interfaces'
TOOLS = ('gdbus-codegen', 'cc', 'pkg-config')


def complaints(text, folder):
    """What is installed later is taken from the source."""
    if INSTALLED not in text:
        yield 'the box does not name ' + INSTALLED
    result = execute(text.replace(INSTALLED, os.path.join(ROOT, 'dbus')), folder)
    if result.returncode != 0 or not os.access(os.path.join(folder, 'status'), os.X_OK):
        yield from (text + result.stdout + result.stderr).splitlines()


def main():
    if any(shutil.which(tool) is None for tool in TOOLS):
        print('1..0 # SKIP needs: apt-get install libglib2.0-dev-bin gcc pkg-config')
        return
    found = blocks(os.path.join(ROOT, PAGE), 'compile')
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(os.path.join(ROOT, 'data/doc/examples/status.c'), folder)
        report([('there is one box', [] if len(found) == 1 else ['there are %d' % len(found)]),
                ('it makes the program', [c for text in found for c in complaints(text, folder)])])


main()
