"""Ever new invented tokens: good ones stay remembered, and memory stays under the caps.

    python3 -m checks.garbage server PORT             an authorization server that knows `act…`, and counts
    python3 -m checks.garbage client PORT N SEED      asks with N tokens that nobody ever issued
"""

import asyncio
import json
import selectors
import socket
import subprocess
import sys
import time

from .client import ask, head, statistics, wait_ready
from .configuration import standard
from .outcome import Row
from .stage import HOST, Stage, free_port, is_listening, progress, wait_until

GOOD = 50
# Of each cache, in MiB; the rest is what threads, pools and connections took before they were full.
CAP, REST = 4, 16
CLIENTS, CONNECTIONS, BATCH = 2, 64, 8


def run(chosen):
    count = 1_000_000 if chosen.full else 20_000
    with Stage(chosen.binary, chosen.keep) as stage:
        _, upstream = stage.service("upstream")
        server_port = start_server(stage)
        port, admin = free_port(), free_port()
        proxy = stage.serve(standard(
            port, admin, upstream, server_port, cache=f"ttl: 1h, size: {CAP}MiB, negative_size: {CAP}MiB"))
        wait_ready(proxy, admin)
        good = [f"act_good_{number}" for number in range(GOOD)]
        first = sum(ask(port, "/read/1", token).status == 200 for token in good)
        before = proxy.mebibytes("VmRSS")
        began = time.monotonic()
        clients = [
            subprocess.Popen(stage.module("garbage", "client", str(port), str(count // CLIENTS), str(number)),
                             stdout=subprocess.PIPE, text=True) for number in range(CLIENTS)]
        served, asked, slowest, reported = 0, 0, 0.0, began
        try:
            while any(client.poll() is None for client in clients):
                for token in good:
                    sent = time.monotonic()
                    served += ask(port, "/read/1", token).status == 200
                    slowest = max(slowest, time.monotonic() - sent)
                    asked += 1
                if time.monotonic() - reported > 20:
                    reported = time.monotonic()
                    questions = statistics(server_port)["unknown"]
                    progress(f"{questions:,} questions, resident {proxy.mebibytes('VmRSS'):.1f} MiB")
                time.sleep(0.5)
            answers = [json.loads(client.communicate()[0] or "{}") for client in clients]
        finally:
            for client in clients:
                client.kill()
        took = time.monotonic() - began
        last = sum(ask(port, "/read/1", token).status == 200 for token in good)
        counted, peak = statistics(server_port), proxy.mebibytes("VmHWM")
        refused = sum(answer.get("401", 0) for answer in answers)
        bound = before + 2 * CAP + REST
        return [
            Row("garbage, good tokens",
                f"of {count:,} invented tokens each is a 401, and none of {GOOD} good ones is asked about again",
                f"{refused:,} × 401 in {took:.0f} s; {counted['known']} questions about {GOOD} good tokens, {first}, "
                f"{served} of {asked} and {last} let in, slowest {slowest * 1000:.0f} ms",
                refused == count and counted["known"] == GOOD and first == last == GOOD and served == asked),
            Row("garbage, memory", f"peak under {bound:.0f} MiB (before, two caches of {CAP} MiB, {REST} MiB)",
                f"peak {peak:.1f} MiB, {before:.1f} MiB before", peak < bound),
        ]


def start_server(stage):
    port = free_port()
    stage.start(stage.module("garbage", "server", str(port)), "garbage-server")
    wait_until(lambda: is_listening(port), 10, "the authorization server listens")
    return port


class Server(asyncio.Protocol):
    """As little as it takes, so that what is measured is not this."""

    counts = {"known": 0, "unknown": 0}
    ACTIVE = b'{"active":true,"scope":"read","sub":"check"}'
    INACTIVE = b'{"active":false}'

    def connection_made(self, transport):
        self.transport = transport
        self.buffer = b""

    def data_received(self, data):
        self.buffer += data
        start, mark, body = self.buffer.partition(b"\r\n\r\n")
        if not mark:
            return
        if start.startswith(b"GET"):
            self.buffer = b""
            return self.answer(json.dumps(self.counts).encode())
        length = int(start.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
        if len(body) < length:
            return
        self.buffer = b""
        is_known = body.startswith(b"token=act")
        self.counts["known" if is_known else "unknown"] += 1
        self.answer(self.ACTIVE if is_known else self.INACTIVE)

    def answer(self, body):
        self.transport.write(
            b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))


async def serve(port):
    server = await asyncio.get_running_loop().create_server(Server, HOST, port, backlog=4096)
    await server.serve_forever()


def offer(port, count, seed):
    """Each connection sends a few requests at once and waits for their answers."""
    selector = selectors.DefaultSelector()
    statuses = {}
    left = count
    waiting = 0

    def send(connection, state):
        nonlocal left
        batch = min(BATCH, left)
        left -= batch
        state[0], state[1] = batch, b""
        tokens = (f"ory_at_{seed}_{left + number}_{'x' * 24}" for number in range(batch))
        connection.sendall(b"".join(head("/read/1", token) for token in tokens))
        return batch > 0

    for _ in range(CONNECTIONS):
        connection = socket.create_connection((HOST, port), timeout=60)
        state = [0, b""]
        if send(connection, state):
            selector.register(connection, selectors.EVENT_READ, state)
            waiting += 1
    while waiting:
        for key, _ in selector.select(60):
            data = key.fileobj.recv(262_144)
            state = key.data
            # Heads alone are looked at: no refusal's body has this in it.
            parts = (state[1] + data).split(b"HTTP/1.1 ")
            state[1] = b"HTTP/1.1 " + parts[-1] if len(parts[-1]) < 3 else parts[-1][-9:]
            for part in parts[1:]:
                if len(part) >= 3:
                    status = part[:3].decode()
                    statuses[status] = statuses.get(status, 0) + 1
                    state[0] -= 1
            if not data or (state[0] <= 0 and not send(key.fileobj, state)):
                selector.unregister(key.fileobj)
                key.fileobj.close()
                waiting -= 1
    print(json.dumps(statuses))


if __name__ == "__main__":
    if sys.argv[1] == "server":
        asyncio.run(serve(int(sys.argv[2])))
    else:
        offer(int(sys.argv[2]), int(sys.argv[3]), sys.argv[4])
