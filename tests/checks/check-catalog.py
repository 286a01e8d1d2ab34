#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Every MESSAGE_ID is explained in the message catalog, in every language; nothing else is."""

import os
import re
import shutil
import subprocess
import tempfile

from checks import ROOT, files, read, report

HEADER = 'src/service/scep-message-ids.h'
JOURNAL = 'src/service/scep-journal.c'
CATALOG = 'data/scep-enrollment.catalog'
TRANSLATION = 'data/scep-enrollment.%s.catalog'
HEADERS = ('Subject', 'Defined-By')


def entries(path=CATALOG):
    """(id, headers, text) of each entry of a catalog."""
    for part in re.split(r'^-- ', read(path), flags=re.M)[1:]:
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


def fields_by_id(ids):
    """The fields of each id: those of the functions that name it, and of what these call."""
    functions = dict(re.findall(r'^(\w+) \([^{}]*\)\n(\{.*?^\})', read(JOURNAL), re.S | re.M))

    def whole(name):
        body = functions.get(name, '')
        return body + ''.join(whole(word) for word in re.findall(r'(\w+) \(', body))

    values, found = dict(ids), {}
    for name, body in functions.items():
        for message in re.findall(r'SCEP_MESSAGE_\w+', body):
            found[values[message]] = set(re.findall(r'"(SCEP_[A-Z_]+)"', whole(name)))
    return found


def text_complaints(fields):
    """An entry says what it means, and uses only fields that its events have."""
    for value, headers, text in entries():
        for name in HEADERS:
            if not headers.get(name):
                yield '%s has no %s' % (value, name)
        if len(text.split()) < 15:
            yield '%s says hardly anything' % value
        for field in re.findall('@([^@\\s]+)@', headers.get('Subject', '') + text):
            if field not in fields.get(value, ()):
                yield '%s uses %s, which it does not have' % (value, field)
        for line in text.splitlines():
            if len(line) > 90:
                yield '%s has a long line: %s' % (value, line)


def uses(headers, text):
    return sorted(re.findall('@[^@\\s]+@', headers.get('Subject', '') + text))


def translation_complaints(language):
    """The same entries in the same order, with the same fields."""
    path = TRANSLATION % language
    if not os.path.exists(os.path.join(ROOT, path)):
        yield 'there is no ' + path
        return
    original = list(entries())
    translated = list(entries(path))
    if [value for value, _, _ in translated] != [value for value, _, _ in original]:
        yield '%s has not the entries of %s' % (path, CATALOG)
        return
    for (value, headers, text), (_, its_headers, its_text) in zip(original, translated):
        if set(HEADERS) - set(its_headers):
            yield '%s: %s lacks a header' % (path, value)
        if set(uses(headers, text)) != set(uses(its_headers, its_text)):
            yield '%s: %s uses other fields' % (path, value)
        if text.count('\n\n') != its_text.count('\n\n'):
            yield '%s: %s has not as many paragraphs' % (path, value)


def compile_complaints(explained):
    """journalctl itself reads it."""
    with tempfile.TemporaryDirectory() as root:
        folder = os.path.join(root, 'usr/lib/systemd/catalog')
        os.makedirs(folder)
        os.makedirs(os.path.join(root, 'var/lib/systemd/catalog'))
        for path in files('.catalog', under=('data',)):
            shutil.copy(os.path.join(ROOT, path), folder)
        for command in ('--update-catalog', '--list-catalog'):
            result = subprocess.run(['journalctl', '--root=' + root, command],
                                    capture_output=True, text=True, timeout=60,
                                    env=dict(os.environ, LC_ALL='C.UTF-8'))
            if result.returncode != 0 or result.stderr:
                yield 'journalctl %s: %s' % (command, result.stderr.strip())
        for value in explained:
            if value not in result.stdout:
                yield 'journalctl does not list ' + value


def main():
    ids = re.findall(r'^#define (SCEP_MESSAGE_\w+) "([^"]*)"', read(HEADER), re.M)
    explained = [value for value, _, _ in entries()]
    fields = fields_by_id(ids)
    results = [
        ('%d message ids are in the header and in the catalog' % len(ids),
         list(ids_complaints(ids, explained)) if ids else ['there are none']),
        ('the catalog uses the fields of %d events' % len(fields), list(text_complaints(fields))),
    ]
    results += [('the catalog is there in "%s"' % language, list(translation_complaints(language)))
                for language in read('po/LINGUAS').split()]
    if shutil.which('journalctl'):
        results.append(('journalctl reads the catalog', list(compile_complaints(explained))))
    report(results)


main()
