#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A layer includes only headers of its own and of earlier rows of src/meson.build."""

import re

from checks import files, read, report

# Libraries that only some layers may know.
ONLY_IN = {
    r'libsoup/': ('transport',),
    r'polkit/': ('service',),
    r'systemd/': ('service',),
    r'libtasn1': ('codec',),
    r'nettle/|hogweed/': ('codec',),
    r'gnutls/': ('codec', 'keystore', 'transport', 'service'),
    r'scep-interface-info': ('service',),
    r'scep-proxy': ('ctl',),
}


def layer_of(path):
    return path.split('/')[1]


def complaints(path, layers):
    below = layers[:layers.index(layer_of(path)) + 1]
    if layer_of(path) == 'ctl':
        below = ['base', 'ctl']
    for include in re.findall(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]', read(path), re.M):
        folder = include.split('/')[0]
        if folder in layers and folder not in below:
            yield '%s includes %s' % (path, include)
        for pattern, allowed in ONLY_IN.items():
            if re.match(pattern, include) and layer_of(path) not in allowed:
                yield '%s includes %s, which only %s may' % (path, include, ', '.join(allowed))


def main():
    layers = re.findall(r"^subdir\('(\w+)'\)", read('src/meson.build'), re.M)
    found = {layer: [] for layer in layers}
    strays = []
    for path in files('.c', '.h', under=('src',)):
        if layer_of(path) in found:
            found[layer_of(path)] += complaints(path, layers)
        else:
            strays.append('%s is in no layer' % path)
    report([('every file is in a layer', strays)]
           + [('layer ' + layer, list(result)) for layer, result in found.items()])


main()
