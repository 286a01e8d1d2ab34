#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Every row of the table of attacks."""

from behaviours import attacks
from behaviours.runner import run

run(attacks.CHAPTERS)
