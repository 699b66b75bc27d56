"""The authorization server goes away and comes back: what is known is served, what is not waits its turn."""

import itertools
import signal
import threading
import time

from .client import ask, metrics, wait_ready
from .configuration import standard
from .outcome import Row
from .stage import Stage, free_port, is_listening, progress, wait_until

TIMEOUT = 1.0
BREAKER_OPEN = 1.0
# For this machine: the timer's tick and a busy processor.
TOLERANCE = 0.25
ASKERS = 6


class Outage:
    """Asks with one known and ever new tokens."""

    def __init__(self, port):
        self.port = port
        self.numbers = itertools.count()

    def new_token(self):
        began = time.monotonic()
        answer = ask(self.port, "/read/1", f"act_new_{next(self.numbers)}")
        return answer, time.monotonic() - began

    def during(self, seconds):
        """Both kinds for so long: whether each known one was let in, and what each new one got and when."""
        known, new = [], []
        deadline = time.monotonic() + seconds

        def ask_known():
            while time.monotonic() < deadline:
                known.append(ask(self.port, "/read/1", "act_known").status == 200)
                time.sleep(0.02)

        def ask_new():
            while time.monotonic() < deadline:
                answer, took = self.new_token()
                new.append((answer.status == 503 and answer["retry-after"].isdigit(), took))
                time.sleep(0.02)

        # Several at once: a server that says nothing fails often enough for the breaker only so.
        threads = [threading.Thread(target=work) for work in [ask_known] + [ask_new] * ASKERS]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return known, new

    def until_admitted(self, limit):
        """From now on: how long until a new token is let in; None when it is not."""
        began = time.monotonic()
        while time.monotonic() - began < limit:
            answer, _ = self.new_token()
            if answer.status == 200:
                return time.monotonic() - began
            time.sleep(0.02)
        return None


def run(chosen):
    rows = []
    with Stage(chosen.binary, chosen.keep) as stage:
        _, upstream = stage.service("upstream")
        server, server_port = stage.service("authorization_server")
        port, admin = free_port(), free_port()
        proxy = stage.serve(standard(
            port, admin, upstream, server_port, cache="ttl: 5m",
            server_keys=f", timeout: {TIMEOUT:g}s, breaker: {{ failures: 5, open: {BREAKER_OPEN:g}s }}"))
        wait_ready(proxy, admin)
        known = ask(port, "/read/1", "act_known").status
        outage = Outage(port)

        # (a) The port is closed; it listens again before the breaker has tried.
        server.end()
        wait_until(lambda: not is_listening(server_port), 5, "the authorization server stops")
        rows.append(served("as-down, refusing connections", known, outage.during(0.7)))
        server, _ = stage.service("authorization_server", port=server_port, name="server-2")
        rows.append(admitted("as-down, back after one opening", outage.until_admitted(10), BREAKER_OPEN))
        progress("back after one opening")

        # (b) It accepts and says nothing: the timeout is what ends a call.
        server.send(signal.SIGSTOP)
        rows.append(served("as-down, silent", 200, outage.during(2.5)))
        server.send(signal.SIGCONT)
        rows.append(admitted("as-down, no longer silent", outage.until_admitted(10), BREAKER_OPEN))
        progress("no longer silent")

        # (c) Nobody is there for longer: the breaker opens for the same time again and again.
        server.end()
        length = 20 if chosen.full else 4
        rows.append(served(f"as-down, {length} s long", 200, outage.during(length)))
        state = [value for name, value in metrics(admin).items() if name.startswith("bearergate_breaker_state")]
        stage.service("authorization_server", port=server_port, name="server-3")
        progress(f"back after {length} s, breaker state {state}")
        rows.append(admitted(f"as-down, back after {length} s", outage.until_admitted(40), BREAKER_OPEN))
        with_metric = any(value == 0 for name, value in metrics(admin).items() if name.startswith("bearergate_breaker_state"))
        rows.append(Row("as-down, breaker's metric", "open while away, closed afterwards",
                        f"{state} while away, closed afterwards: {with_metric}", bool(state) and state[0] != 0 and with_metric))
    return rows


def served(name, known, figures):
    cached, new = figures
    slowest = max((took for _, took in new), default=0)
    refused = sum(good for good, _ in new)
    return Row(
        name, f"cached tokens 200, new ones 503 + Retry-After within {TIMEOUT:g} s",
        f"{sum(cached)} of {len(cached)} cached 200, {refused} of {len(new)} new 503 + Retry-After, "
        f"slowest {slowest * 1000:.0f} ms",
        known == 200 and all(cached) and refused == len(new) > 0 and slowest < TIMEOUT + TOLERANCE)


def admitted(name, took, opening):
    bar = opening + 1
    return Row(
        name, f"a new token is admitted within {opening:g} s (open) + 1 s",
        f"{took:.2f} s" if took is not None else "not admitted", took is not None and took <= bar)
