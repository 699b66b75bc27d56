"""Everything at once for a while: no wrong answer, no growing memory, no lost descriptor, no sanitizer's report."""

import collections
import json
import re
import shutil
import time

from .client import ask, metrics, wait_ready
from .configuration import AUDIENCE, ISSUER, standard
from .outcome import Row, spread
from .stage import REPOSITORY, CheckFailed, Stage, free_port, progress, wait_until
from .tokens import SigningKey

PROCESSES, CLIENTS = 2, 24
# Seconds: default and with --full.
DURATIONS = {None: (50, 300), "address": (30, 300), "thread": (20, 60)}
GROWTH = 0.05
# What has expired stays until its room is wanted: small enough, caches are full and evicting within the first minute.
SMALL_CACHE = "ttl: 20s, negative_ttl: 3s, size: 256KiB, negative_size: 128KiB"
SANITIZER_OPTIONS = {
    "ASAN_OPTIONS": "detect_leaks=1:halt_on_error=0:abort_on_error=0",
    "LSAN_OPTIONS": f"print_suppressions=0:suppressions={REPOSITORY}/deploy/leak-sanitizer.suppressions",
    "TSAN_OPTIONS": "halt_on_error=0:report_signal_unsafe=0",
}
REPORT = re.compile(r"ERROR: AddressSanitizer|ERROR: LeakSanitizer|WARNING: ThreadSanitizer|runtime error:|Fatal error|"
                    r"LeakSanitizer has encountered|SUMMARY: \w+Sanitizer")


def sanitizer(binary):
    """What the executable was built with: its run-time library's names are in it."""
    data = binary.read_bytes()
    for name, mark in (("address", b"__asan_init"), ("thread", b"__tsan_init")):
        if mark in data:
            return name
    return None


def configuration(stage, port, admin, unix, upstream, server):
    """Short idle times, so that the end comes soon."""
    return standard(
        port, admin, upstream, server, unix=unix, key_set=f"http://127.0.0.1:{server}/.well-known/jwks.json",
        timeouts="head: 2s, idle: 5s, drain_delay: 200ms, drain: 5s", server_keys=", timeout: 10s",
        cache=SMALL_CACHE,
        upstream_keys=", idle_timeout: 2s, connect_timeout: 10s", access_log="/dev/null",
        more_servers="\n".join([
            "  moody:", "    strategy: introspect",
            f"    introspection: {{ endpoint: http://127.0.0.1:{server}/admin/oauth2/introspect, timeout: 300ms,"
            " concurrency: 8, queue: { waiting: 16, wait: 100ms }, breaker: { failures: 3, open: 500ms } }",
            f"    cache: {{ {SMALL_CACHE} }}"]),
        more_routes="\n".join([
            "  - { name: shaky, paths: [/shaky/**], access: public, upstream: shaky }",
            "  - { name: moody, paths: [/moody/**], authorization_server: moody, scopes: [read], upstream: service }"]),
    ).replace("routes:", f"  shaky: {{ url: http://127.0.0.1:{upstream}, idle_timeout: 2s }}\nroutes:")


def run(chosen):
    tool = sanitizer(chosen.binary)
    seconds = DURATIONS[tool][1 if chosen.full else 0]
    with Stage(chosen.binary, chosen.keep) as stage:
        key = SigningKey()
        keys = stage.write("keys.json", key.key_set)
        jwts = stage.write("jwts.json", json.dumps(tokens(key)))
        _, upstream = stage.service("upstream")
        _, server = stage.service("authorization_server", 10, keys)
        port, admin, unix = free_port(), free_port(), stage.folder / "proxy.sock"
        proxy = stage.serve(
            configuration(stage, port, admin, unix, upstream, server), environment=SANITIZER_OPTIONS if tool else None)
        wait_ready(proxy, admin)
        # The connection that asked whether it is ready has to be over first.
        time.sleep(1)
        before = proxy.descriptors()
        files_before = proxy.open_files()
        progress(f"{seconds} s of mixed load, seed {chosen.seed}" + (f", under {tool} sanitizer" if tool else ""))
        drivers = [stage.start(stage.module(
            "mixed_load", str(seconds), str(CLIENTS), str(chosen.seed + number), jwts, str(port), unix), f"load-{number}")
            for number in range(PROCESSES)]
        if shutil.which("wrk"):
            drivers.append(stage.start(["nice", "wrk", "-t1", "-c4", f"-d{seconds}s", "-H", "Authorization: Bearer act_hot_1",
                                        f"http://127.0.0.1:{port}/read/1"], "wrk"))
        samples = watch(proxy, seconds)
        rows = [answers(drivers, proxy, admin, seconds)]
        if not tool:
            rows.append(memory(samples, seconds))
        rows.append(descriptors(proxy, before, files_before, tool))
        still = ask(port, "/read/1", "act_hot_1").status if proxy.is_running else None
        code = proxy.end(60)
        reports = REPORT.findall(proxy.log)
        if reports or code != 0:
            print(proxy.log[-20_000:], flush=True)
        rows.append(Row(
            "mixed, the end", "still answering; exit 0; " + (f"no {tool} sanitizer report" if tool else "no report"),
            f"answers {still}; exit {code}; {len(reports)} report(s)", still == 200 and code == 0 and not reports))
        return rows


