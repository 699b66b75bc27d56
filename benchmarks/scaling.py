#!/usr/bin/env python3
"""How the cost of a request grows: with loops, with cached tokens, with routes; and by the way to the upstream.

Writes DIR/scaling.md, scaling.json and scaling-*.svg. The load is a closed loop of 64 connections (openloop with rate
0), so requests a second are what the machine can do with load and upstream beside the proxy; CPU a request is the
proxy's alone. The floor, a C relay that checks nothing, has its turn in each round.

Example:
  scaling.py --quick --program .build/release/bearergate --out .build/benchmarks

Exit codes: 0 measured, 1 something went wrong or was answered wrongly, 2 wrong usage.
"""
import argparse
import http.client
import os
import socket
import sys
import time

import charts
import compare
import report
import setting
from setting import median, numbered, say

LOOPS = (1, 2)
TOKENS, TOKENS_QUICK = (10_000, 100_000, 1_000_000), (10_000, 50_000)
ROUTES, ROUTES_QUICK = (10, 1_000, 10_000), (10, 1_000)
# Requests a second that leave every proxy room, for the way to the upstream.
MODERATE = 10_000
# compare.yaml's own, which stay.
OWN_ROUTES = 3
# More than a million tokens take, so that none is evicted: what they do take is measured.
CACHE = {"ttl": "3600s", "size": "4GiB"}
# Seconds after which the proxy has let go of the code that only its start took (Decisions/CodeOfTheStart).
SETTLING = 11
# Requests with one token after that, so that the code they take is not charged to the tokens.
FIRST_REQUESTS = 500


class Rows:
    """Proxies that take turns, the floor first; `load` is what each is asked."""

    def __init__(self, stage, rows, load):
        self.stage, self.rows, self.load = stage, rows, load
        self.rounds = {row.name: [] for row in rows}

    def run(self):
        options = self.stage.options
        for number in range(options.rounds):
            for row in self.rows:
                arguments, more = self.load(row)
                result = self.stage.measure(row, options.seconds, *arguments, **more)
                self.rounds[row.name].append(result)
                options.wrong += setting.wrong(result)
                say(f"  round {number + 1}, {row.name}: {result['rps']:,.0f} requests/s, {result['cpu_us']:.1f} µs")
        for row in self.rows:
            row.stop()
        return {name: {"rounds": rounds, "ratio": report.ratio(rounds, self.rounds["floor"])}
                for name, rounds in self.rounds.items()}


def cells(entry):
    rounds = entry["rounds"]
    return f"{median(rounds, 'rps'):,.0f}", f"{median(rounds, 'cpu_us'):.1f}", f"{entry['ratio']:.2f}"


def ratio_bars(title, entries):
    return charts.bars(title, [(label, entry["ratio"], "floor" if label == "floor" else "ours")
                               for label, entry in entries], mark=1)


def loops(stage):
    say("Loops: 10,000 cached tokens")
    # With four CPUs or more a loop has one to itself, and the load has others; with fewer, all share them.
    count = os.cpu_count()
    apart = count >= 4
    everyone, options = set(range(count)), stage.options
    stage.options = argparse.Namespace(**vars(options) | {"load_cpu": {2, 3} if apart else everyone})
    rows = []
    for index, (name, workers) in enumerate([("floor", 1)] + [(f"loops-{n}", n) for n in LOOPS]):
        stage.options.proxy_cpu = set(range(workers)) if apart else everyone
        port = 18500 + 2 * index
        rows.append(stage.peer(name, port) if name == "floor" else stage.ours(name, port, workers=workers))
        stage.fill(rows[-1], 10_000, seed=1)
    measured = Rows(stage, rows, lambda row: (numbered(1, 10_000), {})).run()
    options.wrong = stage.options.wrong
    stage.options = options
    shared = "each loop has a CPU, load and upstream have two others" if apart else \
        f"proxy, load and upstream share {count} CPUs, so requests a second grow by less than the loops"
    entries = [("floor", measured["floor"])]
    entries += [("1 loop" if n == 1 else f"{n} loops", measured[f"loops-{n}"]) for n in LOOPS]
    table = report.markdown_table(("", "requests/s", "CPU µs a request", "× floor"),
                                  [(label, *cells(entry)) for label, entry in entries])
    lines = ["## Loops", "", "![CPU a request by loops](scaling-loops.svg)", "",
             f"10,000 cached tokens; {shared}. The floor has one thread.", "", *table]
    return measured, lines, {"loops": ratio_bars("CPU a request by loops, as a multiple of the floor's", entries)}


def tokens(stage, counts):
    say("Cached tokens: 1 loop")
    rows, memory = [stage.peer("floor", 18500)], {}
    for index, count in enumerate(counts):
        row = stage.ours(f"tokens-{count}", 18502 + 2 * index, **CACHE)
        rows.append(row)
        time.sleep(SETTLING)
        stage.load(row, 10, *numbered(5, 1), f"requests={FIRST_REQUESTS}")
        rest = setting.rss_kib(row)
        stage.fill(row, count, seed=10 + index)
        memory[row.name] = {"count": count, "rest_kib": rest, "filled_kib": setting.rss_kib(row)}
    seeds = {row.name: numbered(9 + index, count) for index, (row, count) in enumerate(zip(rows, (1, *counts)))}
    measured = Rows(stage, rows, lambda row: (seeds[row.name], {})).run()
    for name, figures in memory.items():
        measured[name] |= figures
    entries = [("floor", measured["floor"])] + [(f"{n:,} tokens", measured[f"tokens-{n}"]) for n in counts]
    rows = [(label, *cells(entry), *((f"{entry['rest_kib'] / 1024:.1f}", f"{entry['filled_kib'] / 1024:.1f}",
                                      f"{(entry['filled_kib'] - entry['rest_kib']) * 1024 / entry['count']:,.0f}",
                                      f"{median(entry['rounds'], 'as_calls'):.4f}") if "count" in entry else "----"))
            for label, entry in entries]
    head = ("", "requests/s", "CPU µs a hit", "× floor", "MiB at rest", "MiB filled", "bytes a token",
            "questions a request")
    lines = ["## Cached tokens", "", "![CPU a request by cached tokens](scaling-tokens.svg)", "",
             "![Memory by cached tokens](scaling-memory.svg)", "",
             "Each request carries one of the cached tokens, drawn by chance, so that nearly every lookup misses the "
             "CPU's caches. Memory is resident memory; questions are introspections, 0 when every token is a hit.", "",
             *report.markdown_table(head, rows)]
    bars = [(label, entry["filled_kib"] / 1024, "ours") for label, entry in entries if "count" in entry]
    return measured, lines, {
        "tokens": ratio_bars("CPU a request by cached tokens, as a multiple of the floor's", entries),
        "memory": charts.bars("Resident memory by cached tokens, MiB", bars, figure="{:,.0f}")}


