#!/usr/bin/env python3
"""Latency against offered load, up to saturation: ours, the best peer that is installed, and the floor.

Writes DIR/latency.md, latency.json and latency-*.svg. First each proxy's saturation is taken: the most that a closed
loop of 64 connections gets. Then the load is an OPEN loop (openloop): requests are due at fixed times, and a latency
counts from when its request was due, so that a stall is charged with every request that it held up (coordinated
omission). Each proxy has 10,000 tokens in its cache, as in S2 of compare.py. At each load the proxies take turns; a
proxy that answers fewer than 97 of 100 requests in time is saturated and gets no higher load.

Example:
  latency.py --quick --program .build/release/bearergate --out .build/benchmarks

Exit codes: 0 measured, 1 something went wrong, or ours or the floor answered wrongly, 2 wrong usage.
"""
import http.client
import sys

import charts
import compare
import report
import setting
from setting import median, numbered, say

# Those that keep answers themselves, the cheapest of earlier comparisons first.
PEERS = ("nginx-lua", "nginx-js-access", "nginx-njs", "envoy-ext-authz", "apache-oauth2")
TOKENS = numbered(40, 10_000)
# Of the highest saturation among the proxies.
PARTS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95, 1.0)
PARTS_QUICK = (0.2, 0.5, 0.8)
ANSWERED_MIN = 0.97
# Above this part of one CPU it is the proxy that is saturated; below, what stands around it.
BUSY = 0.9
FIGURES = ("p50", "p99", "p999")


def best_peer(stage, wanted, port):
    """The first of the peers that is installed and does the right thing, or None."""
    for name in wanted:
        try:
            return stage.peer(name, port)
        except (RuntimeError, OSError, ValueError, http.client.HTTPException) as error:
            say(f"  {name} is not measured: {str(error).splitlines()[0]}")
    return None


def saturation(stage, row, rounds, seconds):
    results = [stage.measure(row, seconds, *TOKENS, warm=0.5) for _ in range(rounds)]
    setting.refuse_wrong(row, results)
    found = {"rps": median(results, "rps"), "busy": median(results, "busy")}
    say(f"  {row.name}: {found['rps']:,.0f} requests/s with its CPU {found['busy']:.0%} busy")
    return found


def is_saturated(result, load):
    return result["in_time"] < ANSWERED_MIN * load * result["us"] / 1e6


def sweep(stage, rows, loads):
    """Points by proxy: {"load", "rounds", "saturated"}, up to the first that is saturated."""
    options = stage.options
    points = {row.name: [] for row in rows}
    for load in loads:
        going = [row for row in rows if not (points[row.name] and points[row.name][-1]["saturated"])]
        if not going:
            break
        rounds = {row.name: [] for row in going}
        for _ in range(options.rounds):
            for row in going:
                result = stage.measure(row, options.seconds, f"rate={load:.0f}", *TOKENS, warm=0.5)
                rounds[row.name].append(result)
        for name, results in rounds.items():
            over = sum(is_saturated(result, load) for result in results) * 2 > len(results)
            points[name].append({"load": load, "rounds": results, "saturated": over})
        say(f"  {load:,.0f} requests/s offered: p99 " + ", ".join(
            f"{name} {median(results, 'p99') / 1000:.2f} ms" + (" (saturated)" if points[name][-1]["saturated"] else "")
            for name, results in rounds.items()))
    return points


def wrong(points):
    """Wrong answers by proxy, of those that gave any."""
    counts = dict.fromkeys(points, 0)
    for name, row in points.items():
        for point in row:
            # At saturation answers may be late; below it none may be missing.
            forgiven = sum(result["unanswered"] for result in point["rounds"]) if point["saturated"] else 0
            counts[name] += sum(map(setting.wrong, point["rounds"])) - forgiven
    return {name: count for name, count in counts.items() if count}


def table(points):
    rows = []
    for point in points:
        rounds = point["rounds"]
        rows.append((f"{point['load']:,.0f}", f"{median(rounds, 'rps'):,.0f}",
                     *(f"{median(rounds, figure) / 1000:.2f}" for figure in (*FIGURES, "max")),
                     f"{median(rounds, 'cpu_us'):.1f}", f"{median(rounds, 'busy'):.0%}",
                     f"{median(rounds, 'late_p99') / 1000:.2f}", "saturated" if point["saturated"] else ""))
    head = ("offered/s", "answered/s", "p50 ms", "p99 ms", "p99.9 ms", "max ms", "CPU µs a request", "CPU busy",
            "load late p99 ms", "")
    return report.markdown_table(head, rows, numbers_from=0)


