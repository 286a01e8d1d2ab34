# SPDX-License-Identifier: LGPL-2.1-or-later
"""What people are told when something is wrong: the right place to look, and no other."""

from . import Behaviour, Chapter, Enrolls, Fails, RefusesSetting

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



def refusal(status, who, does, reaction, saying, body='no', **modes):
    """A message is answered by this status."""
    return words('status-%d' % status, who, does, reaction, Fails('HttpStatus', saying=saying),
                 modes={'http.PKIOperation': str(status), 'http.body': body, **modes},
                 shown=('unit/transport/test-scep-http-reply.c /http-reply/advice',))


PATH_IS_RIGHT = 'the path is right, because GetCACaps is answered there'
NGINX_PAGE = ('<html><head><title>400 The plain HTTP request was sent to HTTPS port</title></head>'
              '<body><center><h1>400 Bad Request</h1></center></body></html>')

STATUSES = Chapter('HTTP', (
    words('message-not-found', 'Dogtag, OpenXPKI, Tomcat',
          'GetCACaps is answered, a message gets 404.',
          'That the path is right is told, and where the reason is.',
          Fails('HttpStatus', saying=PATH_IS_RIGHT), modes={'http.PKIOperation': '404'},
          shown=('unit/transport/test-scep-http-reply.c /http-reply/advice',)),
    words('message-bad-request', 'micromdm, step-ca, Dogtag',
          'GetCACaps is answered, a message gets 400.',
          'That the path is right is told, and where the reason is.',
          Fails('HttpStatus', saying=PATH_IS_RIGHT), modes={'http.PKIOperation': '400'},
          shown=('unit/transport/test-scep-http-reply.c /http-reply/advice',)),
    words('ca-certificates-not-found', 'EJBCA, Insta',
          'GetCACaps is answered, GetCACert gets 404 for an unknown CA identifier.',
          '`CAIdentifier` is named, and not the path.',
          Fails('HttpStatus', saying=PATH_IS_RIGHT + ': check CAIdentifier', sent=()),
          modes={'ca.identifier': 'plant-7'}),
    words('nothing-found', 'every server', 'Nothing is found at the path that is configured.',
          'The path is named.',
          Fails('HttpStatus', saying='check the path in ServerEndpoint', sent=()),
          modes={'path': '/scep/right'},
          shown=('unit/transport/test-scep-http-reply.c /http-reply/path',)),
    refusal(401, 'IIS, Apache', 'A message wants a login.', 'That is told: SCEP has none.',
            'it wants a login, which SCEP does not have'),
    refusal(403, 'IIS, firewalls for applications', 'A message is forbidden.',
            'That this machine is refused is told.', 'it refuses this machine'),
    refusal(407, 'proxies that take a connection over',
            'A message is answered by 407, of a proxy.', 'The proxy and its variables are named.',
            'a proxy wants a user name and password: check http_proxy and https_proxy'),
    refusal(411, 'proxies', 'A message is said to have no length.',
            'That it has one is told, and to look at what is between.',
            'which is always sent: check the proxies'),
    refusal(413, 'nginx, IIS', 'A message is too large.', 'The limit is named.',
            'raise the limit for request bodies'),
    refusal(417, 'old proxies', 'A header Expect is refused.', 'That none is sent is told.',
            'which is never sent: check the proxies'),
    refusal(426, 'servers that only speak TLS', 'TLS is wanted.', 'https is named.',
            'it wants TLS: use https in ServerEndpoint'),
    refusal(429, 'load balancers', 'Requests come too often.',
            'The limit and the setting for the interval are named.',
            'it is asked too often: raise its limit for this machine, or ConnectRetryInterval'),
    refusal(502, 'nginx, load balancers', 'The SCEP server behind it is not there.',
            'That it cannot be reached from there is told.',
            'what stands before the SCEP server cannot reach it'),
    refusal(511, 'guest networks', 'A login is wanted before anybody gets out.',
            'That it is the network which wants it is told.',
            'this network wants a login before it lets anybody out'),
    words('plain-http-to-tls', 'nginx, Apache, Go, Tomcat',
          'The port speaks TLS, and tells so by 400 in plain HTTP.', 'https is named.',
          Fails('HttpStatus', saying='this port speaks TLS: use https in ServerEndpoint', sent=()),
          modes={'http.GetCACaps': '400', 'http.GetCACert': '400', 'http.body': NGINX_PAGE,
                 'type.GetCACert': 'text/html'},
          shown=('unit/transport/test-scep-http-reply.c /http-reply/advice',)),
    words('refusal-without-type', 'Go, step-ca', 'A refusal is plain text that has no type.',
          'It is shown.', Fails('HttpStatus', saying='saying “profile not found”'),
          modes={'http.PKIOperation': '500', 'type.PKIOperation': 'none',
                 'http.body': 'profile not found'},
          shown=('unit/transport/test-scep-http-reply.c /http-reply/no-type',)),
    words('redirect-with-message', 'Tomcat, load balancers',
          'A message sent by GET is redirected to its own address by https.',
          'The address is shown as `ServerEndpoint` could have it, without the message.',
          Fails('HttpStatus', saying='sends the client on to https://ca.example/scep?profile=7. '),
          modes={'http.PKIOperation': 'redirect',
                 'http.location': 'https://ca.example/scep?profile=7&operation=PKIOperation'
                                  '&message=MIIB'},
          shown=('unit/transport/test-scep-http-reply.c /http-reply/target',)),
    words('redirect-to-a-path', 'Tomcat, Dogtag', 'The address of a redirection has no host.',
          'It is shown with the one of the server.',
          Fails('HttpStatus', saying='sends the client on to {base}/elsewhere. '),
          modes={'http.PKIOperation': 'redirect'}),
    words('coding-empty', 'old IIS, scripts', 'The header `Content-Encoding` has no value.',
          'That is none.', Enrolls(), modes={'http.coding': 'empty'},
          shown=('unit/transport/test-scep-transport-soup.c /transport-soup/not-encoded',)),
    words('coding-is-charset', 'PHP, scripts', 'The header `Content-Encoding` is a charset.',
          'That is no coding.', Enrolls(), modes={'http.coding': 'UTF-8'},
          shown=('unit/transport/test-scep-transport-soup.c /transport-soup/not-encoded',)),
    words('coding-is-one', 'proxies', 'An answer is compressed, although none was asked for.',
          'It is not read, and to switch that off is told.',
          Fails('MalformedReply', saying='Switch compression off there', sent=()),
          modes={'http.coding': 'br'}),
))

