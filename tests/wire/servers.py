"""Servers for the tests of wire/http.c: HTTP/1.1 and HTTP/2 over TLS, a proxy, a slow line.

Standard library only.  They count what the tests ask about: connections, requests, streams
at the same time, and what each request carried.
"""

import gzip
import json
import os
import select
import socket
import ssl
import struct
import subprocess
import threading
import time
import zlib


def certificates(where):
    """A certificate authority and what it signed: good, expired, other; and a stranger's."""

    def openssl(*args):
        subprocess.run(["openssl", *args], cwd=where, check=True, capture_output=True)

    def authority(name):
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
                "-nodes", "-keyout", name + ".key", "-out", name + ".pem", "-days", "30",
                "-subj", "/CN=" + name)

    def leaf(name, names, days, signer):
        openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                "-keyout", name + ".key", "-out", name + ".csr", "-subj", "/CN=" + name)
        with open(os.path.join(where, "ext"), "w", encoding="ascii") as f:
            f.write("subjectAltName=" + names + "\n")
        openssl("x509", "-req", "-in", name + ".csr", "-CA", signer + ".pem", "-CAkey",
                signer + ".key", "-CAcreateserial", "-out", name + ".pem", "-days", days,
                "-extfile", "ext")

    authority("ca")
    authority("stranger")
    leaf("good", "DNS:localhost,DNS:*.localhost,IP:127.0.0.1", "30", "ca")
    leaf("expired", "DNS:localhost", "-1", "ca")
    leaf("other", "DNS:other.example", "30", "ca")
    leaf("unknown", "DNS:localhost", "30", "stranger")
    return where


class Counts:
    """How many at once, and how many in all."""

    def __init__(self):
        self.lock = threading.Lock()
        self.now = self.most = self.total = 0

    def __enter__(self):
        with self.lock:
            self.now += 1
            self.total += 1
            self.most = max(self.most, self.now)

    def __exit__(self, *_):
        with self.lock:
            self.now -= 1


class Listener:
    """Accepts on a loopback port; each connection has a thread."""

    def __init__(self):
        self.socket = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.port = self.socket.getsockname()[1]
        self.connections = Counts()
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                peer, _ = self.socket.accept()
            except OSError:
                return
            threading.Thread(target=self.run, args=(peer,), daemon=True).start()

    def run(self, peer):
        with self.connections:
            try:
                peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self.serve(peer)
            except (OSError, ValueError, EOFError):
                pass
            finally:
                peer.close()

    def serve(self, peer):
        raise NotImplementedError

    def close(self):
        self.socket.close()

    def url(self, path="/", host="localhost"):
        return f"https://{host}:{self.port}{path}"


class Tls(Listener):
    def __init__(self, where, certificate="good", alpn=("http/1.1",), newest=None, plain=False):
        self.plain = plain
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(os.path.join(where, certificate + ".pem"),
                                     os.path.join(where, certificate + ".key"))
        if alpn:
            self.context.set_alpn_protocols(list(alpn))
        if newest:
            self.context.set_ciphers("DEFAULT:@SECLEVEL=0")
            self.context.minimum_version = ssl.TLSVersion.TLSv1
            self.context.maximum_version = newest
        self.handshakes = 0
        super().__init__()

    def serve(self, peer):
        tls = peer if self.plain else self.context.wrap_socket(peer, server_side=True)
        self.handshakes += 1
        try:
            self.talk(tls)
        finally:
            try:
                tls.close()
            except OSError:
                pass

    def talk(self, tls):
        raise NotImplementedError


