#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Tells which share of the lines of each layer the suite "coverage" executed.

coverage.py BUILD_DIR [--missing LAYER]: BUILD_DIR was made with b_coverage, and the suite
was run in it. The layers in REQUIRED must reach REQUIRED_SHARE, or it ends with 1;
--missing tells the lines of one layer that were not executed.
"""
import collections
import json
import pathlib
import subprocess
import sys

# The layers above are tested through the daemon and the program instead.
LAYERS = ('base', 'storage', 'codec', 'transport', 'keystore', 'enroll')
REQUIRED = ('codec', 'enroll')
REQUIRED_SHARE = 90


def read_lines(build_dir, layer):
    """Returns {file: {line: how often}} of the layer's own sources."""
    objects = build_dir / 'src' / layer / f'libscep-{layer}.a.p'
    notes = sorted(str(path.relative_to(build_dir)) for path in objects.glob('*.gcno'))
    files = collections.defaultdict(dict)
    gcov = subprocess.run(['gcov', '--json-format', '--stdout', *notes], cwd=build_dir,
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
    for document in gcov.stdout.splitlines():
        for source in json.loads(document)['files']:
            if f'/src/{layer}/' not in source['file']:
                continue
            counts = files[pathlib.Path(source['file']).name]
            for line in source['lines']:
                number = line['line_number']
                counts[number] = max(counts.get(number, 0), line['count'])
    return files


def count(counts):
    return sum(executed > 0 for executed in counts.values()), len(counts)


def show_missing(files):
    for name, counts in sorted(files.items()):
        executed, lines = count(counts)
        if executed < lines:
            missing = ' '.join(str(number) for number, n in sorted(counts.items()) if n == 0)
            print(f'{name}: {executed} of {lines}, not {missing}')


def main():
    build_dir = pathlib.Path(sys.argv[1])
    if '--missing' in sys.argv:
        show_missing(read_lines(build_dir, sys.argv[-1]))
        return 0
    low = []
    print('line coverage by the tests of each source file:')
    for layer in LAYERS:
        totals = [count(counts) for counts in read_lines(build_dir, layer).values()]
        executed, lines = sum(pair[0] for pair in totals), sum(pair[1] for pair in totals)
        share = 100 * executed / lines if lines > 0 else 0
        print(f'  {layer:10} {share:5.1f} %  {executed} of {lines} lines')
        if layer in REQUIRED and share < REQUIRED_SHARE:
            low.append(layer)
    for layer in low:
        print(f'coverage: {layer} is below {REQUIRED_SHARE} %', file=sys.stderr)
    return 1 if low else 0


if __name__ == '__main__':
    sys.exit(main())