CERTIFICATES = Chapter('Certificates and messages', (
    words('unreadable-in-the-list', 'CAs with old or foreign certificates in their list',
          'GetCACert has a certificate that cannot be read, and that nobody needs.',
          'The others are used; `diagnose` lists it, with its fingerprint and the reason.',
          Enrolls(), modes={'ca.extra': 1, 'list.damaged': 1},
          shown=('unit/codec/test-scep-ca-bundle.c /ca-bundle/one-damaged',
                 'responder/test_diagnose.py Diagnose.test_unreadable_certificate')),
    words('unreadable-and-wanted', 'CAs with old or foreign certificates in their list',
          'The certificate that cannot be read is the one of the fingerprint.',
          'The error names it, with the reason.',
          Fails('FingerprintMismatch', saying=' of the 2 that the server sent has fingerprint ',
                sent=()), modes={'ca.extra': 1, 'list.damaged': 0}),
    words('unreadable-list', 'a broken server', 'The only certificate in the list cannot be read.',
          'It is named, and not in the words of a library.',
          Fails('MalformedReply', saying='What should be a Certificate structure cannot be read: '
                'it is damaged', sent=()), modes={'ca.list': 1, 'list.damaged': 0},
          shown=('unit/codec/test-scep-ca-bundle.c /ca-bundle/damaged-certificate',
                 'unit/codec/test-scep-asn1.c /asn1/decode/refuses')),
    words('issued-unreadable', 'a broken CA', 'The issued certificate cannot be read.',
          'That it was decrypted is told, and the certificate named.',
          Fails('MalformedReply', saying='was decrypted, but a certificate in it cannot be used. '
                'Certificate 1 of the 1'), modes={'list.damaged': 0},
          shown=('unit/codec/test-scep-cert-rep.c /cert-rep/unreadable-certificate',)),
    words('not-for-this-key', 'Dogtag, broken servers',
          'What is encrypted in an answer cannot be opened.',
          'All that may be the reason is told, in the same words whatever it is.',
          Fails('DecryptFailed', saying='it is encrypted for another key, or in another way than '
                'it says, or is not a list'), modes={'envelope.mislabeled': 1},
          shown=('unit/codec/test-scep-cert-rep.c /cert-rep/wrong-key',
                 'unit/codec/test-scep-cert-rep.c /cert-rep/wrong-content')),
    words('next-ca-by-the-ra', 'servers with an RA',
          'The next CA certificate is announced by the RA, and not by the CA.',
          'It is not believed, and the history and the journal say whose signature it is.',
          shown=('responder/test_rollover.py Rollover.test_signed_by_ra',
                 'unit/codec/test-scep-next-ca.c /next-ca/find-signer')),
))

CHAPTERS = (SETTINGS, STATUSES, CERTIFICATES)
