"""Clients without manners: crowds from many addresses, openers and droppers, slow heads, slow bodies, slow readers.

    python3 -m checks.crowd PORT ADDRESS N     offers N connections in turn from ADDRESS
    python3 -m checks.crowd PORT               asks with a known token until its input ends
"""

import json
import os
import random
import resource
import select
import socket
import struct
import subprocess
import sys
import time

from .client import Connection, ask, head, metrics, wait_ready
from .configuration import standard
from .outcome import Row
from .stage import HOST, Stage, free_port, progress, wait_until

ADDRESSES = [f"127.0.0.{number}" for number in range(2, 10)]
# What the proxy may take for them, in MiB: itself with its caches and a few thousand plain connections,
ITSELF = 64
# the large blocks of a loop that wait for slow readers (`DownstreamConnection.bulkBytesMax`),
BLOCKS_OF_A_LOOP = 32
# and what is small of a reader's exchange: 32 KiB of its answer, 16 KiB of each head.
OF_A_READER = 64 / 1024
# The slowest that another client may be served meanwhile; all of this shares a few cores.
MILLISECONDS = 1_000
# What the kernel keeps of an upstream's answer that nobody reads, in bytes.
SEND_BUFFER = 64 << 10
OTHERS = "/others/1"
HEAD_SECONDS = 2
# Means of a body's rate are taken over this.
RATE_SECONDS = 10


