#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The manual and the completions name what there is, all of it and nothing else."""

import glob
import os
import re

from checks import files, read, report

BUILD = os.environ['SCEP_BUILD_DIR']
SETTINGS_PAGE = 'data/man/scep-enrollment.conf.5.xml'
DAEMON_PAGE = 'data/man/scep-enrollmentd.8.xml'
WARNINGS = 'src/enroll/scep-enrollment-warnings.c'
TOOL_PAGE = 'data/man/scepctl.1.xml'
COMPLETIONS = ('data/completions/scepctl', 'data/completions/_scepctl',
               'data/completions/scepctl.fish')


def source_words(path, pattern):
    return re.findall(pattern, read(path), re.S)


def table_words(path, table):
    """The strings of a static table of a C file."""
    body = re.search(re.escape(table) + r'\[\] = \{(.*?)\n\};', read(path), re.S).group(1)
    return re.findall(r'"([^"]+)"', body)


def page_terms(path, section, kind):
    """The terms that a section of a page explains."""
    body = re.search('<title>%s</title>(.*?)</refsect1>' % section, read(path), re.S).group(1)
    return re.findall('<term><%s>([^<]+)</' % kind, body)


def differences(there, explained):
    if not there:
        yield 'nothing was found in the source'
    for word in sorted(set(there) - set(explained)):
        yield '%s is not explained' % word
    for word in sorted(set(explained) - set(there)):
        yield '%s is explained, but there is no such thing' % word


def verbs():
    table = re.search(r'verbs\[\] = \{(.*?)\n\};', read('src/ctl/scep-ctl.c'), re.S).group(1)
    return [(group if group != 'NULL' else '', name) for group, name in
            re.findall(r'^  \{ "?(\w+)"?, "([a-z-]+)",', table, re.M)]


def verb_titles():
    return [(group + ' ' + name).strip() for group, name in verbs()]


def page_verbs():
    titles = [' '.join(re.match(r'((?:keystore|profile) )?(\S+)', term).group(0).split())
              for term in page_terms(TOOL_PAGE, 'Verbs', 'command')]
    return titles


def completion_complaints(path, settings):
    words = set(re.findall(r'[A-Za-z][A-Za-z-]*', read(path)))
    for word in settings + [part for verb in verbs() for part in verb if part]:
        if word not in words:
            yield '%s does not complete %s' % (path, word)
    for option in re.findall(r'\{ "([a-z-]+)", (?:\'.\'|0), 0, G_OPTION',
                             ''.join(map(read, files('.c', under=['src/ctl'])))):
        if option not in words:
            yield '%s does not complete --%s' % (path, option)


def page_complaints(path):
    """What a reader of a finished page would see of its making."""
    name = os.path.basename(path).rpartition('.')[0]
    with open(path, encoding='utf-8') as page:
        text = page.read()
    shown = re.sub(r'\\([-.])?&?', r'\1', text)
    if '.TH "%s" ' % name.upper() not in shown:
        yield '%s does not have its whole name above it' % path
    yield from ('%s: %s' % (path, line) for line in text.splitlines()
                if '`' in line or re.match(r'\.SS ".*".*"', line))


def main():
    settings = source_words('src/enroll/scep-setting-info.c', r'\((?=")"(\w+)"')
    in_files = [name for name in settings if name != 'ChallengePassword']
    results = [
        ('%d settings' % len(settings), differences(
            in_files + ['ChallengePasswordFile'],
            page_terms(SETTINGS_PAGE, 'Settings of a profile', 'varname'))),
        ('states', differences(table_words('src/enroll/scep-state.c', 'state_names'),
                               page_terms(DAEMON_PAGE, 'States', 'literal'))),
        ('errors', differences(table_words('src/base/scep-error.c', 'names'),
                               page_terms(DAEMON_PAGE, 'Errors', 'literal'))),
        ('warnings', differences(
            table_words(WARNINGS, 'warning_words') +
            source_words(WARNINGS, r'g_strv_builder_add \(builder, "([a-z-]+)"\)'),
            page_terms(DAEMON_PAGE, 'Warnings', 'literal'))),
        ('verbs', differences(verb_titles(), page_verbs())),
    ]
    results += [(path, completion_complaints(path, in_files)) for path in COMPLETIONS]
    pages = sorted(glob.glob(os.path.join(BUILD, 'data', 'man', '*.[158]')))
    results.append(('%d finished pages' % len(pages),
                    [complaint for page in pages for complaint in page_complaints(page)]))
    report((name, list(complaints)) for name, complaints in results)


main()
