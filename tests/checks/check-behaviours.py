#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The tables of server behaviours: no row without a proof, and the document is up to date.

With --write it writes the document.
"""

import os
import re
import sys

from checks import ROOT, read, report

sys.path.insert(0, os.path.join(ROOT, 'tests/responder'))

from behaviours import document  # noqa: E402


def rows():
    return [row for _, _, chapters, _ in document.TABLES for chapter in chapters
            for row in chapter.rows]


def row_complaints(row, ids):
    if not re.fullmatch('[a-z][a-z0-9]*(-[a-z0-9]+)*', row.id) or len(row.id) > 63:
        yield '%s is no id' % row.id
    if ids.count(row.id) > 1:
        yield '%s is not the only one of its name' % row.id
    if not (row.who and row.does.endswith('.') and row.reaction.endswith('.')):
        yield '%s does not say who does what, or how it is taken' % row.id
    if row.expect is None and not row.shown:
        yield '%s is not shown by anything' % row.id


def is_case(text, path, case):
    """Whether a test program has this test."""
    if path.endswith('.py'):
        return re.search(r'^ +def %s\(' % re.escape(case.split('.')[-1]), text, re.M) is not None
    return '"%s"' % case in text


def is_run(path):
    """Whether a meson.build names the program."""
    name = re.sub('^test[-_]|[.](c|py)$', '', os.path.basename(path))
    folder = os.path.dirname(path)
    builds = [os.path.join(folder, 'meson.build'), os.path.join(folder, '../meson.build')]
    return any(re.search(r"['-]%s\b" % name.replace('_', '[-_]'), read(build))
               for build in builds if os.path.exists(os.path.join(ROOT, build)))


def proof_complaints(row):
    for proof in row.shown:
        path, _, case = proof.partition(' ')
        path = 'tests/' + path
        if not os.path.exists(os.path.join(ROOT, path)):
            yield '%s: there is no %s' % (row.id, path)
        elif not is_case(read(path), path, case):
            yield '%s: %s has no test %s' % (row.id, path, case)
        elif not is_run(path):
            yield '%s: nothing runs %s' % (row.id, path)


def document_complaints():
    if read(document.PATH) != document.render():
        yield '%s is out of date: run tests/checks/check-behaviours.py --write' % document.PATH


def main():
    if sys.argv[1:] == ['--write']:
        with open(os.path.join(ROOT, document.PATH), 'w', encoding='utf-8') as out:
            out.write(document.render())
        return
    ids = [row.id for row in rows()]
    report([
        ('%d rows are complete' % len(ids),
         [text for row in rows() for text in row_complaints(row, ids)]),
        ('the tests that they name are there',
         [text for row in rows() for text in proof_complaints(row)]),
        ('the document says the same', list(document_complaints())),
    ])


main()
