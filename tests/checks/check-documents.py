#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""README and data/doc: links lead somewhere, tables are complete, pages are installed."""

import os
import re

from checks import ROOT, files, read, report

PAGES = ['README.md'] + files('.md', under=['data/doc'])
TABLES = 'data/doc/states-and-errors.md'
ATTRIBUTES = 'data/doc/eurotech-esf.md'
# What a Debian with the package installed does not have.
TOOLS = {'gdbus': 'libglib2.0-bin', 'python3': 'python3-gi', 'openssl': 'openssl',
         'scepserver': 'scep', 'gdbus-codegen': 'libglib2.0-dev', 'cc': 'gcc',
         'meson': 'meson'}
STATUS = 'src/enroll/scep-enrollment-warnings.c'


def table_words(path, table):
    body = re.search(re.escape(table) + r'\[\] = \{(.*?)\n\};', read(path), re.S).group(1)
    return re.findall(r'"([^"]+)"', body)


def warnings():
    return table_words(STATUS, 'warning_words') + re.findall(
        r'g_strv_builder_add \(builder, "([a-z-]+)"\)', read(STATUS))


def rows(section):
    """The first two columns of each row with something to do, of a section's table."""
    body = re.search(r'^## %s\n(.*?)(?=^## |\Z)' % section, read(TABLES), re.S | re.M).group(1)
    return dict(re.findall(r'^\| `([^`]+)` \| ([^|]+) \| [^|]+ \|$', body, re.M))


def table_complaints(section, words):
    explained = rows(section)
    if not words:
        yield 'nothing was found in the source'
    yield from ('%s is not explained' % word for word in sorted(set(words) - set(explained)))
    yield from ('there is no %s' % word for word in sorted(set(explained) - set(words)))


def anchors(text):
    titles = re.findall('^#+ (.*)$', text, re.M)
    return {re.sub('[^a-z0-9 -]', '', title.lower()).replace(' ', '-') for title in titles}


def link_complaints(page):
    text = read(page)
    for link in re.findall(r'\]\(([^)]+)\)', text):
        if link.startswith('https://'):
            continue
        path, _, anchor = link.partition('#')
        target = os.path.normpath(os.path.join(os.path.dirname(page), path)) if path else page
        if not os.path.exists(os.path.join(ROOT, target)):
            yield '%s: there is no %s' % (page, link)
        elif anchor and anchor not in anchors(read(target)):
            yield '%s: nothing is called %s' % (page, link)


def setting_complaints():
    settings = re.findall(r'\((?=")"(\w+)"', read('src/enroll/scep-setting-info.c'), re.S)
    named = re.findall('`(\\w+)`', read(ATTRIBUTES))
    if not settings:
        yield 'no setting was found in the source'
    yield from ('%s is not named' % setting for setting in settings if setting not in named)


def install_complaints():
    rules = read('data/doc/meson.build')
    for path in files('.md', '.svg', '.py', '.c', under=['data/doc']):
        if "'%s'" % os.path.relpath(path, 'data/doc') not in rules:
            yield path + ' is not installed'


def package_complaints(page):
    """A box uses only what everybody has, or what comes with a package that its page names."""
    text = read(page)
    for kind, box in re.findall(r'^```sh(?: (\w+))?\n(.*?)^```$', text, re.S | re.M):
        for tool, package in TOOLS.items():
            if re.search(r'(?:^|[(|;] *|timeout \d+ )%s ' % tool, box, re.M) and \
                    not re.search(r'\b%s(?![\w.-])' % re.escape(package), text):
                yield '%s uses %s and does not name the package %s' % (page, tool, package)


def main():
    report([(name, list(complaints)) for name, complaints in (
        ('states', table_complaints('States', table_words('src/enroll/scep-state.c',
                                                          'state_names'))),
        ('errors', table_complaints('Errors', table_words('src/base/scep-error.c', 'names'))),
        ('warnings', table_complaints('Warnings', warnings())),
        ('settings beside the attributes of ESF', setting_complaints()),
        ('links', [complaint for page in PAGES for complaint in link_complaints(page)]),
        ('packages of the programs in boxes',
         [complaint for page in PAGES for complaint in package_complaints(page)]),
        ('what is written is installed', install_complaints()),
    )])


main()
