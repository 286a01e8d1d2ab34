# SPDX-License-Identifier: LGPL-2.1-or-later
"""The commands of README.md and data/doc, as they are written there."""

import re
import subprocess


# Not for the machine on which everything else of its page is run.
ELSEWHERE = ('build', 'compile', 'installed', 'source')


def blocks(path, kind=None):
    """The boxes marked "sh"; with kind, those marked "sh KIND" alone."""
    with open(path, encoding='utf-8') as page:
        found = re.findall(r'^```sh(?: (\w+))?\n(.*?)^```$', page.read(), re.S | re.M)
    return [text for word, text in found if kind is None and word not in ELSEWHERE or
            kind is not None and word == kind]


def execute(text, folder, timeout=300, **how):
    """Runs a box as a shell does to which it is pasted, but stops at a failure."""
    return subprocess.run(['bash', '-eu', '-o', 'pipefail', '-c', text], cwd=folder,
                          stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=timeout, **how)
