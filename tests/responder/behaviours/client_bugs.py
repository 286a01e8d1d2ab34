# SPDX-License-Identifier: LGPL-2.1-or-later
"""What other clients get wrong."""

CHAPTERS = ()
