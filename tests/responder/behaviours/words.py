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
    words('crl-not-found', 'CAs whose web server moved',
          'The distribution point of the CRL answers with 404.',
          'The CA\'s operator is named, and no setting: it is the certificate that says where.',
          shown=('unit/enroll/test-scep-crl-fetch.c /crl-fetch/distribution-point/fails',)),
    words('next-ca-by-the-ra', 'servers with an RA',
          'The next CA certificate is announced by the RA, and not by the CA.',
          'It is not believed, and the history and the journal say whose signature it is.',
          shown=('responder/test_rollover.py Rollover.test_signed_by_ra',
                 'unit/codec/test-scep-next-ca.c /next-ca/find-signer')),
))



def tls(id, who, does, reaction, case, *more):
    return words(id, who, does, reaction, shown=('responder/test_tls.py Tls.' + case, *more))


def proxy(id, who, does, reaction, *cases):
    return words(id, who, does, reaction,
                 shown=tuple('responder/test_tls.py Proxies.' + case for case in cases))


TLS = Chapter('TLS', (
    tls('tls-client-certificate', 'nginx, Apache, IIS',
        'A client certificate is demanded in the handshake of TLS 1.2.',
        'That the server speaks TLS, that it ended it, and that none is offered is told.',
        'test_client_certificate'),
    tls('tls-client-certificate-later', 'nginx, Apache, IIS',
        'A client certificate is demanded by TLS 1.3, after the handshake.',
        'That it is demanded, and none offered, is told; `diagnose` tells it of TLS.',
        'test_client_certificate_later'),
    tls('tls-alert', 'servers with other algorithms', 'The handshake ends with a fatal alert.',
        'That the port speaks TLS is taken for proven; what it may want is listed.', 'test_alert'),
    tls('tls-self-signed', 'appliances', 'The certificate is self-signed.',
        'That is told, and the setting that trusts it.', 'test_self_signed'),
    tls('tls-unknown-root', 'CAs of one site', 'The chain is whole, and its root not trusted.',
        'The root is named.', 'test_unknown_root'),
    tls('tls-missing-intermediate', 'nginx, Apache',
        'The server sends its certificate without the intermediate one.',
        'Whose certificate is missing is told, and that the server is to send its chain.',
        'test_missing_intermediate'),
    tls('tls-long-chain', 'broken servers', 'The chain has 18 certificates.',
        'That it is too long is told.', 'test_long_chain'),
    tls('tls-old-version', 'servers of before 2010', 'The server speaks no better than TLS 1.1.',
        'Nothing is sent; that and the policy that lets it pass are told.', 'test_old_version'),
    tls('tls-short-key', 'servers of before 2010', 'The key of the server has 1024 bits.',
        'Nothing is sent, and that is told.', 'test_short_key'),
    tls('tls-legacy', 'servers of before 2010', 'Both, and the policy is `legacy`.',
        'They pass, with the warning `weak-tls`, which `diagnose` has too.', 'test_legacy'),
    tls('tls-client-as-server', 'another client of the CA',
        'It poses as the server with its own certificate, which lacks serverAuth, where '
        '`TLSCACertificates` is the CA of SCEP.', 'Nothing is sent, whatever the policy.',
        'test_client_purpose'),
    tls('tls-common-name', 'servers of before 2010', 'The name of the server is in its CN alone.',
        'Nothing is sent, and that is told.', 'test_common_name'),
    tls('tls-not-spoken', ADMINISTRATOR, 'https is configured for a port of plain HTTP.',
        'That the port may not speak TLS is told, and nothing of certificates.', 'test_not_tls'),
))

PROXIES = Chapter('Proxies', (
    proxy('proxy-name-unknown', ADMINISTRATOR, 'The name of the proxy cannot be looked up.',
          'The proxy and its variable are named, and not the server.', 'test_no_such_name'),
    proxy('proxy-not-there', 'a proxy that is off', 'The proxy refuses the connection.',
          'The same.', 'test_nobody_there'),
    proxy('proxy-tunnel-refused', 'squid, firewalls',
          'The proxy refuses the tunnel, with 403 or 502.',
          'That it is the proxy is told, with its variable and the status; `diagnose` has a step '
          'for it, and none about TLS.', 'test_tunnel_forbidden', 'test_tunnel_bad_gateway'),
    proxy('proxy-tunnel-portal', 'guest networks', 'The proxy answers CONNECT by 302.',
          'Where it leads is told, and that the proxy does it.', 'test_tunnel_portal'),
    proxy('proxy-other-login', 'Windows domains',
          'The proxy wants a login by Negotiate or NTLM.',
          'That the service does not have it is told, for http and https.',
          'test_tunnel_other_scheme', 'test_http_other_scheme'),
    proxy('proxy-hangs', 'overloaded proxies', 'The proxy takes the connection, and no more.',
          'What the proxy did not do in time is told.', 'test_tunnel_hangs', 'test_http_hangs'),
    proxy('proxy-closes', 'firewalls', 'The proxy closes the connection on CONNECT.',
          'That is told of the proxy.', 'test_tunnel_closed'),
    proxy('proxy-unusable', ADMINISTRATOR, 'The variable has a value that no proxy can have.',
          'The variable is named, and its value, perhaps with a password, not shown.',
          'test_unusable'),
    proxy('proxy-or-portal', 'guest networks',
          'A request in plain HTTP through a proxy is redirected.',
          'The proxy is named with the address: nobody can tell which of them sent it.',
          'test_portal_behind'),
    proxy('proxy-knows-the-name', 'company networks',
          'The name of the server is known to the proxy alone.',
          '`diagnose` does not look it up.', 'test_good'),
))

CHAPTERS = (SETTINGS, STATUSES, CERTIFICATES, TLS, PROXIES)
