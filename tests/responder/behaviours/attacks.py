# SPDX-License-Identifier: LGPL-2.1-or-later
"""What somebody who means harm does."""

CHAPTERS = ()