def reset(sock):
    """Closes with a reset instead of an orderly end."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()


class Http1(Tls):
    """One path for each kind of behaviour."""

    def __init__(self, where, **how):
        self.requests = []  # (method, path, headers, body)
        self.at_work = Counts()
        super().__init__(where, **how)

    def seen(self, path):
        return [r for r in self.requests if r[1].split("?")[0] == path]

    def talk(self, tls):
        stream = tls.makefile("rb")
        nth = 0
        while True:
            line = stream.readline(65536)
            if not line:
                return
            method, target, _ = line.decode("latin-1").split()
            headers = {}
            while (line := stream.readline(65536)) not in (b"\r\n", b""):
                name, value = line.decode("latin-1").split(":", 1)
                headers[name.lower()] = value.strip()
            body = stream.read(int(headers.get("content-length", 0)))
            self.requests.append((method, target, headers, body))
            nth += 1
            path, _, query = target.partition("?")
            query = dict(p.split("=", 1) for p in query.split("&") if "=" in p)
            with self.at_work:
                if not getattr(self, "do_" + path.strip("/").replace("-", "_"), self.do_ok)(
                        tls, query, method, headers, body, nth):
                    return

    @staticmethod
    def answer(tls, body=b"", status="200 OK", head=b"", headers=()):
        lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers]
        tls.sendall("\r\n".join(lines).encode() + b"\r\n\r\n" + head + body)
        return True

    def do_ok(self, tls, query, method, headers, body, nth):
        time.sleep(int(query.get("ms", 0)) / 1000)
        return self.answer(tls, b"" if method == "HEAD" else b"ok")

    def do_echo(self, tls, query, method, headers, body, nth):
        text = json.dumps([method, sorted(headers.items()), body.decode("latin-1")])
        return self.answer(tls, text.encode())

    def do_reversed(self, tls, query, method, headers, body, nth):
        return self.answer(tls, b'{"access_token":"' + body[::-1] + b'"}')

    def do_status(self, tls, query, method, headers, body, nth):
        return self.answer(tls, b"x" * int(query.get("n", 4)), query["c"] + " Whatever",
                           headers=["Retry-After:   7  ", "X-Two: a", "X-Two: b",
                                    "Location: https://elsewhere.example/x"])

    def do_gzip(self, tls, query, method, headers, body, nth):
        packer = zlib.compressobj(9, zlib.DEFLATED, 31)
        packed = b"".join(packer.compress(bytes(1 << 20)) for _ in range(int(query["mb"])))
        packed += packer.flush()
        return self.answer(tls, packed, headers=["Content-Encoding: gzip"])

    def do_damaged(self, tls, query, method, headers, body, nth):
        return self.answer(tls, b"\x1f\x8b this is not gzip", headers=["Content-Encoding: gzip"])

    def do_packed(self, tls, query, method, headers, body, nth):
        return self.answer(tls, gzip.compress(b"unpacked"), headers=["Content-Encoding: gzip"])

    def do_chunks(self, tls, query, method, headers, body, nth):
        """A body without a length, in many pieces."""
        tls.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        piece = b"1000\r\n" + b"y" * 4096 + b"\r\n"
        for _ in range(int(query["n"])):
            tls.sendall(piece)
        tls.sendall(b"0\r\n\r\n")
        return True

    def do_headers(self, tls, query, method, headers, body, nth):
        return self.answer(tls, b"ok", headers=["X-%d: %s" % (i, "z" * 1000)
                                                for i in range(int(query["n"]))])

    def do_stall(self, tls, query, method, headers, body, nth):
        tls.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
        time.sleep(20)
        return False

    def do_reset(self, tls, query, method, headers, body, nth):
        reset(tls)
        return False

    def do_cut(self, tls, query, method, headers, body, nth):
        tls.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
        return False

    def do_hang_up(self, tls, query, method, headers, body, nth):
        return False

    def do_then_close(self, tls, query, method, headers, body, nth):
        """Answers and closes without having said so: the next use finds a dead connection."""
        self.answer(tls, b"ok")
        return False

    def do_second_dies(self, tls, query, method, headers, body, nth):
        """Closes without an answer on any but the first request of a connection."""
        return nth == 1 and self.answer(tls, b"ok")

    def do_garbage(self, tls, query, method, headers, body, nth):
        tls.sendall(b"\x00\x01 this is not HTTP\r\n\r\n")
        return False

    def do_then_nothing(self, tls, query, method, headers, body, nth):
        time.sleep(20)
        return False


class Http2(Tls):
    """As much of HTTP/2 as counting takes: an answer for each request, or a refusal.

    Headers are not decoded.  `mode`: answer, refuse (RST_STREAM REFUSED_STREAM), goaway
    (GOAWAY below the stream), reset (the connection dies at once), mortal (the connection dies
    after `life` requests, whatever is under way).
    """

    def __init__(self, where, mode="answer", ms=0, streams=None, life=0, **how):
        self.mode, self.ms, self.most_streams, self.life = mode, ms, streams, life
        self.streams = Counts()
        self.most_per_connection = 0
        super().__init__(where, alpn=("h2",), **how)

    def talk(self, tls):
        """One thread for both directions: a TLS connection must not be used by two."""
        data, due, requests = b"", [], 0

        def frame(kind, flags, stream, payload=b""):
            tls.sendall(struct.pack("!I", len(payload))[1:] + bytes([kind, flags]) +
                        struct.pack("!I", stream) + payload)

        def more(seconds):
            """Reads what comes within that time; False at the end."""
            nonlocal data
            if (self.plain or not tls.pending()) and not select.select([tls], [], [], seconds)[0]:
                return True
            piece = tls.recv(65536)
            data += piece
            return bool(piece)

        def request(stream):
            """False when the connection is to die."""
            nonlocal requests
            requests += 1
            self.streams.__enter__()
            due.append((time.monotonic() + self.ms / 1000, stream))
            self.most_per_connection = max(self.most_per_connection, len(due))
            if self.mode == "refuse":
                due.pop()
                self.streams.__exit__()
                frame(3, 0, stream, struct.pack("!I", 7))
            elif self.mode == "goaway":
                frame(7, 0, 0, struct.pack("!II", 0, 0))
                return False
            elif self.mode == "reset" or (self.mode == "mortal" and requests > self.life):
                reset(tls)
                return False
            return True

        try:
            while len(data) < 24 and more(5):
                pass
            if data[:24] != b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n":
                return
            data = data[24:]
            frame(4, 0, 0, struct.pack("!HI", 3, self.most_streams) if self.most_streams else b"")
            while more(max(0, due[0][0] - time.monotonic()) if due else 5):
                while len(data) >= 9:
                    n, kind, flags = int.from_bytes(data[:3], "big"), data[3], data[4]
                    stream = int.from_bytes(data[5:9], "big") & 0x7fffffff
                    if len(data) < 9 + n:
                        break
                    payload, data = data[9:9 + n], data[9 + n:]
                    if kind == 4 and not flags & 1:
                        frame(4, 1, 0)
                    elif kind == 6 and not flags & 1:
                        frame(6, 1, 0, payload)
                    elif kind == 1 and not request(stream):
                        return
                while due and due[0][0] <= time.monotonic():
                    # Uncounted before the answer, which the next request may follow at once.
                    _, stream = due.pop(0)
                    self.streams.__exit__()
                    # :status 200 is entry 8 of the static table; END_STREAM | END_HEADERS.
                    frame(1, 5, stream, b"\x88")
        finally:
            for _ in due:
                self.streams.__exit__()


class Forwarder(Listener):
    """Passes bytes on, each `ms` later, and counts the connections.

    The kernel answers a connect at once, so the round trip of opening is waited for here.
    """

    def __init__(self, port, ms=0):
        self.target, self.ms = port, ms
        super().__init__()

    def serve(self, peer):
        time.sleep(2 * self.ms / 1000)
        other = socket.create_connection(("127.0.0.1", self.target))
        other.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        ends = [threading.Thread(target=self.pass_on, args=pair, daemon=True)
                for pair in ((peer, other), (other, peer))]
        for end in ends:
            end.start()
        for end in ends:
            end.join()
        other.close()

    def pass_on(self, source, sink):
        """Reads without delay; each piece leaves `ms` after it came."""
        waiting = []
        over = False
        try:
            while waiting or not over:
                wait = max(0, waiting[0][0] - time.monotonic()) if waiting else 5
                ready = [] if over else select.select([source], [], [], wait)[0]
                if over:
                    time.sleep(wait)
                if ready:
                    data = source.recv(65536)
                    waiting.append((time.monotonic() + self.ms / 1000, data))
                    over = not data
                while waiting and waiting[0][0] <= time.monotonic():
                    data = waiting.pop(0)[1]
                    if not data:
                        sink.shutdown(socket.SHUT_WR)
                    else:
                        sink.sendall(data)
        except OSError:
            for end in (source, sink):
                try:
                    end.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass


class Proxy(Listener):
    """CONNECT, to whatever is asked for or to the same port on loopback; or a refusal."""

    def __init__(self, refuse=None):
        self.refuse = refuse
        self.heads = []
        super().__init__()

    def serve(self, peer):
        head = b""
        while b"\r\n\r\n" not in head:
            piece = peer.recv(65536)
            if not piece:
                return
            head += piece
        self.heads.append(head.decode("latin-1"))
        if self.refuse:
            peer.sendall(f"HTTP/1.1 {self.refuse}\r\nContent-Length: 0\r\n\r\n".encode())
            return
        port = int(head.split()[1].rsplit(b":", 1)[1])
        other = socket.create_connection(("127.0.0.1", port))
        peer.sendall(b"HTTP/1.1 200 Connected\r\n\r\n")
        pair = [peer, other]
        while True:
            for end in select.select(pair, [], [], 20)[0]:
                data = end.recv(65536)
                if not data:
                    other.close()
                    return
                (other if end is peer else peer).sendall(data)
