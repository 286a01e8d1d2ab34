#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Every row of the table of words."""

from behaviours import words
from behaviours.runner import run

run(words.CHAPTERS)