def comparison(points, names):
    """p99 side by side, since that is what is asked first."""
    loads = sorted({point["load"] for row in points.values() for point in row})
    at = {name: {point["load"]: point for point in points[name]} for name in names}
    rows = []
    for load in loads:
        rows.append([f"{load:,.0f}"])
        for point in (at[name].get(load) for name in names):
            saturated = " (saturated)" if point and point["saturated"] else ""
            rows[-1].append(f"{median(point['rounds'], 'p99') / 1000:.2f}{saturated}" if point else "-")
    head = ["offered/s"] + [f"{report.title(name)}, p99 ms" for name in names]
    return report.markdown_table(head, rows, numbers_from=0)


def text(points, saturations):
    names = list(points)
    around = [name for name in names if saturations[name]["busy"] < BUSY]
    lines = setting.heading("Latency against offered load")
    lines += ["", "Open loop over 64 connections, 10,000 cached tokens; latency from when a request was due. "
              "Saturation is the most that a closed loop got: " + "; ".join(
                  f"{report.title(name)} {saturations[name]['rps']:,.0f}/s" for name in names) + "."]
    if around:
        lines += ["", "Held back by load and upstream before its own CPU was full: "
                  + ", ".join(report.title(name) for name in around) + "."]
    for figure, words in zip(FIGURES, ("p50", "p99", "p99.9")):
        lines += ["", f"![{words} against offered load](latency-{figure}.svg)"]
    lines += ["", *comparison(points, names)]
    for name in names:
        lines += ["", f"## {report.title(name)}", "", *table(points[name])]
    return lines


def pictures(points):
    drawn = {}
    for figure, words in zip(FIGURES, ("p50", "p99", "p99.9")):
        series = []
        for name, row in points.items():
            curve = [(point["load"], max(median(point["rounds"], figure) / 1000, 0.01)) for point in row]
            series.append((report.title(name), curve, report.kind(name)))
        drawn[figure] = charts.lines(f"{words} in milliseconds, by requests offered a second", series,
                                     x_title="requests a second")
    return drawn


def measured(stage, wanted):
    options = stage.options
    rows = [stage.peer("floor", 18520), stage.ours(report.OURS, 18500)]
    peer = best_peer(stage, wanted, 18522)
    rows += [peer] if peer else []
    say("Saturation: a closed loop of 64 connections")
    for row in rows:
        stage.fill(row, 10_000, seed=40)
    saturations = {}
    for row in list(rows):
        try:
            saturations[row.name] = saturation(stage, row, 1 if options.quick else 3, options.seconds)
        except RuntimeError as error:
            if row is not peer:
                raise
            say(f"  left out: {error}")
            row.stop()
            rows.remove(row)
    top = max(found["rps"] for found in saturations.values())
    say("Open loop, proxies in turn")
    points = sweep(stage, rows, [round(top * part) for part in (PARTS_QUICK if options.quick else PARTS)])
    return points, saturations


def main():
    parser = setting.parser(__doc__)
    parser.add_argument("--rounds", type=int, help="default 3, with --quick 1")
    parser.add_argument("--peers", default="all", help="the first of these that works, or none")
    options = parser.parse_args()
    options.rounds = options.rounds or (1 if options.quick else 3)
    options.seconds = 1.5 if options.quick else 4
    wanted = {"all": PEERS, "none": ()}.get(options.peers) or tuple(filter(None, options.peers.split(",")))
    if options.peers == "none":
        wanted = ()
    problem = compare.misnamed("all", options.peers, "opaque")
    if problem:
        parser.error(problem)
    with setting.Setting(options) as stage:
        try:
            points, saturations = measured(stage, wanted)
        except (RuntimeError, OSError, http.client.HTTPException) as error:
            sys.exit(f"latency.py: {error}")
    lines = text(points, saturations)
    counts = wrong(points)
    for name, count in counts.items():
        lines += ["", f"**{report.title(name)}: {count:,} requests were not answered with 200.**"]
    figures = {"saturation": saturations, "points": points, "wrong": counts}
    setting.record(options, "latency", figures, lines, pictures(points))
    sys.exit(1 if {report.OURS, "floor"} & counts.keys() else 0)


if __name__ == "__main__":
    main()
