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


def main():
    tool = shutil.which('clang-format-14') or shutil.which('clang-format')
    if tool is None:
        if os.environ.get('CI') == 'true':
            report([('clang-format is installed', ['CI=true: a skip is a failure'])])
        print('1..0 # SKIP needs: apt-get install clang-format')
        return
    report((path, complaints(tool, path)) for path in files('.c', '.h'))


main()