def tokens(key):
    """Good ones, and those that must not pass."""
    def make(**claims):
        return key.token(ISSUER, AUDIENCE, **claims)
    other = SigningKey("check-1")
    return {
        "good": [make() for _ in range(50)],
        "bad": [make(seconds=-600), make(iss="https://other.test/"), make(sub=""), make(nbf=int(time.time()) + 3_000),
                key.token(ISSUER, "https://other.test"), other.token(ISSUER, AUDIENCE), "a.b.c",
                SigningKey("unheard-of").token(ISSUER, AUDIENCE)],
    }


def watch(proxy, seconds):
    """Resident memory each half second: (time, KiB)."""
    began = time.monotonic()
    samples = []
    told = 0
    while (at := time.monotonic() - began) < seconds:
        if not proxy.is_running:
            raise CheckFailed(f"the proxy ended with {proxy.process.returncode}: {proxy.log[-2_000:]}")
        samples.append((at, proxy.kibibytes("VmRSS")))
        if at - told >= max(10, seconds / 10):
            told = at
            progress(f"{at:.0f} s: resident {samples[-1][1] / 1024:.1f} MiB, {proxy.descriptors()} descriptors")
        time.sleep(0.5)
    return samples


def answers(drivers, proxy, admin, seconds):
    """What the clients saw."""
    failed, total, failures, kinds = 0, 0, [], set()
    for driver in drivers:
        code = driver.wait(seconds + 90)
        text = driver.output.read_text()
        if driver.name == "wrk":
            bad = re.search(r"Non-2xx or 3xx responses: (\d+)|Socket errors: (.+)", text)
            if code != 0 or bad:
                failed += 1
                failures.append(f"wrk: {bad[0] if bad else driver.log}")
            continue
        if code != 0:
            raise CheckFailed(f"{driver.name}: exit {code}: {driver.log[-500:]}")
        result = json.loads(text)
        failed += result["failed"]
        failures += result["failures"]
        total += sum(result["counts"].values())
        kinds |= set(result["counts"])
    told = collections.Counter()
    for failure in failures:
        told[failure.split(":")[0]] += 1
        if told[failure.split(":")[0]] <= 4:
            progress(f"unexpected: {failure}")
    requests = sum(value for name, value in metrics(admin).items() if name.startswith("bearergate_requests_total"))
    return Row(
        "mixed, answers", "each as expected",
        f"{total:,} scenarios of {len(kinds)} kinds, {requests:,.0f} requests, {failed} unexpected"
        + (f": {failures[0]}" if failures else ""), failed == 0 and total > 0)


def memory(samples, seconds):
    """A fifth of the time is the first of five minutes; before half a minute, caches and pools are still filling."""
    def around(moment):
        return spread([kib for at, kib in samples if moment - seconds / 30 <= at <= moment])[0] / 1024
    settled = max(seconds / 5, 30)
    early, late = around(settled), around(seconds)
    return Row(
        "mixed, memory", f"resident after {seconds} s at most {GROWTH:.0%} over what it was after {settled:.0f} s",
        f"{early:.1f} MiB at {settled:.0f} s, {late:.1f} MiB at {seconds} s: {(late / early - 1):+.1%}",
        late <= early * (1 + GROWTH))


def descriptors(proxy, before, files_before, tool):
    """Idle connections of pools end by themselves: 30 s for those to the authorization server.

    A sanitizer keeps pipes to the program that names its functions; the proxy itself has none.
    """
    before -= files_before.count("pipe") if tool else 0

    def now():
        return proxy.descriptors() - (proxy.open_files().count("pipe") if tool else 0)

    try:
        took = wait_until(lambda: now() == before, 50, "descriptors", 0.25)
        return Row("mixed, descriptors", "as before", f"{before} before, {before} within {took:.0f} s afterwards", True)
    except CheckFailed:
        after = proxy.open_files()
        return Row("mixed, descriptors", "as before",
                   f"{before} before, {proxy.descriptors()} after 50 s; before {files_before}, after {after}", False)
