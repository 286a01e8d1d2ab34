#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The pictures show the state table and the layers as they are.

The sources are compared whole. Of the SVG, which looks a little different from one
graphviz to the next, the boxes, the arrows and the words.
"""

import html
import os
import re

from checks import read, report
from pictures import FOLDER, layers_dot, states_dot

REMAKE = 'it is not up to date: ./dev pictures'


def dot_parts(text):
    """(nodes and edges, words) of a source as pictures.py writes it."""
    parts, words = set(), []
    for line in text.splitlines():
        match = re.match(r'  ("[^"]+"|\w+)(?: -> ("[^"]+"|\w+))? \[(.*)\];$', line)
        match = match or re.match(r'  (\w+) -> (\w+)();$', line)
        if not match or match.group(1) in ('node', 'edge'):
            continue
        names = [name.strip('"') for name in match.groups()[:2] if name]
        parts.add('->'.join(names))
        label = re.search('label="([^"]*)"', match.group(3))
        text = label.group(1) if label else names[0] if len(names) == 1 else ''
        words += [word for word in text.split('\\n') if word]
    return parts, sorted(words)


def svg_parts(text):
    parts = set(map(html.unescape, re.findall('<g id="(?:node|edge)[^>]*>\n<title>(.*?)</title>',
                                              text)))
    return parts, sorted(map(html.unescape, re.findall('<text [^>]*>(.*?)</text>', text)))


def complaints(name, wanted):
    if read('%s/%s.dot' % (FOLDER, name)) != wanted:
        yield REMAKE
    parts, words = dot_parts(wanted)
    drawn, written = svg_parts(read('%s/%s.svg' % (FOLDER, name)))
    if len(parts) < 10:
        yield 'the source has next to nothing in it'
    if (parts, words) != (drawn, written):
        yield REMAKE
        yield from ('only in one of source and picture: ' + part for part in parts ^ drawn)


def main():
    program = os.path.join(os.environ['SCEP_BUILD_DIR'], 'tests/checks/states-dot')
    report([('data/doc/states.svg is the table of src/enroll/scep-state.c',
             list(complaints('states', states_dot(program)))),
            ('data/doc/layers.svg is src/meson.build', list(complaints('layers', layers_dot())))])


main()
