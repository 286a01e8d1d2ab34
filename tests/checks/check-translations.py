#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Every word for people is in the catalogs, in every language, and fits its place."""

import ast
import os
import re
import subprocess
import tempfile

from checks import ROOT, files, read, report

MARK = re.compile(r'\bN?_ \("|\bg_dngettext \(')
# The part of meson's preset "glib" that matters here.
KEYWORDS = ['--from-code=UTF-8', '--keyword=_', '--keyword=N_', '--keyword=g_dngettext:2,3']
# What a language does not write: straight quotation marks; a plain space, or none, before the
# double punctuation of French, and a straight apostrophe; a reader who is addressed politely.
STRAIGHT = '"'
UNWRITTEN = {
    'fr': r"(?<![\u00a0A-Z])[:;?!](?=\s|$)|(?<!\u00a0)»|«(?!\u00a0)|(?<=[^\W\d])'(?=[^\W\d])",
    'zh_CN': '您',
}
TOOL = {'LC_ALL': 'C.UTF-8', 'PATH': os.environ.get('PATH', '/usr/bin:/bin'),
        'GETTEXTDATADIRS': os.path.join(ROOT, 'polkit')}


def run(*command):
    return subprocess.run(command, cwd=ROOT, env=TOOL, capture_output=True, text=True)


def make_template(path):
    made = run('xgettext', '--files-from=po/POTFILES', '--output=' + path, *KEYWORDS)
    return made.stderr.splitlines() if made.returncode != 0 else []


def messages(path, *options):
    """(msgid, translations) of each message that msgattrib selects."""
    text = run('msgattrib', '--no-wrap', *options, path).stdout
    for block in text.split('\n\n'):
        lines = [line[3:] if line.startswith('#~ ') else line for line in block.splitlines()]
        joined = re.sub(r'"\n"', '', '\n'.join(line for line in lines if line[:1] != '#'))
        words = re.findall(r'^(msg\w+)(?:\[\d\])? (".*")$', joined, re.M)
        parts = [(name, ast.literal_eval(word)) for name, word in words]
        ids = [word for name, word in parts if name == 'msgid']
        if ids and ids[0]:
            yield ids[0], [word for name, word in parts if name == 'msgstr']


def space(text):
    return re.match(r'\s*', text).group(), re.search(r'\s*$', text).group()


def coverage_complaints(language, catalog, merged):
    for what, options, path in [('is not translated', ['--untranslated'], merged),
                                ('is fuzzy', ['--only-fuzzy'], catalog),
                                ('is not used any more', ['--only-obsolete'], merged)]:
        for msgid, _ in messages(path, *options):
            yield '%s: %s: "%s"' % (language, what, msgid)


def form_complaints(language, catalog):
    for msgid, translations in messages(catalog, '--translated'):
        for text in translations:
            if space(msgid) != space(text):
                yield '%s: other space around it: "%s"' % (language, msgid)
    for line in run('msgfmt', '--check', '--output-file=/dev/null', catalog).stderr.splitlines():
        yield '%s: %s' % (language, line)


def typography_complaints(language, catalog):
    unwritten = '|'.join([STRAIGHT, *filter(None, [UNWRITTEN.get(language)])])
    for msgid, translations in messages(catalog):
        for text in translations:
            found = re.search(unwritten, text)
            if found:
                yield '%s: does not write "%s" as in "%s"' % (language, found.group(), text)
        if STRAIGHT in msgid:
            yield 'straight quotation marks: %s' % msgid


def complaints(language, template, folder):
    catalog = os.path.join(ROOT, 'po', language + '.po')
    merged = os.path.join(folder, language + '.po')
    made = run('msgmerge', '--quiet', '--no-fuzzy-matching', '--output-file=' + merged, catalog,
               template)
    if made.returncode != 0:
        return made.stderr.splitlines()
    return [*coverage_complaints(language, catalog, merged), *form_complaints(language, catalog),
            *typography_complaints(language, catalog)]


def main():
    listed = [line for line in read('po/POTFILES').split('\n') if line and line[0] != '#']
    marked = [path for path in files('.c', '.h', under=('src',)) if MARK.search(read(path))]
    marked += files('.policy.in', under=('polkit',))
    languages = read('po/LINGUAS').split()
    with tempfile.TemporaryDirectory() as folder:
        template = os.path.join(folder, 'all.pot')
        results = [
            ('sources with words for people are in POTFILES',
             ['%s is not in po/POTFILES' % path for path in marked if path not in listed]),
            ('POTFILES names no other file',
             ['%s has no words to translate' % path for path in listed if path not in marked]),
            ('POTFILES names no file twice',
             ['%s is there twice' % path for path in set(listed) if listed.count(path) > 1]),
            ('LINGUAS names the catalogs',
             [path for path in files('.po', under=('po',))
              if os.path.basename(path)[:-3] not in languages]),
            ('the words can be collected', make_template(template)),
        ]
        results += [('the catalog "%s" is complete and its formats match' % language,
                     complaints(language, template, folder)) for language in languages]
    report(results)


main()
