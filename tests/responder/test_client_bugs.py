#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Every row of the table of other clients' mistakes."""

from behaviours import client_bugs
from behaviours.runner import run

run(client_bugs.CHAPTERS)
