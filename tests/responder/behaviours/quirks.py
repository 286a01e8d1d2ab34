# SPDX-License-Identifier: LGPL-2.1-or-later
"""What well-meaning servers do."""

from . import Behaviour, Chapter, Enrolls, Fails

TRANSPORT = Chapter('HTTP and capabilities', (
    Behaviour(
        id='ca-identifier-wanted',
        who='NDES, Dogtag',
        does='GetCACert is refused without a `message=`, whatever it says.',
        reaction='It is asked once more with one; that is remembered.',
        modes={'ca.identifier': 'any'},
        expect=Enrolls(asked=('GetCACaps', 'GetCACert', 'GetCACert 0'))),
))

CHAPTERS = (TRANSPORT,)
