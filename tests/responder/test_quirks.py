#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Every row of the table of quirks."""

from behaviours import quirks
from behaviours.runner import run

run(quirks.CHAPTERS)
