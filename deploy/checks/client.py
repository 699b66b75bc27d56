"""A small HTTP/1.1 client over blocking sockets: exact about what came, and free to misbehave."""

import json
import socket
import struct
import time

from .stage import HOST, CheckFailed


class Broken(Exception):
    """The connection ended, or what came is no answer."""


class Answer:
    def __init__(self, status, fields, body, has_ended):
        self.status = status
        self.fields = fields
        self.body = body
        # The server said that this connection closes.
        self.has_ended = has_ended

    def __getitem__(self, name):
        return self.fields.get(name.lower(), "")


class Connection:
    """One connection; `address` is a port of the loopback or the path of a Unix socket."""

    def __init__(self, address, timeout=30, receive_buffer=None):
        family = socket.AF_INET if isinstance(address, int) else socket.AF_UNIX
        self.socket = socket.socket(family, socket.SOCK_STREAM)
        try:
            self.socket.settimeout(timeout)
            if receive_buffer:
                self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
            self.socket.connect((HOST, address) if isinstance(address, int) else str(address))
            if isinstance(address, int):
                self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except OSError:
            self.socket.close()
            raise
        self.buffer = b""

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        self.close()

    def close(self):
        self.socket.close()

    def reset(self):
        """Closes with a RST."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()

    # Sending.

    def send(self, data):
        self.socket.sendall(data)

    def request(self, path, token=None, method="GET", fields=(), body=b"", host="localhost"):
        """Asks and waits for the whole answer."""
        self.send(head(path, token, method, fields, len(body) if body else None, host) + body)
        return self.answer(method)

    # Receiving.

    def fill(self):
        data = self.socket.recv(262_144)
        if not data:
            raise Broken("the connection ended")
        self.buffer += data

    def until(self, mark, limit=1 << 20):
        while mark not in self.buffer:
            if len(self.buffer) > limit:
                raise Broken("no end of a head")
            self.fill()
        part, self.buffer = self.buffer.split(mark, 1)
        return part

    def exactly(self, count):
        while len(self.buffer) < count:
            self.fill()
        part, self.buffer = self.buffer[:count], self.buffer[count:]
        return part

    def head(self):
        """Status and fields of the next response head, interim ones included."""
        lines = self.until(b"\r\n\r\n").decode("latin-1").split("\r\n")
        words = lines[0].split(" ", 2)
        if len(words) < 2 or not words[0].startswith("HTTP/1.") or not words[1].isdigit():
            raise Broken(f"no status line: {lines[0][:60]!r}")
        fields = {}
        for line in lines[1:]:
            name, _, value = line.partition(":")
            name = name.lower()
            fields[name] = fields[name] + ", " + value.strip() if name in fields else value.strip()
        return int(words[1]), fields

    def answer(self, method="GET"):
        """The final response with its whole body."""
        status, fields = self.head()
        while 100 <= status < 200 and status != 101:
            status, fields = self.head()
        return Answer(status, fields, self.body(status, fields, method), fields.get("connection", "").lower() == "close")

    def body(self, status, fields, method="GET"):
        if method == "HEAD" or status in (101, 204, 304):
            return b""
        if fields.get("transfer-encoding", "").lower() == "chunked":
            parts = []
            while True:
                size = int(self.until(b"\r\n").split(b";")[0], 16)
                if size == 0:
                    while self.until(b"\r\n"):
                        pass
                    return b"".join(parts)
                parts.append(self.exactly(size))
                if self.exactly(2) != b"\r\n":
                    raise Broken("a chunk without its end")
        if "content-length" in fields:
            return self.exactly(int(fields["content-length"]))
        try:
            while True:
                self.fill()
        except Broken:
            rest, self.buffer = self.buffer, b""
            return rest

    def is_ended_by_peer(self, seconds):
        """Whether the other side closes within that time; what comes until then is dropped."""
        deadline = time.monotonic() + seconds
        try:
            while time.monotonic() < deadline:
                self.socket.settimeout(max(0.01, deadline - time.monotonic()))
                if not self.socket.recv(65_536):
                    return True
        except TimeoutError:
            return False
        except OSError:
            return True
        return False


def head(path, token=None, method="GET", fields=(), length=None, host="localhost"):
    """A request head as bytes; `length` is its Content-Length."""
    lines = [f"{method} {path} HTTP/1.1", f"Host: {host}"]
    if token is not None:
        lines.append(f"Authorization: Bearer {token}")
    lines.extend(fields)
    if length is not None:
        lines.append(f"Content-Length: {length}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def ask(address, path, token=None, timeout=30, **more):
    """One request on a connection of its own."""
    with Connection(address, timeout) as connection:
        return connection.request(path, token, **more)


def wait_ready(program, admin_port, seconds=30, interval=0.01):
    """Polls /readyz until it says 200; returns how long that took."""
    began = time.monotonic()
    reason = "no answer"
    while time.monotonic() - began < seconds:
        if not program.is_running:
            raise CheckFailed(f"{program.name} ended with {program.process.returncode}: {program.log.strip()[-300:]}")
        try:
            answer = ask(admin_port, "/readyz", timeout=5)
            if answer.status == 200:
                return time.monotonic() - began
            reason = answer.body.decode(errors="replace")
        except (OSError, Broken):
            pass
        time.sleep(interval)
    raise CheckFailed(f"{program.name} was not ready within {seconds:g} s: {reason[:200]}")


def metrics(admin_port):
    """The exposition as a dictionary: `name{labels}` to value."""
    figures = {}
    for line in ask(admin_port, "/metrics").body.decode().splitlines():
        if line and not line.startswith("#"):
            name, _, value = line.rpartition(" ")
            figures[name] = float(value)
    return figures


def statistics(port):
    """What one of our own services counted."""
    return json.loads(ask(port, "/stats").body)