def routes(stage, counts):
    say("Routes: one hot token")
    rows = [stage.peer("floor", 18500)]
    rows += [stage.ours(f"routes-{count}", 18502 + 2 * index, services=count - OWN_ROUTES)
             for index, count in enumerate(counts)]
    services = {row.name: count - OWN_ROUTES for row, count in zip(rows[1:], counts)}
    measured = Rows(stage, rows, lambda row: (
        [*numbered(30, 1), f"numbers={services.get(row.name, 1)}"], {"path": "/service-*/1k"})).run()
    entries = [("floor", measured["floor"])] + [(f"{n:,} routes", measured[f"routes-{n}"]) for n in counts]
    table = report.markdown_table(
        ("", "requests/s", "CPU µs a request", "× floor", "MiB"),
        [(label, *cells(entry), f"{median(entry['rounds'], 'rss_kib') / 1024:.1f}") for label, entry in entries])
    lines = ["## Routes", "", "![CPU a request by routes](scaling-routes.svg)", "",
             "One cached token; each request goes to one of the routes, drawn by chance.", "", *table]
    return measured, lines, {"routes": ratio_bars("CPU a request by routes, as a multiple of the floor's", entries)}


def unix_upstream(stage):
    """The upstream once more, at a Unix socket; its URL."""
    path = stage.work / "upstream.sock"
    process = compare.Process([compare.BIN / "upstream", str(path)], stage.options.load_cpu, stage.options,
                              stage.work / "upstream-unix.log")
    deadline = time.monotonic() + 5
    while True:
        with socket.socket(socket.AF_UNIX) as probe:
            if probe.connect_ex(str(path)) == 0:
                return f"unix:{path}"
        if time.monotonic() > deadline or process.popen.poll() is not None:
            raise RuntimeError(f"the upstream does not listen at {path}")
        time.sleep(0.01)


def sockets(stage):
    say("The way to the upstream: one hot token")
    url, figures, table, bars = unix_upstream(stage), {}, [], []
    for load, title in (([f"rate={MODERATE}"], f"{MODERATE:,} requests/s"), ([], "as many as there can be")):
        rows = [stage.peer("floor", 18500), stage.ours("tcp", 18502), stage.ours("unix", 18504, upstream=url)]
        measured = Rows(stage, rows, lambda row: ([*numbered(40, 1), *load], {})).run()
        figures[title] = measured
        for label, name in (("floor, TCP", "floor"), ("Bearergate, TCP", "tcp"), ("Bearergate, Unix socket", "unix")):
            table.append((title, label, *cells(measured[name])))
            bars.append((f"{label}, {title}", measured[name]))
    lines = ["## The way to the upstream", "", "![CPU a request by the way to the upstream](scaling-sockets.svg)", "",
             "One cached token. The clients' side is TCP in each row; the floor's both sides are.", "",
             *report.markdown_table(("load", "", "requests/s", "CPU µs a request", "× floor"), table, numbers_from=2)]
    picture = charts.bars("CPU a request by the way to the upstream, as a multiple of the floor's",
                          [(label, entry["ratio"], "floor" if label.startswith("floor") else "ours")
                           for label, entry in bars], mark=1)
    return figures, lines, {"sockets": picture}


def main():
    parser = setting.parser(__doc__, wrong=0)
    parser.add_argument("--rounds", type=int, help="default 5, with --quick 1")
    parser.add_argument("--only", choices=("loops", "tokens", "routes", "sockets"), help="one of the four")
    options = parser.parse_args()
    options.rounds = options.rounds or (1 if options.quick else 5)
    options.seconds = 1 if options.quick else 3
    parts = {"loops": lambda stage: loops(stage),
             "tokens": lambda stage: tokens(stage, TOKENS_QUICK if options.quick else TOKENS),
             "routes": lambda stage: routes(stage, ROUTES_QUICK if options.quick else ROUTES),
             "sockets": sockets}
    figures, lines, pictures = {}, setting.heading("How Bearergate scales"), {}
    with setting.Setting(options) as stage:
        for name in [options.only] if options.only else parts:
            try:
                measured, more, drawn = parts[name](stage)
            except (RuntimeError, OSError, http.client.HTTPException) as error:
                sys.exit(f"scaling.py: {name}: {error}")
            figures[name], lines, pictures = measured, lines + ["", *more], pictures | drawn
    if options.wrong:
        lines += ["", f"**{options.wrong} requests were not answered with 200.**"]
    setting.record(options, "scaling", figures, lines, pictures)
    sys.exit(1 if options.wrong else 0)


if __name__ == "__main__":
    main()
