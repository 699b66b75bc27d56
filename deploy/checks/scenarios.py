"""What clients do in the mixed load, well-behaved ones and others; each knows what must come of it."""

import os
import random
import socket
import time

from .client import Broken, Connection, head

# How often, in relation to each other.
WEIGHTS = {
    "hit": 20, "keep_alive": 8, "miss": 10, "unknown_token": 6, "forbidden": 6, "no_token": 6, "malformed_token": 3,
    "no_route": 2, "wrong_method": 2, "jwt": 8, "bad_jwt": 4, "head_request": 2, "old_version": 2, "pipeline": 6,
    "upload": 5, "chunked_upload": 6, "expect_continue": 3, "refused_upload": 3, "early_answer": 2, "download": 4,
    "chunked_download": 4, "delimited_by_end": 3, "interim": 2, "events": 1, "slow_reader": 2, "half_closed": 4,
    "cut_request": 10, "cut_response": 6, "cut_while_waiting": 6, "websocket": 6, "expiring_websocket": 1,
    "garbage": 6, "mutated": 8, "slow_head": 1, "shaky_upstream": 6, "dying_upstream": 4, "moody_server": 4,
}


class Unexpected(Exception):
    pass


def expect(answer, *statuses):
    if answer.status not in statuses:
        raise Unexpected(f"{answer.status} instead of {' or '.join(map(str, statuses))}: {answer.body[:120]!r}")
    return answer


