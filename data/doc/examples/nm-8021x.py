#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Exports key and chain into a folder of this generation, and points a connection of
NetworkManager there; for root.

nm-8021x.py CONNECTION FOLDER [PROFILE]
"""

import json
import os
import socket
import subprocess
import sys


def output(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def split(pem):
    """(key, certificates) of an exported key pair."""
    end = '-----END PRIVATE KEY-----\n'
    key, certificates = pem.split(end, 1)
    return key + end, certificates


def write(path, text):
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), 'w') as out:
        out.write(text)
        out.flush()
        os.fsync(out.fileno())


def main(connection, folder, profile='default'):
    status = json.loads(output('scepctl', '--profile', profile, '--json', 'status'))
    generation = os.path.join(folder, status['Fingerprint'][:16])
    os.makedirs(generation, mode=0o700, exist_ok=True)
    alias = 'scep-enrolled-key-pair' + ('' if profile == 'default' else '@' + profile)
    exported = os.path.join(generation, 'exported')
    try:
        output('scepctl', 'keystore', 'export', alias, '--output', exported)
        with open(exported) as pem:
            key, certificates = split(pem.read())
    finally:
        if os.path.exists(exported):
            os.unlink(exported)
    write(os.path.join(generation, 'key.pem'), key)
    write(os.path.join(generation, 'cert.pem'), certificates)
    # One call for all of them: the connection never has one without the other.
    output('nmcli', 'connection', 'modify', connection,
           '802-1x.eap', 'tls', '802-1x.identity', socket.getfqdn(),
           '802-1x.private-key-password-flags', '4',
           '802-1x.client-cert', os.path.join(generation, 'cert.pem'),
           '802-1x.private-key', os.path.join(generation, 'key.pem'))
    print(generation)


main(*sys.argv[1:])
