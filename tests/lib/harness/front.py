# SPDX-License-Identifier: LGPL-2.1-or-later
"""What stands between the daemon and a server: TLS, or a proxy."""

import re
import select
import socket
import socketserver
import ssl
import threading

MAX_HEAD = 65536


def relay(left, right):
    """Passes bytes on both ways until one side ends."""
    pairs = {left: right, right: left}
    while True:
        # What TLS has read already is not in the socket any more.
        ready = [end for end in pairs if isinstance(end, ssl.SSLSocket) and end.pending()]
        for end in ready or select.select(list(pairs), [], [])[0]:
            data = end.recv(MAX_HEAD)
            if not data:
                return
            pairs[end].sendall(data)


class Front:
    """A listener on a port that the kernel chooses, in front of a port of this machine."""

    def __init__(self, target, address='127.0.0.1'):
        self.target = target
        self.n_connections = 0
        front = self

        class Handler(socketserver.BaseRequestHandler):
            def handle(self):
                front.n_connections += 1
                try:
                    front.serve(self.request)
                except OSError:
                    pass  # whoever it was is gone; the test sees that at the other end

        self.server = socketserver.ThreadingTCPServer((address, 0), Handler)
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def connect(self):
        return socket.create_connection(('127.0.0.1', self.target))

    def serve(self, client):
        """Unless another one does more: passes everything on."""
        with self.connect() as server:
            relay(client, server)

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


class TlsFront(Front):
    """Takes TLS off."""

    def __init__(self, target, key, certificate, tune=None):
        """tune gets the SSLContext before the first connection, to change what is usual."""
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        if tune is not None:
            tune(self.context)
        self.context.load_cert_chain(certificate, key)
        super().__init__(target)

    def serve(self, client):
        with self.context.wrap_socket(client, server_side=True) as inner, \
                self.connect() as server:
            relay(inner, server)


class Proxy(Front):
    """An HTTP proxy that looks up every name to the same server, and says what it was asked."""

    def __init__(self, target):
        self.asked = []  # the first line of each connection
        super().__init__(target)

    def serve(self, client):
        head = b''
        while b'\r\n\r\n' not in head and len(head) < MAX_HEAD:
            head += client.recv(1) or self.give_up()
        line = head.split(b'\r\n', 1)[0].decode()
        self.asked.append(line)
        with self.connect() as server:
            if line.startswith('CONNECT '):
                client.sendall(b'HTTP/1.1 200 Connected\r\n\r\n')
            else:
                server.sendall(re.sub(rb' http://[^/ ]+', b' ', head, count=1))
            relay(client, server)

    @staticmethod
    def give_up():
        raise ConnectionError('no request')


class AnsweringProxy(Front):
    """One that answers every request itself, with the same bytes."""

    def __init__(self, answer, keeps=False):
        """keeps: it says that, and no more, and does not hang up."""
        self.answer = answer
        self.keeps = keeps
        self.asked = []
        super().__init__(None)

    def serve(self, client):
        self.asked.append(client.recv(MAX_HEAD).split(b'\r\n', 1)[0].decode())
        client.sendall(self.answer)
        while self.keeps and client.recv(MAX_HEAD):
            pass
