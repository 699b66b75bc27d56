"""SIGHUP, SIGTERM, a second SIGTERM and SIGKILL, each with requests under way (SPEC §9)."""

import fcntl
import os
import signal
import threading
import time

from .client import Broken, Connection, ask, head, metrics, wait_ready
from .configuration import standard
from .outcome import Row
from .stage import Stage, free_port, is_listening, progress, wait_until

DRAIN_DELAY = 2.0
# For timers' ticks and a busy processor.
TOLERANCE = 0.5


class Hammer(threading.Thread):
    """Asks without a pause, on new and on kept connections, and notes every failure."""

    def __init__(self, port, path, token):
        super().__init__(daemon=True)
        self.port, self.path, self.token = port, path, token
        self.is_over = False
        self.count = 0
        self.failures = []
        self.names = []

    def run(self):
        while not self.is_over:
            try:
                with Connection(self.port) as connection:
                    for _ in range(20):
                        answer = connection.request(self.path, self.token)
                        self.count += 1
                        self.names.append(answer.body)
                        if answer.status != 200:
                            self.failures.append(f"{answer.status}")
                        if self.is_over or answer.has_ended:
                            break
            except (OSError, Broken) as error:
                self.failures.append(f"{type(error).__name__}: {error}")

    def stop(self):
        self.is_over = True
        self.join(30)


class World:
    """The proxy before two upstreams that say their names."""

    def __init__(self, stage):
        self.stage = stage
        _, self.first = stage.service("upstream", "first")
        _, self.second = stage.service("upstream", "second")
        _, self.server = stage.service("authorization_server")

    def text(self, upstream, **more):
        return standard(self.port, self.admin, upstream, self.server, unix=self.unix,
                        timeouts=f"drain_delay: {DRAIN_DELAY:g}s, drain: 20s", **more)

    def start(self, name, text=None, **outputs):
        self.port, self.admin, self.unix = free_port(), free_port(), self.stage.folder / f"{name}.sock"
        proxy = self.stage.serve((text or self.text)(self.first), name=name, **outputs)
        wait_ready(proxy, self.admin)
        return proxy


def run(chosen):
    with Stage(chosen.binary, chosen.keep) as stage:
        world = World(stage)
        rows = []
        for part in (hang_up_bad, hang_up_good, terminate, terminate_twice, terminate_unread, kill):
            rows += part(world, chosen)
            progress(f"{part.__name__}: {'ok' if rows[-1].ok else 'NOT OK'}")
        return rows


