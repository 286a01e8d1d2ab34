#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Every C file is as clang-format 14 with the committed .clang-format leaves it."""

import os
import shutil
import subprocess

from checks import ROOT, files, report


def complaints(tool, path):
    result = subprocess.run([tool, '--dry-run', '-Werror', '--ferror-limit=3', path], cwd=ROOT,
                            capture_output=True, text=True)
    return [line for line in result.stderr.splitlines() if 'error:' in line]


def find_tool():
    """The pinned version: each formats a little differently."""
    for tool in filter(None, map(shutil.which, ('clang-format-14', 'clang-format'))):
        version = subprocess.run([tool, '--version'], capture_output=True, text=True, check=False)
        if ' version 14.' in version.stdout:
            return tool
    return None


def main():
    tool = find_tool()
    if tool is None:
        if os.environ.get('CI') == 'true':
            report([('clang-format 14 is installed', ['CI=true: a skip is a failure'])])
        print('1..0 # SKIP needs clang-format 14, which this release of Debian may not have')
        return
    report((path, complaints(tool, path)) for path in files('.c', '.h'))


main()
