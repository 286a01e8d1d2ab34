# SPDX-License-Identifier: LGPL-2.1-or-later
"""What people are told when something is wrong: the right place to look, and no other."""

from . import Behaviour, Chapter, RefusesSetting

ADMINISTRATOR = 'an administrator'


def words(id, who, does, reaction, expect=None, **more):
    return Behaviour(id=id, who=who, does=does, reaction=reaction, expect=expect, **more)


SETTINGS = Chapter('Settings that cannot work', (
    words('endpoint-with-operation', ADMINISTRATOR,
          'A whole request was copied into `ServerEndpoint`, with its `operation=`.',
          'The setting is refused: the service adds that itself.',
          RefusesSetting('“operation=” is added by the service'),
          settings={'ServerEndpoint': '{url}?operation=GetCACert'},
          shown=('unit/enroll/test-scep-endpoint.c /endpoint/reasons',)),
    words('endpoint-with-message', ADMINISTRATOR, 'The same with a `message=`.',
          'The setting is refused, and `CAIdentifier` named.', RefusesSetting('CAIdentifier'),
          settings={'ServerEndpoint': '{url}?message=plant-7'},
          shown=('unit/enroll/test-scep-endpoint.c /endpoint/reasons',)),
    words('endpoint-with-zone', ADMINISTRATOR,
          'The server has a link-local IPv6 address, with the zone written as `%eth0`.',
          'The setting is refused, and how RFC 6874 writes a zone is told; that is kept as it is.',
          RefusesSetting('like “[fe80::1%25eth0]”'),
          settings={'ServerEndpoint': 'http://[fe80::1%eth0]/scep'},
          shown=('unit/enroll/test-scep-endpoint.c /endpoint/normalize',
                 'unit/enroll/test-scep-endpoint.c /endpoint/again')),
    words('subject-with-nul', ADMINISTRATOR, 'A name has `\\00` in a value.',
          'The setting is refused for the NUL character.', RefusesSetting('NUL character'),
          settings={'SubjectDN': 'CN=device\\00-1'},
          shown=('unit/codec/test-scep-name.c /name/refused',)),
    words('target-with-nul', ADMINISTRATOR, 'The filter of a keystore has `\\00` in a value.',
          'The setting is refused for the NUL character.', RefusesSetting('NUL character'),
          settings={'KeystoreServiceTarget': '(id=a\\00)'},
          shown=('unit/keystore/test-scep-target-filter.c /target-filter/refused',)),
))

CHAPTERS = (SETTINGS,)
