"""A service behind the proxy that does as its path says, one thread a connection.

    python3 -m checks.upstream PORT [NAME [SEND_BUFFER]]

SEND_BUFFER: bytes the kernel keeps for each connection. Thousands of slow readers would else fill the memory that all
connections of the machine share (`net.ipv4.tcp_mem`), and everybody would wait.

What stands before the word is ignored:

    …/bytes/N     N bytes, Content-Length           …/slow/MS    the answer after MS milliseconds
    …/chunked/N   N bytes, chunked, with a trailer  …/hangup     a good answer, then the connection ends unannounced
    …/close/N     N bytes, delimited by the end     …/die        half an answer, then the end
    …/upload      counts the body: {"received":N}   …/reset      half an answer, then a RST
    …/sink/RATE   the same, taking RATE bytes/s     …/garbage    no HTTP
    …/interim     103 twice, then the answer        …/early      the answer before the body has been read
    …/websocket   101, then an echo                 …/events/N   N events, 50 ms apart
    …/large       400,000 bytes                     …/pause      the answer after 100 ms
    else          the name, as text
"""

import base64
import hashlib
import re
import socket
import struct
import sys
import threading
import time

BLOCK = bytes(1 << 20)
NAME = b"upstream"


class Over(Exception):
    """This connection's work is done."""


class Exchange:
    """One connection, request after request."""

    def __init__(self, connection):
        self.socket = connection
        self.buffer = b""

    def run(self):
        try:
            while True:
                self.answer(*self.head())
        except (OSError, Over, ValueError):
            pass
        finally:
            self.socket.close()

    # Reading.

    def fill(self):
        data = self.socket.recv(1 << 18)
        if not data:
            raise Over
        self.buffer += data

    def line(self, mark=b"\r\n"):
        while mark not in self.buffer:
            self.fill()
        line, self.buffer = self.buffer.split(mark, 1)
        return line

    def head(self):
        lines = self.line(b"\r\n\r\n").decode("latin-1").split("\r\n")
        method, target, _ = lines[0].split(" ")
        fields = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
        return method, target.split("?")[0], fields

    def body(self, fields, rate=None):
        """Reads and drops the body; how long it was."""
        if fields.get("expect"):
            self.socket.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        if fields.get("transfer-encoding") == "chunked":
            total = 0
            while size := int(self.line().split(b";")[0], 16):
                self.drop(size + 2, rate)
                total += size
            while self.line():
                pass
            return total
        length = int(fields.get("content-length", 0))
        self.drop(length, rate)
        return length

    def drop(self, count, rate=None):
        taken = min(count, len(self.buffer))
        self.buffer = self.buffer[taken:]
        count -= taken
        scratch = memoryview(bytearray(min(1 << 20, max(1, count), (rate or (10 << 20)) // 10)))
        due = time.monotonic()
        while count:
            got = self.socket.recv_into(scratch[:min(len(scratch), count)])
            if not got:
                raise Over
            count -= got
            if rate:
                due += got / rate
                time.sleep(max(0, due - time.monotonic()))

    # Answering.

    def answer(self, method, path, fields):
        found = re.search(r"/([a-z]+)/?(\d*)$", path)
        word, argument = found.groups() if found else ("", "")
        number = int(argument or 0)
        special = getattr(self, f"do_{word}", None)
        if special and word in ("early", "garbage", "websocket"):
            return special(fields)
        count = self.body(fields, number if word == "sink" else None)
        if word in ("upload", "sink"):
            return self.whole(b'{"received":%d}' % count)
        if method == "HEAD":
            return self.socket.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(NAME))
        if special:
            return special(number)
        self.whole(NAME)

    def whole(self, body):
        self.socket.sendall(
            b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n\r\n" % len(body) + body)

    def blocks(self, count):
        view = memoryview(BLOCK)
        while count:
            sent = min(count, len(view))
            self.socket.sendall(view[:sent])
            count -= sent

    def do_bytes(self, count):
        self.socket.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % count)
        self.blocks(count)

    def do_chunked(self, count):
        self.socket.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n")
        while count:
            size = min(count, 7_000)
            self.socket.sendall(b"%x;part=1\r\n" % size + BLOCK[:size] + b"\r\n")
            count -= size
        self.socket.sendall(b"0\r\nX-Sum: 1\r\n\r\n")

    def do_close(self, count):
        self.socket.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
        self.blocks(count)
        raise Over

    def do_slow(self, milliseconds):
        time.sleep(milliseconds / 1000)
        self.whole(NAME)

    def do_large(self, _):
        self.do_bytes(400_000)

    def do_pause(self, _):
        self.do_slow(100)

    def do_hangup(self, _):
        self.whole(NAME)
        raise Over

    def do_die(self, _):
        self.socket.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n" + BLOCK[:500])
        raise Over

    def do_reset(self, _):
        self.socket.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n" + BLOCK[:500])
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        raise Over

    def do_garbage(self, _):
        self.socket.sendall(b"\x00\x01 this is no answer\r\n\r\n")
        raise Over

    def do_interim(self, _):
        self.socket.sendall(b"HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload\r\n\r\n" * 2)
        self.whole(NAME)

    def do_early(self, _):
        self.socket.sendall(b"HTTP/1.1 403 No\r\nConnection: close\r\nContent-Length: 2\r\n\r\nno")
        self.socket.shutdown(socket.SHUT_WR)
        # What still comes is dropped for a while, so that the answer is not lost to a RST.
        self.socket.settimeout(1)
        while self.socket.recv(1 << 16):
            pass
        raise Over

    def do_websocket(self, fields):
        accept = hashlib.sha1((fields.get("sec-websocket-key", "") + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode())
        self.socket.sendall(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Accept: " + base64.b64encode(accept.digest()) + b"\r\n\r\n" + self.buffer)
        while data := self.socket.recv(1 << 16):
            self.socket.sendall(data)
        raise Over

    def do_events(self, count):
        self.socket.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n")
        for _ in range(count):
            self.socket.sendall(b"f\r\ndata: an event\n\r\n")
            time.sleep(0.05)
        self.socket.sendall(b"0\r\n\r\n")


def main():
    global NAME
    if len(sys.argv) > 2:
        NAME = sys.argv[2].encode()
    # Many threads take turns: short ones keep the answers prompt.
    sys.setswitchinterval(0.0005)
    threading.stack_size(256 << 10)
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", int(sys.argv[1])))
        listener.listen(4096)
        while True:
            connection, _ = listener.accept()
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if len(sys.argv) > 3:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, int(sys.argv[3]))
            threading.Thread(target=Exchange(connection).run, daemon=True).start()


if __name__ == "__main__":
    main()
