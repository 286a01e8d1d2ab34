#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Sizes of functions and files, and what must not be in the sources.

A function is counted from its name to its closing brace; the house style puts
both at the beginning of a line.
"""

import re
import statistics

from checks import files, read, report

MAX_MEDIAN = 15
MAX_NINE_IN_TEN = 45
MAX_FUNCTION = 80
MAX_FILE = 510
FORBIDDEN = {r'\bgoto\b': 'goto', r'\b(TODO|FIXME|XXX)\b': 'a note to oneself',
             r'\bstrcpy\b|\bsprintf\b|\bgets\b': 'an unbounded copy'}
# A string or a comment may say what code may not.
QUOTED = re.compile(r'"(?:\\.|[^"\\\n])*"|/\*.*?\*/|//[^\n]*', re.S)


def functions(path):
    """(name, lines) of each function."""
    name = start = None
    for number, line in enumerate(read(path).splitlines()):
        if start is None and (match := re.match(r'(\w+) \(', line)):
            name, begin = match.group(1), number
        elif line == '{' and name is not None:
            start = begin
        elif line == '}' and start is not None:
            yield name, number - start + 1
            name = start = None


def forbidden(path):
    text = QUOTED.sub('', read(path))
    return ['%s has %s' % (path, what) for pattern, what in FORBIDDEN.items()
            if re.search(pattern, text)]


def main():
    sources = files('.c', '.h', under=('src', 'tests'))
    sizes = [(size, name, path) for path in files('.c', under=('src',))
             for name, size in functions(path)]
    ordered = sorted(size for size, _, _ in sizes)
    median = statistics.median(ordered)
    nine_in_ten = ordered[len(ordered) * 9 // 10]
    report([
        ('%d functions, median of %g lines' % (len(sizes), median),
         [] if median <= MAX_MEDIAN else ['more than %d' % MAX_MEDIAN]),
        ('nine in ten have at most %d lines' % nine_in_ten,
         [] if nine_in_ten <= MAX_NINE_IN_TEN else ['more than %d' % MAX_NINE_IN_TEN]),
        ('no function is longer than %d lines' % MAX_FUNCTION,
         ['%s: %s has %d' % (path, name, size) for size, name, path in sizes
          if size > MAX_FUNCTION]),
        ('files have about 500 lines at most',
         ['%s has %d' % (path, count) for path in files('.c', '.h', under=('src',))
          if (count := read(path).count('\n')) > MAX_FILE]),
        ('nothing forbidden', [complaint for path in sources for complaint in forbidden(path)]),
    ])


main()
