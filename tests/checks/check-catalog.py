#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Every MESSAGE_ID is explained in the message catalog, and nothing else is."""

import os
import re
import shutil
import subprocess
import tempfile

from checks import ROOT, read, report

HEADER = 'src/service/scep-message-ids.h'
JOURNAL = 'src/service/scep-journal.c'
CATALOG = 'data/scep-enrollment.catalog'
HEADERS = ('Subject', 'Defined-By')


def entries():
    """(id, headers, text) of each entry of the catalog."""
    for part in re.split(r'^-- ', read(CATALOG), flags=re.M)[1:]:
        first, _, rest = part.partition('\n')
        headers, _, text = rest.partition('\n\n')
        yield first.strip(), dict(line.split(': ', 1) for line in headers.splitlines()), text


def ids_complaints(ids, explained):
    found = [value for _, value in ids]
    for name, value in ids:
        if not re.fullmatch('[0-9a-f]{32}', value):
            yield '%s is not 128 bits of lower-case hex' % name
        if found.count(value) > 1:
            yield '%s is not the only one of its id' % name
        if value not in explained:
            yield '%s is not explained in %s' % (name, CATALOG)
    for value in explained:
        if value not in found:
            yield '%s of the catalog is in no header' % value
        if explained.count(value) > 1:
            yield '%s is explained twice' % value


def text_complaints(fields):
    """An entry says what it means, and uses only fields that there are."""
    for value, headers, text in entries():
        for name in HEADERS:
            if not headers.get(name):
                yield '%s has no %s' % (value, name)
        if len(text.split()) < 15:
            yield '%s says hardly anything' % value
        for field in re.findall('@([^@\\s]+)@', headers.get('Subject', '') + text):
            if field not in fields:
                yield '%s uses %s, which no entry has' % (value, field)
        for line in text.splitlines():
            if len(line) > 90:
                yield '%s has a long line: %s' % (value, line)


def compile_complaints(explained):
    """journalctl itself reads it."""
    with tempfile.TemporaryDirectory() as root:
        folder = os.path.join(root, 'usr/lib/systemd/catalog')
        os.makedirs(folder)
        os.makedirs(os.path.join(root, 'var/lib/systemd/catalog'))
        shutil.copy(os.path.join(ROOT, CATALOG), folder)
        for command in ('--update-catalog', '--list-catalog'):
            result = subprocess.run(['journalctl', '--root=' + root, command],
                                    capture_output=True, text=True, timeout=60,
                                    env=dict(os.environ, LC_ALL='C.UTF-8'))
            if result.returncode != 0:
                yield 'journalctl %s: %s' % (command, result.stderr.strip())
        for value in explained:
            if value not in result.stdout:
                yield 'journalctl does not list ' + value


def main():
    ids = re.findall(r'^#define (SCEP_MESSAGE_\w+) "([^"]*)"', read(HEADER), re.M)
    explained = [value for value, _, _ in entries()]
    fields = set(re.findall(r'"(SCEP_[A-Z_]+)"', read(JOURNAL)))
    results = [
        ('%d message ids are in the header and in the catalog' % len(ids),
         list(ids_complaints(ids, explained)) if ids else ['there are none']),
        ('the catalog uses %d fields' % len(fields), list(text_complaints(fields))),
    ]
    if shutil.which('journalctl'):
        results.append(('journalctl reads the catalog', list(compile_complaints(explained))))
    report(results)


main()
