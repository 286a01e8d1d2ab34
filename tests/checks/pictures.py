#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The pictures of data/doc: what their text sources must be.

"pictures.py STATES-DOT" writes the sources and, with graphviz, the pictures.
"""

import os
import re
import subprocess
import sys

from checks import ROOT, files, read

FOLDER = 'data/doc'
LAYERS_HEAD = '''// Made from src/meson.build and the includes below src by "./dev pictures".
digraph layers {
  rankdir=TB; nodesep=0.4; ranksep=0.45; bgcolor=white;
  node [shape=box, style="rounded,filled", fillcolor="#e8eef7", fontname="sans-serif", fontsize=12];
  edge [color="#555555"];
'''


def layers():
    """(name, what it knows), from the ground up."""
    return re.findall(r"^subdir\('(\w+)'\) *# (.+)$", read('src/meson.build'), re.M)


def includes(layer, names):
    """The other layers of which a layer includes headers."""
    text = ''.join(map(read, files('.c', '.h', under=['src/' + layer])))
    found = re.findall(r'^#include "(\w+)/', text, re.M)
    return {name for name in found if name in names and name != layer}


def without_detours(uses):
    """An edge is not drawn where a longer way says the same."""
    def reach(layer):
        return set().union(*({lower} | reach(lower) for lower in uses[layer]))
    return {layer: {lower for lower in lowers
                    if not any(lower in reach(other) for other in lowers)}
            for layer, lowers in uses.items()}


def layers_dot():
    names = [name for name, _ in layers()]
    drawn = without_detours({name: includes(name, names) for name in names})
    lines = ['  %s [label="%s\\n%s"];\n' % (name, name, text) for name, text in reversed(layers())]
    lines += ['  %s -> %s;\n' % (name, lower) for name in reversed(names)
              for lower in sorted(drawn[name], key=names.index)]
    lines.append('  ctl -> service [style=dashed, label="D-Bus", fontname="sans-serif", '
                 'fontsize=10];\n')
    return LAYERS_HEAD + ''.join(lines) + '}\n'


def states_dot(program):
    return subprocess.run([program], check=True, capture_output=True, text=True).stdout


def main():
    for name, text in (('states', states_dot(sys.argv[1])), ('layers', layers_dot())):
        source = os.path.join(ROOT, FOLDER, name + '.dot')
        with open(source, 'w') as out:
            out.write(text)
        subprocess.run(['dot', '-Tsvg', '-o', source[:-4] + '.svg', source], check=True)


if __name__ == '__main__':
    main()
