"""A thousand clients bring the same token that nobody has seen: the authorization server is asked once."""

import collections
import selectors
import socket
import time

from .client import head, statistics, wait_ready
from .configuration import standard
from .outcome import Row
from .stage import HOST, Stage, free_port, progress

CLIENTS = 1_000
LATENCY_MS = 200


def run(chosen):
    with Stage(chosen.binary, chosen.keep) as stage:
        _, upstream = stage.service("upstream")
        _, server = stage.service("authorization_server", LATENCY_MS)
        port, admin = free_port(), free_port()
        proxy = stage.serve(standard(port, admin, upstream, server))
        wait_ready(proxy, admin)
        rows = []
        # A second token: pools and threads are warm now, so even more of them ask in the same instant.
        for round_number, token in enumerate(("act_cold_one", "act_cold_two"), 1):
            before = statistics(server)["introspections"]
            statuses, sending, total = stampede(port, token)
            calls = statistics(server)["introspections"] - before
            good = statuses[b"200"]
            progress(f"round {round_number}: {good} × 200, {calls} call(s), sent within {sending * 1000:.0f} ms")
            others = "".join(f", {count} × {status.decode()}" for status, count in statuses.items() if status != b"200")
            rows.append(Row(
                f"cold-token, round {round_number}", f"1 introspection call, {CLIENTS} × 200",
                f"{calls} call(s), {good} × 200{others}; all sent in {sending * 1000:.0f} ms, answered in {total * 1000:.0f} ms",
                calls == 1 and good == CLIENTS))
        return rows


def stampede(port, token):
    """Every connection is open before the first request goes out."""
    request = head("/read/1", token)
    selector = selectors.DefaultSelector()
    connections = []
    for _ in range(CLIENTS):
        connection = socket.create_connection((HOST, port), timeout=30)
        connection.setblocking(False)
        connections.append(connection)
    began = time.monotonic()
    for connection in connections:
        connection.send(request)
    sending = time.monotonic() - began
    for connection in connections:
        selector.register(connection, selectors.EVENT_READ)
    statuses = collections.Counter()
    deadline = began + 30
    waiting = len(connections)
    while waiting and time.monotonic() < deadline:
        for key, _ in selector.select(1):
            # The answer's head is small and comes in one piece.
            data = key.fileobj.recv(65_536)
            statuses[data[9:12] or b"end"] += 1
            selector.unregister(key.fileobj)
            waiting -= 1
    total = time.monotonic() - began
    if waiting:
        statuses[b"none"] = waiting
    for connection in connections:
        connection.close()
    selector.close()
    return statuses, sending, total
