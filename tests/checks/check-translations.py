#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Every source with words for people is in po/POTFILES, and nothing else is."""

import re

from checks import files, read, report

MARK = re.compile(r'\bN?_ \("|\bg_dngettext \(')


def main():
    listed = [line for line in read('po/POTFILES').split('\n') if line and line[0] != '#']
    marked = [path for path in files('.c', '.h', under=('src',)) if MARK.search(read(path))]
    marked += files('.policy.in', under=('polkit',))
    report([
        ('sources with words for people are in POTFILES',
         ['%s is not in po/POTFILES' % path for path in marked if path not in listed]),
        ('POTFILES names no other file',
         ['%s has no words to translate' % path for path in listed if path not in marked]),
        ('POTFILES names no file twice',
         ['%s is there twice' % path for path in set(listed) if listed.count(path) > 1]),
    ])


main()