class Others:
    """A client with a known token, all the while: how long its answers take. It is a process of its own, since this one
    is busy being many clients."""

    def __init__(self, stage, port):
        self.stage, self.port = stage, port

    def __enter__(self):
        self.process = subprocess.Popen(
            self.stage.module("crowd", str(self.port)), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.process.stdout.readline()
        return self

    def __exit__(self, *_):
        self.times, self.failures = json.loads(self.process.communicate()[0])

    def row(self, name, proxy, more, good, readers=0):
        ordered = sorted(self.times)
        late = ordered[int(len(ordered) * 0.99)] * 1000
        peak = proxy.mebibytes("VmHWM")
        most = ITSELF + BLOCKS_OF_A_LOOP * os.cpu_count() + OF_A_READER * readers
        return Row(
            name, f"under {most:.0f} MiB, others served within {MILLISECONDS} ms (99 of 100)",
            f"{more}; peak {peak:.1f} MiB, {len(ordered)} answers to others, {len(self.failures)} failed, "
            f"99th {late:.0f} ms, slowest {ordered[-1] * 1000:.0f} ms",
            good and peak < most and not self.failures and late < MILLISECONDS)


def be_others(port):
    """Says when it has begun, and at the end what it saw: seconds of each answer, and what was no 200."""
    ask(port, OTHERS, "act_known")
    print("begun", flush=True)
    times, failures = [], []
    while not select.select([sys.stdin], [], [], 0.02)[0]:
        began = time.monotonic()
        try:
            status = ask(port, OTHERS, "act_known", timeout=20).status
        except Exception as error:
            status = type(error).__name__
        times.append(time.monotonic() - began)
        if status != 200:
            failures.append(status)
    print(json.dumps([times, failures]))


def run(chosen):
    many = 100_000 if chosen.full else 8_000
    slow = 1_000 if chosen.full else 100
    with Stage(chosen.binary, chosen.keep) as stage:
        _, upstream = stage.service("upstream", "upstream", SEND_BUFFER)
        # Slow readers keep a thousand threads of the first one busy: what that does to its other answers is its affair.
        _, service_of_others = stage.service("upstream", "others")
        _, server = stage.service("authorization_server")
        port, admin = free_port(), free_port()
        proxy = stage.serve(standard(
            port, admin, upstream, server, timeouts=f"head: {HEAD_SECONDS}s",
            more_upstreams=f"  others: {{ url: http://127.0.0.1:{service_of_others} }}",
            more_routes="  - { name: others, paths: [/others/**], authorization_server: opaque, scopes: [read],"
                        " upstream: others }"))
        wait_ready(proxy, admin)
        ask(port, OTHERS, "act_known")
        descriptors = proxy.descriptors()
        rows = [offered(stage, proxy, port, many), dropped(stage, proxy, port, slow * 20),
                slow_ones(stage, proxy, port, slow)]
        # What the upstream's pool and the admin's connection may still hold.
        wait_until(lambda: proxy.descriptors() < descriptors + 200, 30, "connections are given back", 0.2)
        open_now = metrics(admin)["bearergate_connections"]
        rows.append(Row(
            "crowd, afterwards", "every connection is given back",
            f"{proxy.descriptors()} descriptors ({descriptors} before), {open_now:.0f} client connections",
            proxy.is_running and open_now == 0))
        return rows


def offered(stage, proxy, port, many):
    with Others(stage, port) as others:
        began = time.monotonic()
        share = many // len(ADDRESSES)
        crowd = [
            subprocess.Popen(stage.module("crowd", str(port), address, str(share)), stdout=subprocess.PIPE, text=True)
            for address in ADDRESSES]
        counts = {}
        for process in crowd:
            for word, count in json.loads(process.communicate()[0]).items():
                counts[word] = counts.get(word, 0) + count
        took = time.monotonic() - began
    progress(f"{many:,} connections in {took:.1f} s: {counts}")
    return others.row(
        "crowd, offered in turn", proxy,
        f"{many:,} connections from {len(ADDRESSES)} addresses in {took:.0f} s: {counts}",
        counts.get("failed", 0) == 0 and sum(counts.values()) == many)


def dropped(stage, proxy, port, count):
    """One client that opens and resets, as fast as it can."""
    with Others(stage, port) as others:
        began = time.monotonic()
        for number in range(count):
            connection = Connection(port)
            if number % 2:
                connection.send(head(OTHERS, "act_known")[:random.randrange(1, 60)])
            connection.reset()
        took = time.monotonic() - began
    return others.row("crowd, one opens and drops", proxy, f"{count:,} connections in {took:.1f} s", True)


def slow_ones(stage, proxy, port, count):
    """Heads and bodies that drip end with a 408; readers that drip hold the upstream up and nothing else."""
    with Others(stage, port) as others:
        heads = [Connection(port) for _ in range(count)]
        bodies = [Connection(port) for _ in range(count)]
        readers = [Connection(port, receive_buffer=4_096) for _ in range(count)]
        for connection in heads:
            connection.send(b"GET /open/1 HTTP/1.1\r\nHost: a\r\nX: ")
        for connection in bodies:
            connection.send(head("/open/upload", method="POST", length=1 << 20) + b"x")
        for connection in readers:
            connection.send(head("/read/bytes/8000000", "act_known"))
        began = time.monotonic()
        while time.monotonic() - began < RATE_SECONDS + 3:
            for connection in heads + bodies:
                try:
                    connection.send(b"x")
                except OSError:
                    continue
            for connection in select_readable(readers):
                connection.socket.recv(512)
            time.sleep(0.5)
        late = [sum(ended(connection) for connection in group) for group in (heads, bodies)]
        for connection in readers:
            connection.reset()
    return others.row(
        "crowd, slow ones", proxy,
        f"{late[0]} of {count} slow heads and {late[1]} of {count} slow bodies ended with 408, "
        f"{len(readers)} slow readers of 8 MB each", late == [count, count], readers=count)


def select_readable(connections):
    """Those that have something to read now."""
    poll = select.poll()
    for connection in connections:
        poll.register(connection.socket, select.POLLIN)
    numbers = {number for number, _ in poll.poll(0)}
    return [connection for connection in connections if connection.socket.fileno() in numbers]


def ended(connection):
    """Whether the answer is a 408, or what was sent behind it has reset it."""
    try:
        connection.socket.settimeout(5)
        return connection.socket.recv(4_096).startswith(b"HTTP/1.1 408")
    except TimeoutError:
        return False
    except OSError:
        return True
    finally:
        connection.close()


def offer(port, address, count):
    """Each opens, asks or does not, and goes; a few dozen at a time."""
    counts = {"answered": 0, "left": 0, "failed": 0}
    chosen = random.Random(address)
    held = []
    for _ in range(count):
        try:
            connection = socket.socket()
            connection.settimeout(20)
            connection.bind((address, 0))
            connection.connect((HOST, port))
            kind = chosen.randrange(4)
            if kind == 0:
                connection.sendall(head("/open/1", fields=["Connection: close"]))
                while data := connection.recv(65_536):
                    counts["answered"] += data.startswith(b"HTTP/1.1 200")
                connection.close()
                continue
            counts["left"] += 1
            if kind == 1:
                connection.sendall(head(OTHERS, "act_known")[:chosen.randrange(1, 50)])
            if kind == 2:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            held.append(connection)
            if len(held) > 40:
                held.pop(0).close()
        except OSError:
            counts["failed"] += 1
    print(json.dumps(counts))


if __name__ == "__main__":
    if len(sys.argv) == 2:
        be_others(int(sys.argv[1]))
    else:
        resource.setrlimit(resource.RLIMIT_NOFILE, (1_024, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
        offer(int(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
