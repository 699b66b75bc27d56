"""An authorization server that answers as the token's first word says, and counts.

    python3 -m checks.authorization_server PORT [LATENCY_MS [JWKS_FILE]]

    act…    active, scope `read write`            expN…   the same, with an `exp` in N seconds
    low…    active, scope `other`                 fail…   500
    bad…    200, and no JSON                      mute…   no answer at all
    tok-…   as the fixture of http1-requests.json says, without delay
    else    inactive

`GET /stats` tells the numbers of introspections and key fetches; `/.well-known/jwks.json` is the file.
"""

import asyncio
import json
import pathlib
import re
import sys
import time
import urllib.parse

LIFETIME = 3600
# Scope and subject of the tokens of Tests/Vectors/http1.
FIXTURE = {"tok-read": ("read", "alice"), "tok-admin": ("read admin", "root-admin"), "tok-slow": ("read", "slow")}


class Server:
    def __init__(self, latency, key_set):
        self.latency = latency
        self.key_set = key_set
        self.introspections = 0
        self.key_fetches = 0

    async def serve(self, reader, writer):
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
                length = re.search(r"(?im)^content-length: *(\d+)", head)
                body = await reader.readexactly(int(length[1])) if length else b""
                method, path, _ = head.split(" ", 2)
                status, answer = await self.route(method, path, body)
                if status is None:
                    await reader.read()
                    return
                writer.write(
                    f"HTTP/1.1 {status} Answer\r\nContent-Type: application/json\r\nCache-Control: no-store\r\n"
                    f"Content-Length: {len(answer)}\r\n\r\n".encode() + answer)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.LimitOverrunError):
            pass
        finally:
            writer.close()

    async def route(self, method, path, body):
        if method == "POST":
            self.introspections += 1
            if self.latency:
                await asyncio.sleep(self.latency)
            return self.introspect(urllib.parse.parse_qs(body.decode("latin-1")).get("token", [""])[0])
        if path == "/stats":
            return 200, json.dumps(
                {"introspections": self.introspections, "key_fetches": self.key_fetches}).encode()
        if path == "/.well-known/jwks.json" and self.key_set:
            self.key_fetches += 1
            return 200, self.key_set
        return 404, b"{}"

    @staticmethod
    def introspect(token):
        now = int(time.time())
        answer = {"active": True, "scope": "read write", "client_id": "check", "sub": "check", "iat": now - 1,
                  "exp": now + LIFETIME, "token_type": "Bearer", "ext": {"tenant": "acme"}}
        expiring = re.match(r"exp(\d+)", token)
        if token.startswith("act"):
            pass
        elif token in FIXTURE:
            answer["scope"], answer["sub"] = FIXTURE[token]
        elif expiring:
            answer["exp"] = now + int(expiring[1])
        elif token.startswith("low"):
            answer["scope"] = "other"
        elif token.startswith("fail"):
            return 500, b"{}"
        elif token.startswith("bad"):
            return 200, b"<html>"
        elif token.startswith("mute"):
            return None, b""
        else:
            answer = {"active": False}
        return 200, json.dumps(answer).encode()


async def main():
    port = int(sys.argv[1])
    latency = float(sys.argv[2]) / 1000 if len(sys.argv) > 2 else 0
    key_set = pathlib.Path(sys.argv[3]).read_bytes() if len(sys.argv) > 3 else b""
    server = await asyncio.start_server(
        Server(latency, key_set).serve, "127.0.0.1", port, backlog=4096, limit=1 << 20)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
