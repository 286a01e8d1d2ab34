#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Every file says its license in its first lines."""

import os

from checks import ROOT, files, read, report

LICENSE = 'SPDX-License-Identifier: LGPL-2.1-or-later'
ENDINGS = ('.c', '.h', '.py', '.xml', '.build', '.in', '.asn', '.policy', '.conf', '.sh', '.txt')


def main():
    paths = files(*ENDINGS)
    paths += [name for name in ('meson.build', 'meson_options.txt', 'dev', '.ci/run')
              if os.path.exists(os.path.join(ROOT, name))]
    missing = [path for path in paths
               if LICENSE not in '\n'.join(read(path).splitlines()[:6])]
    report([('%d files carry the SPDX line' % len(paths), missing)])


main()