class Scenarios:
    """One client's repertoire, drawn from a seed."""

    def __init__(self, addresses, jwts, seed):
        self.addresses = addresses
        self.jwts = jwts
        self.random = random.Random(seed)

    def connect(self, **more):
        return Connection(self.random.choice(self.addresses), **more)

    def hot_token(self):
        return f"act_hot_{self.random.randrange(30)}"

    def new_token(self, kind="act"):
        return f"{kind}_{self.random.getrandbits(64):016x}"

    def leave(self, connection):
        """The one or the other way of going."""
        if self.random.random() < 0.5:
            connection.reset()
        else:
            connection.close()

    # Requests that are answered.

    def hit(self):
        with self.connect() as connection:
            expect(connection.request("/read/1", self.hot_token()), 200)

    def keep_alive(self):
        with self.connect() as connection:
            for number in range(self.random.randrange(5, 30)):
                expect(connection.request(f"/read/{number}", self.hot_token()), 200)

    def miss(self):
        with self.connect() as connection:
            expect(connection.request("/read/1", self.new_token()), 200)

    def unknown_token(self):
        token = self.new_token("ory_at")
        with self.connect() as connection:
            for _ in range(2):
                expect(connection.request("/read/1", token), 401)

    def forbidden(self):
        with self.connect() as connection:
            expect(connection.request("/read/1", self.new_token("low")), 403)
            expect(connection.request("/write/1", self.hot_token()), 403)

    def no_token(self):
        with self.connect() as connection:
            answer = expect(connection.request("/read/1"), 401)
            if not answer["www-authenticate"].startswith("Bearer"):
                raise Unexpected("no challenge")

    def malformed_token(self):
        bad = self.random.choice(["a b", "x" * 9_000, "\x7f", "a\"b", ""])
        with self.connect() as connection:
            expect(connection.request("/read/1", bad), 400, 401)
        with self.connect() as connection:
            expect(connection.request("/read/1", "a", fields=["Authorization: Bearer b"]), 400)
            expect(connection.request("/open/1"), 200)

    def no_route(self):
        with self.connect() as connection:
            expect(connection.request("/nowhere", self.hot_token()), 404)

    def wrong_method(self):
        with self.connect() as connection:
            expect(connection.request("/write/1", self.hot_token(), "DELETE"), 405)

    def jwt(self):
        with self.connect() as connection:
            for _ in range(3):
                expect(connection.request("/jwt/1", self.random.choice(self.jwts["good"])), 200)

    def bad_jwt(self):
        token = self.random.choice(self.jwts["bad"])
        if self.random.random() < 0.5:
            signed, _, signature = self.random.choice(self.jwts["good"]).rpartition(".")
            token = f"{signed}.{signature[:-9]}{self.random.choice('ABCDEFGHI')}{signature[-8:]}"
            if token in self.jwts["good"]:
                return
        with self.connect() as connection:
            expect(connection.request("/jwt/1", token), 401)

    def head_request(self):
        with self.connect() as connection:
            expect(connection.request("/open/1", method="HEAD"), 200)
            expect(connection.request("/read/1", method="HEAD"), 401)
            expect(connection.request("/open/2"), 200)

    def old_version(self):
        with self.connect() as connection:
            connection.send(b"GET /open/chunked/20000 HTTP/1.0\r\nHost: localhost\r\n\r\n")
            if len(expect(connection.answer(), 200).body) != 20_000:
                raise Unexpected("a short body")

    def pipeline(self):
        kinds = [("/read/1", self.hot_token(), 200), ("/open/2", None, 200), ("/read/3", None, 401),
                 ("/read/4", self.new_token("low"), 403), ("/nowhere", None, 404), ("/read/5", self.new_token(), 200),
                 ("/read/6", self.new_token("none"), 401), ("/read/bytes/3000", self.hot_token(), 200)]
        asked = [self.random.choice(kinds) for _ in range(self.random.randrange(2, 25))]
        with self.connect() as connection:
            connection.send(b"".join(head(path, token) for path, token, _ in asked))
            for _, _, status in asked:
                expect(connection.answer(), status)

    # Bodies.

    def upload(self):
        body = bytes(self.random.randrange(1, 300_000))
        with self.connect() as connection:
            for _ in range(2):
                answer = expect(connection.request("/read/upload", self.hot_token(), "POST", body=body), 200)
                if answer.body != b'{"received":%d}' % len(body):
                    raise Unexpected(f"{answer.body!r} of {len(body)}")

    def chunks(self):
        parts, total = [], 0
        for _ in range(self.random.randrange(0, 40)):
            size = self.random.choice([1, 7, 300, 4_096, 20_000])
            extension = self.random.choice([b"", b";a=b", b';name="quoted"'])
            parts.append(b"%x%b\r\n" % (size, extension) + bytes(size) + b"\r\n")
            total += size
        parts.append(b"0\r\n" + self.random.choice([b"", b"X-Checksum: 1\r\n", b"X-Auth-Subject: me\r\n"]) + b"\r\n")
        return b"".join(parts), total

    def chunked_upload(self):
        data, total = self.chunks()
        with self.connect() as connection:
            data = head("/read/upload", self.hot_token(), "POST", ["Transfer-Encoding: chunked"]) + data
            while data:
                count = self.random.choice([1, 50, 3_000, 40_000, 200_000])
                connection.send(data[:count])
                data = data[count:]
                if count == 1:
                    time.sleep(0.001)
            answer = expect(connection.answer(), 200)
            if answer.body != b'{"received":%d}' % total:
                raise Unexpected(f"{answer.body!r} of {total}")

    def expect_continue(self):
        body = bytes(5_000)
        with self.connect() as connection:
            connection.send(head("/read/upload", self.hot_token(), "POST", ["Expect: 100-continue"], len(body)))
            status, _ = connection.head()
            if status != 100:
                raise Unexpected(f"{status} instead of 100")
            connection.send(body)
            expect(connection.answer(), 200)
        with self.connect() as connection:
            connection.send(head("/read/upload", None, "POST", ["Expect: 100-continue"], len(body)))
            expect(connection.answer(), 401)

    def refused_upload(self):
        """A client that sends a mebibyte before it reads still gets the whole answer, even if not all was taken."""
        with self.connect() as connection:
            try:
                connection.send(head("/read/upload", self.new_token("none"), "POST", length=1 << 20) + bytes(1 << 20))
            except (BrokenPipeError, ConnectionResetError):
                pass
            expect(connection.answer(), 401)

    def early_answer(self):
        with self.connect() as connection:
            try:
                connection.send(head("/open/early", None, "POST", length=600_000) + bytes(600_000))
                expect(connection.answer(), 403)
            except (BrokenPipeError, ConnectionResetError, Broken):
                # It answered and closed before everything was sent; what the kernel makes of that is not ours.
                pass

    def download(self):
        count = self.random.randrange(1, 2_000_000)
        with self.connect() as connection:
            if len(expect(connection.request(f"/read/bytes/{count}", self.hot_token()), 200).body) != count:
                raise Unexpected("a short body")

    def chunked_download(self):
        count = self.random.randrange(0, 300_000)
        with self.connect() as connection:
            for _ in range(2):
                if len(expect(connection.request(f"/open/chunked/{count}"), 200).body) != count:
                    raise Unexpected("a short body")

    def delimited_by_end(self):
        count = self.random.randrange(1, 200_000)
        with self.connect() as connection:
            if len(expect(connection.request(f"/open/close/{count}"), 200).body) != count:
                raise Unexpected("a short body")

    def interim(self):
        with self.connect() as connection:
            expect(connection.request("/open/interim"), 200)

    def events(self):
        with self.connect() as connection:
            expect(connection.request(f"/read/events/{self.random.randrange(1, 10)}", self.hot_token()), 200)

    def slow_reader(self):
        with self.connect(receive_buffer=8_192) as connection:
            connection.send(head("/read/bytes/8000000", self.hot_token()))
            for _ in range(self.random.randrange(5, 30)):
                if not connection.socket.recv(16_384):
                    raise Unexpected("the body ended")
                time.sleep(0.05)
            self.leave(connection)

    def half_closed(self):
        with self.connect() as connection:
            connection.send(head("/read/bytes/50000", self.random.choice([self.hot_token(), self.new_token()])))
            connection.socket.shutdown(socket.SHUT_WR)
            if len(expect(connection.answer(), 200).body) != 50_000:
                raise Unexpected("a short body")
            if not connection.is_ended_by_peer(5):
                raise Unexpected("left open behind a half-closed client")

    # Clients that go away.

    def some_request(self):
        """No numbers in its paths: mutated, they would be good requests for a terabyte, or for an answer in an hour."""
        data, _ = self.chunks()
        return self.random.choice([
            head("/read/1", self.hot_token()), head("/read/1", self.new_token()), head("/read/pause", self.hot_token()),
            head("/jwt/1", self.random.choice(self.jwts["good"])),
            head("/read/upload", self.hot_token(), "POST", length=80_000) + bytes(80_000),
            head("/read/upload", self.new_token(), "POST", ["Transfer-Encoding: chunked"]) + data,
            head("/read/upload", self.new_token("none"), "POST", length=200_000) + bytes(200_000),
            head("/open/large") * 3, self.handshake(self.hot_token()) + b"first bytes",
        ])

    def cut_request(self):
        """At any byte."""
        data = self.some_request()
        with self.connect() as connection:
            connection.send(data[:self.random.randrange(len(data) + 1)])
            time.sleep(self.random.choice([0, 0, 0.001, 0.005, 0.03]))
            self.leave(connection)

    def cut_response(self):
        with self.connect() as connection:
            path = self.random.choice(["/read/bytes/3000000", "/read/chunked/900000", "/read/close/900000"])
            connection.send(head(path, self.hot_token()))
            wanted = self.random.choice([0, 1, 100, 30_000, 500_000])
            while wanted > 0:
                wanted -= len(connection.socket.recv(min(wanted, 65_536))) or wanted
            self.leave(connection)

    def cut_while_waiting(self):
        """While the token is asked about, or the upstream thinks."""
        with self.connect() as connection:
            slow = self.random.random() < 0.5
            connection.send(head("/open/slow/150") if slow else head("/read/1", self.new_token()))
            time.sleep(self.random.random() * 0.02)
            self.leave(connection)

    # Tunnels.

    @staticmethod
    def handshake(token):
        return head("/read/websocket", token, fields=[
            "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13",
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="])

    def websocket(self):
        with self.connect() as connection:
            connection.send(self.handshake(self.random.choice([self.hot_token(), self.new_token()])) + b"early")
            expect(connection.answer(), 101)
            if connection.exactly(5) != b"early":
                raise Unexpected("the bytes behind the handshake are lost")
            for _ in range(self.random.randrange(0, 6)):
                data = os.urandom(self.random.choice([1, 100, 9_000, 60_000]))
                connection.send(data)
                if connection.exactly(len(data)) != data:
                    raise Unexpected("other bytes came back")
            if self.random.random() < 0.3:
                connection.socket.shutdown(socket.SHUT_WR)
                if not connection.is_ended_by_peer(10):
                    raise Unexpected("the tunnel stays open behind both ends")
            else:
                self.leave(connection)

    def expiring_websocket(self):
        with self.connect() as connection:
            connection.send(self.handshake(self.new_token("exp2")))
            expect(connection.answer(), 101)
            if not connection.is_ended_by_peer(8):
                raise Unexpected("the tunnel outlives its token")

    # Nonsense.

    def ends(self, connection):
        """Whatever is answered, the connection ends once we have said all we will."""
        try:
            connection.socket.shutdown(socket.SHUT_WR)
        except OSError:
            return
        if not connection.is_ended_by_peer(15):
            raise Unexpected("left open behind nonsense")

    def garbage(self):
        data = self.random.choice([
            os.urandom(self.random.randrange(1, 3_000)), b"\r\n" * 50, b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 400,
            b"GET /" + b"a" * 20_000, b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + os.urandom(200),
            b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"POST /open/upload HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
            b"GET /read/1 HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        ])
        with self.connect() as connection:
            try:
                connection.send(data)
            except OSError:
                return
            self.ends(connection)

    def mutated(self):
        """A good request with a few bytes changed, dropped or doubled."""
        data = bytearray(self.some_request()[:self.random.choice([300, 3_000, 300_000])])
        for _ in range(self.random.randrange(1, 4)):
            place = self.random.randrange(min(len(data), 600))
            kind = self.random.randrange(3)
            if kind == 0:
                data[place] = self.random.randrange(256)
            elif kind == 1:
                del data[place]
            else:
                data[place:place] = data[place:place + self.random.randrange(1, 9)]
        with self.connect() as connection:
            try:
                connection.send(data)
            except OSError:
                return
            self.ends(connection)

    def slow_head(self):
        with self.connect() as connection:
            for byte in head("/open/1")[:-2]:
                try:
                    connection.send(bytes([byte]))
                except OSError:
                    break
                time.sleep(0.1)
            expect(connection.answer(), 408)

    # Services that misbehave.

    def shaky_upstream(self):
        """It ends its connections behind good answers: reused ones turn out dead, and the request is sent again."""
        with self.connect() as connection:
            for _ in range(3):
                expect(connection.request("/shaky/hangup"), 200)

    def dying_upstream(self):
        word, status = self.random.choice([("die", None), ("reset", None), ("garbage", 502)])
        with self.connect() as connection:
            try:
                answer = connection.request(f"/open/{word}")
            except (Broken, ConnectionResetError):
                if status:
                    raise
                return
            # A reset may overtake the half answer.
            expect(answer, 502)

    def moody_server(self):
        kind, *statuses = self.random.choice(
            [("fail", 503), ("bad", 502, 503), ("mute", 503), ("act", 200, 503), ("act", 200, 503), ("none", 401, 503)])
        with self.connect() as connection:
            expect(connection.request("/moody/1", self.new_token(kind)), *statuses)