def hang_up_bad(world, _):
    proxy = world.start("bad")
    path = world.stage.folder / "bad.yaml"
    ask(world.port, "/read/1", "act_known")
    before = metrics(world.admin)
    good = path.read_text()
    hammer = Hammer(world.port, "/read/1", "act_known")
    hammer.start()
    said = []
    for bad in (good.replace("scopes: [read]", "scope: [read]"), good[:len(good) // 2] + "\n  - {", "", "version: 2\n"):
        path.write_text(bad)
        lines = proxy.log.count("configuration not reloaded")
        proxy.send(signal.SIGHUP)
        wait_until(lambda seen=lines: proxy.log.count("configuration not reloaded") > seen, 5, "a bad file is reported")
        said.append(proxy.log.count("configuration not reloaded") - lines)
    path.unlink()
    lines = proxy.log.count("configuration not reloaded")
    proxy.send(signal.SIGHUP)
    wait_until(lambda: proxy.log.count("configuration not reloaded") > lines, 5, "a missing file is reported")
    hammer.stop()
    after = metrics(world.admin)
    kept = after["bearergate_config_generation"] == before["bearergate_config_generation"]
    marked = after["bearergate_config_last_reload_success"] == 0
    rules = [ask(world.port, "/read/1", "act_known").status, ask(world.port, "/read/1", "low_known").status]
    path.write_text(good)
    proxy.send(signal.SIGHUP)
    wait_until(lambda: metrics(world.admin)["bearergate_config_last_reload_success"] == 1, 5, "the good file is taken")
    proxy.send(signal.SIGKILL)
    return [Row(
        "signals, SIGHUP with 5 bad files", "nothing changes, each problem is logged, the metric says so",
        f"{sum(said) + 1} problems logged, generation kept: {kept}, metric 0: {marked}, rules answer {rules}, "
        f"{len(hammer.failures)} of {hammer.count:,} requests failed meanwhile; a good file is taken afterwards",
        kept and marked and rules == [200, 403] and not hammer.failures and hammer.count > 0)]


def hang_up_good(world, chosen):
    proxy = world.start("good")
    path = world.stage.folder / "good.yaml"
    hammers = [Hammer(world.port, "/read/1", "act_known") for _ in range(6)]
    hammers.append(Hammer(world.unix, "/open/chunked/300000", None))
    for hammer in hammers:
        hammer.start()
    with Connection(world.port) as long, Connection(world.port) as tunnel:
        # What began before goes on with what it began with.
        long.send(head("/read/slow/1500", "act_known"))
        tunnel.send(head("/read/websocket", "act_known", fields=[
            "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13",
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="]))
        tunnel.answer()
        swaps = 100 if chosen.full else 30
        for number in range(swaps):
            path.write_text(world.text(world.second if number % 2 == 0 else world.first))
            generation = metrics(world.admin)["bearergate_config_generation"]
            proxy.send(signal.SIGHUP)
            wait_until(lambda seen=generation: metrics(world.admin)["bearergate_config_generation"] > seen, 5, "a reload")
            time.sleep(0.03)
        path.write_text(world.text(world.second))
        proxy.send(signal.SIGHUP)
        took = wait_until(lambda: ask(world.port, "/read/1", "act_known").body == b"second", 5, "the swap")
        begun_before = long.answer()
        tunnel.send(b"still there")
        echoed = tunnel.exactly(11)
    for hammer in hammers:
        hammer.stop()
    count = sum(hammer.count for hammer in hammers)
    failures = [failure for hammer in hammers for failure in hammer.failures]
    seen = {name for hammer in hammers[:-1] for name in hammer.names}
    proxy.send(signal.SIGKILL)
    return [Row(
        "signals, SIGHUP under load", "the rules swap, no request fails, what began goes on",
        f"{swaps + 1} swaps, {len(failures)} of {count:,} requests failed{': ' + failures[0] if failures else ''}, "
        f"upstreams seen {sorted(name.decode() for name in seen)}, new one within {took * 1000:.0f} ms; "
        f"begun before: {begun_before.status}, tunnel echoes: {echoed == b'still there'}",
        not failures and seen == {b"first", b"second"} and begun_before.status == 200 and echoed == b"still there")]


def terminate(world, _):
    proxy = world.start("drained")
    fast, slow, stale = Connection(world.port), Connection(world.port), Connection(world.port)
    ask(world.port, "/read/1", "act_known")
    stale.request("/open/1")
    slow.send(head("/read/slow/4000", "act_known"))
    shorter = Connection(world.port)
    shorter.send(head("/read/slow/3000", "act_known"))
    time.sleep(0.2)
    began = time.monotonic()
    proxy.send(signal.SIGTERM)
    wait_until(lambda: ask(world.admin, "/readyz").status == 503, 1, "readyz fails")
    unready = time.monotonic() - began
    reason = ask(world.admin, "/readyz").body.decode()
    alive = ask(world.admin, "/livez").status
    # As before, with Connection: close, old connections and new ones.
    closing, refused, served = 0, 0, 0
    closing += fast.request("/read/2", "act_known")["connection"].lower() == "close"
    served += 1
    while time.monotonic() - began < DRAIN_DELAY - 0.1:
        try:
            for address in (world.port, world.unix):
                answer = ask(address, "/read/1", "act_known")
                served += answer.status == 200
                closing += answer["connection"].lower() == "close"
        except OSError:
            refused += 1
        time.sleep(0.01)
    shut = wait_until(lambda: not is_listening(world.port), 3, "the listeners close") + DRAIN_DELAY - 0.1
    gone = not world.unix.exists()
    finished = []
    for connection in (shorter, slow):
        finished.append(connection.answer().status)
        # Its answer said close; it would have 2 s to hear that it may not send more.
        connection.close()
    code = proxy.wait(10)
    ended = time.monotonic() - began
    rest_ended = stale.is_ended_by_peer(1)
    return [
        Row("signals, SIGTERM: not ready", "readyz fails at once", f"503 after {unready * 1000:.0f} ms {reason}; livez {alive}",
            unready < TOLERANCE and "draining" in reason and alive == 200),
        Row("signals, SIGTERM: drain_delay", f"for {DRAIN_DELAY:g} s everything served with Connection: close, none refused",
            f"{served} served, {closing} with Connection: close, {refused} refused; listeners closed after {shut:.1f} s",
            served == closing > 10 and refused == 0 and shut < DRAIN_DELAY + TOLERANCE and gone),
        Row("signals, SIGTERM: in flight", "finishes, idle connections end, exit 0 as soon as nothing is left",
            f"answers {finished}, idle one ended: {rest_ended}, exit {code} after {ended:.1f} s",
            finished == [200, 200] and rest_ended and code == 0 and ended < 4 + TOLERANCE),
    ]


def terminate_twice(world, _):
    rows = []
    for name, pause in (("during drain_delay", 0.3), ("while draining", DRAIN_DELAY + 0.5)):
        proxy = world.start(f"hurried-{pause:g}")
        slow = Connection(world.port)
        slow.send(head("/read/slow/60000", "act_known"))
        time.sleep(0.2)
        proxy.send(signal.SIGTERM)
        time.sleep(pause)
        began = time.monotonic()
        was_running = proxy.is_running
        proxy.send(signal.SIGTERM)
        code = proxy.wait(10)
        took = time.monotonic() - began
        cut = slow.is_ended_by_peer(1)
        rows.append(Row(
            f"signals, second SIGTERM {name}", "ends now, exit 0",
            f"exit {code} after {took * 1000:.0f} ms, what was in flight is cut: {cut}",
            was_running and code == 0 and took < 1 and cut))
    return rows


def terminate_unread(world, _):
    """With the access log, and with all it says, in pipes that nobody reads."""
    rows = []
    for name, which in (("stdout", ("output",)), ("stdout and stderr", ("output", "errors"))):
        for times in (1, 2):
            reader, writer = os.pipe()
            # As little as a pipe can hold: the access log fills it with its first twenty lines.
            fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, 4096)
            proxy = world.start(
                f"unread-{len(which)}-{times}", lambda upstream: world.text(upstream, access_log="stdout"),
                **{output: writer for output in which})
            os.close(writer)
            served = 0
            with Connection(world.port) as connection:
                for _ in range(200):
                    served += connection.request("/open/1").status == 200
            began = time.monotonic()
            for _ in range(times):
                proxy.send(signal.SIGTERM)
                time.sleep(0.1)
            code = proxy.wait(10)
            took = time.monotonic() - began
            os.close(reader)
            most = 1 if times == 2 else DRAIN_DELAY + 1
            rows.append(Row(
                f"signals, SIGTERM × {times}, nobody reads {name}", "requests are served, exit 0 in time",
                f"{served} of 200 served, exit {code} after {took * 1000:.0f} ms",
                served == 200 and code == 0 and took < most + TOLERANCE))
    return rows


def kill(world, _):
    proxy = world.start("killed")
    served = ask(world.unix, "/read/1", "act_known").status
    proxy.send(signal.SIGKILL)
    proxy.wait(5)
    left = world.unix.exists()
    again = world.stage.serve(world.text(world.first), name="restarted")
    ready = wait_ready(again, world.admin)
    taken_over = [ask(world.unix, "/read/1", "act_known").status, ask(world.port, "/read/1", "act_known").status]
    code = again.end()
    return [Row(
        "signals, SIGKILL and a new start", "takes over the Unix socket and the port",
        f"answered {served}, file left by the killed one: {left}; ready again in {ready * 1000:.0f} ms, answers {taken_over}, "
        f"exit {code}", served == 200 and left and taken_over == [200, 200] and code == 0)]
