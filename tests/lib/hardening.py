# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a linked program tells of how it was compiled."""

import subprocess


def readelf(program, *options):
    return subprocess.run(['readelf', '--wide', *options, program], check=True,
                          capture_output=True, text=True).stdout


def judge(program, fortified):
    """Complaints. Fortified functions are only in a program that was optimised."""
    headers = readelf(program, '--program-headers')
    dynamic = readelf(program, '--dynamic')
    symbols = readelf(program, '--dyn-syms')
    wanted = (
        ('is position independent', 'FLAGS_1' in dynamic and 'PIE' in dynamic),
        ('has its relocations read-only after the start (-z relro)', 'GNU_RELRO' in headers),
        ('binds all symbols at the start (-z now)', 'BIND_NOW' in dynamic),
        ('has a stack that cannot be executed', 'GNU_STACK' in headers and 'RWE' not in headers),
        ('has a protected stack', '__stack_chk_fail' in symbols),
        ('has fortified functions', not fortified or '_chk@GLIBC' in symbols),
    )
    return ['%s: not so: it %s' % (program, what) for what, there in wanted if not there]
