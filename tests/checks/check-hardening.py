#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The programs of this build are hardened.

check-hardening.py BUILD_DIR PROGRAM…: stack clash protection and CET leave no mark in a linked
program that could be relied on, so these are looked for in the commands that compile src/.
"""
import json
import os
import platform
import sys

import checks
import hardening

# What every compiler of the architectures has that the service is built for.
FLAGS = {
    'x86_64': ('-fstack-protector-strong', '-fstack-clash-protection', '-fcf-protection'),
    'i686': ('-fstack-protector-strong', '-fstack-clash-protection', '-fcf-protection'),
    'aarch64': ('-fstack-protector-strong', '-fstack-clash-protection', '-mbranch-protection=standard'),
}


def find_unprotected(build_dir):
    with open(os.path.join(build_dir, 'compile_commands.json'), encoding='utf-8') as source:
        commands = [entry for entry in json.load(source) if '/src/' in '/' + entry['file']]
    flags = FLAGS.get(platform.machine(), ('-fstack-protector-strong',))
    complaints = ['%s: without %s' % (entry['file'], flag) for entry in commands for flag in flags
                  if flag not in entry['command'].split()]
    return complaints if commands else ['nothing of src/ is compiled']


build, programs = sys.argv[1], sys.argv[2:]
checks.report([('compile commands', find_unprotected(build)),
               *((os.path.basename(program), hardening.judge(program, False)) for program in programs)])
