# SPDX-License-Identifier: LGPL-2.1-or-later
"""The tables as a document for people."""

from . import attacks, client_bugs, quirks, trust, words

PATH = 'data/doc/server-behaviours.md'

TABLES = (
    ('quirks', 'Servers as they are', quirks.CHAPTERS, (
        'What SCEP servers are known to do, and what the service makes of it.')),
    ('trust', 'CAs of several certificates', trust.CHAPTERS, (
        'Who is who in the answer to GetCACert.')),
    ('client-bugs', 'Mistakes of other clients', client_bugs.CHAPTERS, (
        'What has gone wrong elsewhere, and does not here.')),
    ('attacks', 'Attacks', attacks.CHAPTERS, (
        'What somebody on the way, or at the other end, may try.')),
    ('words', 'What people are told', words.CHAPTERS, (
        'What goes wrong between a server and this machine, and what it is called.')),
)

HEAD = '''\
<!-- Written by tests/checks/check-behaviours.py --write. Do not edit. -->

# Which server behaviours are covered

Every row of this page is a test. Each was made from the table of the test, so
nothing stands here that is not tried in every build: with the real daemon against a
scriptable SCEP server (a row of `tests/responder/behaviours`), or by the tests that the
last column names, by their place below `tests/`.
'''


def cell(text):
    return ' '.join(text.split()).replace('|', '\\|')


def proofs(table, row):
    """Where a row is shown, for people."""
    names = ['%s: %s' % (table, row.id)] if row.expect is not None else []
    return ', '.join('`%s`' % name for name in names + list(row.shown))


def lines():
    yield HEAD
    for name, title, chapters, text in TABLES:
        if not chapters:
            continue
        yield '## %s\n\n%s\n' % (title, text)
        for chapter in chapters:
            yield '### %s\n' % chapter.title
            yield '| Who | What it does | What the service does | Shown by |'
            yield '| --- | --- | --- | --- |'
            for row in chapter.rows:
                yield '| %s |' % ' | '.join(map(cell, (row.who, row.does, row.reaction,
                                                       proofs(name, row))))
            yield ''


def render():
    return '\n'.join(lines()).rstrip('\n') + '\n'
