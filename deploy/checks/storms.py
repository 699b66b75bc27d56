"""Storms on the authorization server: unknown keys, ten thousand misses at once, and a server that takes 30 s."""

import collections
import selectors
import socket
import threading
import time

from .client import ask, head, statistics, wait_ready
from .configuration import AUDIENCE, ISSUER, standard
from .outcome import Row
from .server_down import BREAKER_OPEN, TIMEOUT, Outage, admitted, served
from .stage import HOST, Stage, free_port, is_listening, progress, raise_descriptor_limit, wait_until
from .tokens import SigningKey, base64url

MEBIBYTES = 200
# A call's timeout, and what a machine that plays all parts adds for ten thousand at once.
LATE_SECONDS = 5


def run(chosen):
    return unknown_keys(chosen) + misses(chosen) + slow_server(chosen)


def unknown_keys(chosen):
    count = 5_000 if chosen.full else 500
    with Stage(chosen.binary, chosen.keep) as stage:
        key = SigningKey()
        keys = stage.write("keys.json", key.key_set)
        _, upstream = stage.service("upstream")
        _, server = stage.service("authorization_server", 0, keys)
        port, admin = free_port(), free_port()
        signed = (f"  lasting: {{issuer: {ISSUER}, strategy: verify, jwt: {{jwks_uri: http://127.0.0.1:{server}/.well-known/"
                  f"jwks.json, algorithms: [RS256], audiences: [{AUDIENCE}], refresh: {{lifetime: 1h, cooldown: 1h}}}}}}")
        route = "  - {name: lasting, paths: [/lasting/**], authorization_server: lasting, scopes: [read], upstream: service}"
        proxy = stage.serve(standard(port, admin, upstream, server, more_servers=signed, more_routes=route))
        wait_ready(proxy, admin)
        good = key.token(ISSUER, AUDIENCE)
        payload, signature = good.split(".")[1:]
        first = ask(port, "/lasting/1", good).status
        before = statistics(server)["key_fetches"]
        header = b'{"alg":"RS256","typ":"at+jwt","kid":"%d"}'
        tokens = [f"{base64url(header % number)}.{payload}.{signature}" for number in range(count)]
        statuses = collections.Counter()
        lock = threading.Lock()

        def work(mine):
            for number, token in enumerate(mine):
                status = ask(port, "/lasting/1", token).status
                with lock:
                    statuses[status] += 1
                if number % 20 == 0 and ask(port, "/lasting/1", good).status != 200:
                    with lock:
                        statuses["good refused"] += 1

        threads = [threading.Thread(target=work, args=(tokens[place::8],)) for place in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        fetches = statistics(server)["key_fetches"] - before
        progress(f"{count:,} unknown keys: {fetches} fetch(es), {dict(statuses)}")
        return [Row("storms, unknown keys", f"{count:,} unknown key identifiers: at most 1 fetch a cool-down, all 401",
                    f"{fetches} fetch(es), {dict(statuses)}, a good token {first}",
                    fetches <= 1 and statuses == {401: count} and first == 200)]


def misses(chosen):
    count = 10_000 if chosen.full else 1_000
    raise_descriptor_limit()
    with Stage(chosen.binary, chosen.keep) as stage:
        _, upstream = stage.service("upstream")
        _, server = stage.service("authorization_server", 20)
        port, admin = free_port(), free_port()
        proxy = stage.serve(standard(port, admin, upstream, server))
        wait_ready(proxy, admin)
        ask(port, "/read/1", "act_known")
        statuses, total = at_once(port, count)
        known = ask(port, "/read/1", "act_known").status
        began = time.monotonic()
        fresh = Outage(port).until_admitted(10)
        peak = proxy.mebibytes("VmHWM")
        progress(f"{count:,} misses at once: {dict(statuses)} in {total:.1f} s")
        return [Row("storms, misses at once", f"{count:,} new tokens at once: each 200 or 503 within {LATE_SECONDS} s, under "
                    f"{MEBIBYTES} MiB, a new one is let in within {BREAKER_OPEN:g} s + 1 s afterwards",
                    f"{dict(statuses)} in {total:.1f} s, peak {peak:.1f} MiB, known {known}, new after "
                    f"{time.monotonic() - began:.2f} s",
                    set(statuses) <= {200, 503} and sum(statuses.values()) == count and total < LATE_SECONDS and known == 200
                    and peak < MEBIBYTES and fresh is not None and fresh <= BREAKER_OPEN + 1)]


def at_once(port, count):
    """Every connection is open before the first request goes out."""
    selector = selectors.DefaultSelector()
    connections = [socket.create_connection((HOST, port), timeout=30) for _ in range(count)]
    began = time.monotonic()
    for number, connection in enumerate(connections):
        connection.sendall(head("/read/1", f"act_miss_{number}"))
        selector.register(connection, selectors.EVENT_READ)
    statuses = collections.Counter()
    while sum(statuses.values()) < count and time.monotonic() - began < 30:
        for key, _ in selector.select(1):
            data = key.fileobj.recv(65_536)
            statuses[int(data[9:12]) if data else "end"] += 1
            selector.unregister(key.fileobj)
    total = time.monotonic() - began
    for connection in connections:
        connection.close()
    return statuses, total


def slow_server(chosen):
    """It takes 30 s for each answer: others are not slowed, and it is believed again soon after."""
    with Stage(chosen.binary, chosen.keep) as stage:
        _, upstream = stage.service("upstream")
        server, server_port = stage.service("authorization_server")
        port, admin = free_port(), free_port()
        proxy = stage.serve(standard(
            port, admin, upstream, server_port, cache="ttl: 5m",
            server_keys=f", timeout: {TIMEOUT:g}s, breaker: {{ failures: 5, open: {BREAKER_OPEN:g}s }}"))
        wait_ready(proxy, admin)
        known = ask(port, "/read/1", "act_known").status
        server.end()
        wait_until(lambda: not is_listening(server_port), 5, "the authorization server stops")
        slow, _ = stage.service("authorization_server", 30_000, port=server_port, name="slow-server")
        times, is_over = [], threading.Event()

        def others():
            while not is_over.wait(0.02):
                began = time.monotonic()
                if ask(port, "/open/1").status == 200:
                    times.append(time.monotonic() - began)

        thread = threading.Thread(target=others)
        thread.start()
        figures = Outage(port).during(2.5)
        is_over.set()
        thread.join()
        slow.end(1)
        wait_until(lambda: not is_listening(server_port), 5, "the slow server stops")
        stage.service("authorization_server", port=server_port, name="fast-server")
        ordered = sorted(times)
        late = ordered[int(len(ordered) * 0.99)] * 1000
        return [
            served("storms, a server that takes 30 s", known, figures),
            Row("storms, others meanwhile", "99 of 100 public requests within 250 ms", f"{len(times)} answers, 99th {late:.0f} ms",
                late < 250),
            admitted("storms, fast again", Outage(port).until_admitted(10), BREAKER_OPEN)]
