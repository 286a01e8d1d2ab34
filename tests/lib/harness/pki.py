# SPDX-License-Identifier: LGPL-2.1-or-later
"""Certificates, as the openssl program sees them."""

import os
import re
import subprocess


def openssl(*args, data=None):
    """Runs openssl; returns what it prints."""
    result = subprocess.run(['openssl', *args], input=data, capture_output=True, text=True)
    if result.returncode != 0:
        raise AssertionError('openssl %s: %s' % (' '.join(args), result.stderr))
    return result.stdout


def fingerprint(path):
    """Spelled as the service spells it."""
    text = openssl('x509', '-in', path, '-noout', '-fingerprint', '-sha256')
    return text.strip().split('=')[1].replace(':', '').lower()


def split(pem):
    """The certificates of a PEM text."""
    return re.findall('-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----\n', pem, re.S)


def verify(chain, ca_file, folder):
    """Whether openssl verifies the first certificate of chain against the CA."""
    leaf, rest = os.path.join(folder, 'leaf.pem'), os.path.join(folder, 'rest.pem')
    certificates = split(chain)
    with open(leaf, 'w') as out:
        out.write(certificates[0])
    command = ['openssl', 'verify', '-CAfile', ca_file]
    if certificates[1:]:
        with open(rest, 'w') as out:
            out.write(''.join(certificates[1:]))
        command += ['-untrusted', rest]
    result = subprocess.run([*command, leaf], capture_output=True, text=True)
    return result.returncode == 0, result.stdout + result.stderr


def make_certificate(folder, name, ca=True, bits=2048, names=None):
    """A self-signed certificate with its key; returns the two paths."""
    key, cert = (os.path.join(folder, name + end) for end in ('.key', '.pem'))
    openssl('req', '-x509', '-newkey', 'rsa:%d' % bits, '-nodes', '-keyout', key, '-out', cert,
            '-subj', '/CN=' + name, '-days', '30',
            '-addext', 'basicConstraints=critical,CA:' + ('TRUE' if ca else 'FALSE'),
            *(['-addext', 'subjectAltName=' + names] if names else []))
    return key, cert


def issue(folder, name, issuer=None, extensions=('basicConstraints=critical,CA:FALSE',), bits=2048,
          subject=None):
    """A certificate by issuer, the two paths of a CA, or by itself; returns its two paths."""
    key, cert = (os.path.join(folder, name + end) for end in ('.key', '.pem'))
    request = ['req', '-newkey', 'rsa:%d' % bits, '-nodes', '-keyout', key, '-x509', '-days', '30',
               '-out', cert, '-subj', subject or '/CN=' + name]
    for extension in extensions:
        request += ['-addext', extension]
    if issuer is not None:
        request += ['-CA', issuer[1], '-CAkey', issuer[0]]
    openssl(*request)
    return key, cert
