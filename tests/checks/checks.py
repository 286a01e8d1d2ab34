# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the checks of the source tree share."""

import os
import sys

ROOT = os.environ.get('SCEP_SOURCE_DIR') or os.path.dirname(
    os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
FOLDERS = ('src', 'data', 'dbus', 'polkit', 'po', 'tests')


def files(*endings, under=FOLDERS):
    """Paths below ROOT, sorted, relative to it."""
    found = []
    for folder in under:
        for path, folders, names in os.walk(os.path.join(ROOT, folder)):
            folders[:] = [name for name in folders if not name.startswith(('.', '__'))]
            found += [os.path.relpath(os.path.join(path, name), ROOT) for name in names
                      if name.endswith(endings)]
    return sorted(found)


def read(path):
    with open(os.path.join(ROOT, path), encoding='utf-8') as source:
        return source.read()


def report(results):
    """results: (name, list of complaints); writes TAP and ends the program."""
    results = list(results)
    print('1..%d' % len(results))
    for number, (name, complaints) in enumerate(results, 1):
        print('%s %d - %s' % ('not ok' if complaints else 'ok', number, name))
        for complaint in complaints:
            print('# ' + complaint)
    sys.exit(1 if any(complaints for _, complaints in results) else 0)
