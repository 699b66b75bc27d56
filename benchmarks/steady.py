#!/usr/bin/env python3
"""Holds our proxy at 80 % of its saturation while tokens come and go: is it as fast and as small at the end?

Writes DIR/steady.md, steady.json and steady-*.svg. 10,000 tokens are in use at once; each second 100 of them leave and
100 new ones enter, and an answer is kept for 60 s. Saturation is what a closed loop of 64 connections gets with the
same tokens. After a minute that does not count (the cache reaches its size), latency (open loop, from when a request
was due), resident memory, CPU and errors are taken for each 10 s.

The load has a CPU of its own, for its clock is what latency is measured with. Where there is none besides for what
stands behind the proxy, that shares the proxy's CPU: saturation is then that of the two together.

Steady means: no error at all, the median p99 of the last third at most 1.2 times that of the first third, and the
median resident memory of the last third at most 5 % above that of the first.

Example:
  steady.py --minutes 30 --program .build/release/bearergate --out .build/benchmarks

Exit codes: 0 steady, 1 not steady or something went wrong, 2 wrong usage.
"""
import http.client
import json
import os
import statistics
import subprocess
import sys

import charts
import compare
import report
import setting
from setting import median, say

PART = 0.8
P99_GROWTH_MAX, MEMORY_GROWTH_MAX = 1.2, 1.05
TOKENS = ("live=10000", "rotate=100")
MINUTES_MAX = 110  # openloop runs for two hours at most


def thirds(windows):
    size = len(windows) // 3
    return windows[:size], windows[-size:]


def growth(windows, key):
    first, last = thirds(windows)
    before = statistics.median(window[key] for window in first)
    return statistics.median(window[key] for window in last) / before if before else float("inf")


def verdict(windows, total):
    """What is not steady, in sentences; none of them: it is."""
    if len(windows) < 3:
        return ["there are fewer than three windows, so nothing can be said"]
    found = []
    for key, words in (("not_2xx", "answered otherwise than with 200"), ("socket_errors", "lost with their connection"),
                       ("unanswered", "not answered in time")):
        if total[key]:
            found.append(f"{total[key]:,} requests were {words}")
    slower, larger = growth(windows, "p99"), growth(windows, "rss_kib")
    if slower > P99_GROWTH_MAX:
        found.append(f"the last third's p99 is {slower:.2f} times the first third's (at most {P99_GROWTH_MAX:g})")
    if larger > MEMORY_GROWTH_MAX:
        found.append(f"the last third's resident memory is {larger:.3f} times the first third's "
                     f"(at most {MEMORY_GROWTH_MAX:g})")
    return found


def saturation(stage, row, rounds, seconds):
    results = [stage.measure(row, seconds, f"numbered={50 + index}", *TOKENS, warm=2) for index in range(rounds)]
    setting.refuse_wrong(row, results)
    say(f"  {median(results, 'rps'):,.0f} requests/s; the proxy takes {median(results, 'busy'):.0%} of its CPU")
    return median(results, "rps")


def leave_the_load_alone(options):
    """Moves what stands behind the proxy to the proxy's CPU, where the load would have to share its only one."""
    if len(compare.cpu_set(options.load_cpu)) < 2:
        for process in compare.Process.running:
            for pid in process.pids():
                os.sched_setaffinity(pid, {options.proxy_cpu})


def hold(stage, row, load, seconds, window, warm):
    """The windows, as openloop tells them, with what the proxy took meanwhile; and the total."""
    options = stage.options
    schedule = (f"rate={load:.0f}", f"warm={warm}", f"window={window}")
    command = stage.command(row, seconds, *schedule, "numbered=60", *TOKENS)
    windows, total, cpu = [], None, setting.cpu_seconds(row)
    load_process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True,
                                    preexec_fn=lambda: compare.prepare(options.load_cpu, options))
    try:
        for line in load_process.stdout:  # openloop ends by itself, whatever the proxy does
            told, used = json.loads(line), setting.cpu_seconds(row)
            if told["kind"] == "total":
                total = told
                break
            told |= {"rss_kib": setting.rss_kib(row), "minute": (told["at"] - warm) / 60}
            # The first window's CPU time would have the warming in it.
            told["cpu_us"] = (used - cpu) * 1e6 / max(1, told["requests"]) if windows else None
            cpu = used
            windows.append(told)
            say(f"  {told['minute']:5.1f} min: p50 {told['p50'] / 1000:.2f} ms, p99 {told['p99'] / 1000:.2f} ms, "
                f"{told['rss_kib'] / 1024:.1f} MiB, {setting.wrong(told)} errors")
    finally:
        if load_process.poll() is None:
            load_process.terminate()
        load_process.wait(10)
    if total is None:
        raise RuntimeError("the load ended early")
    return windows, total


def text(windows, total, most, load, broken):
    first, last = thirds(windows) if len(windows) >= 3 else (windows, windows)
    rows = []
    for label, some in (("first third", first), ("last third", last)):
        rows.append((label, *(f"{median(some, key) / 1000:.2f}" for key in ("p50", "p99")),
                     f"{max(window['p99'] for window in some) / 1000:.2f}", f"{median(some, 'rss_kib') / 1024:.1f}",
                     f"{median([window for window in some if window['cpu_us']], 'cpu_us'):.1f}"))
    head = ("", "p50 ms", "p99 ms", "worst p99 of a window, ms", "resident MiB", "CPU µs a request")
    lines = setting.heading("Steady at 80 % of saturation")
    lines += ["", f"{total['us'] / 60e6:.1f} minutes at {load:,.0f} requests/s, {PART:.0%} of {most:,.0f}; 10,000 "
              f"tokens in use, 100 new ones a second; {total['requests']:,} requests, {setting.wrong(total):,} errors, the "
              f"slowest {total['max'] / 1000:.1f} ms, p99.9 {total['p999'] / 1000:.2f} ms.", "",
              "**Steady.**" if not broken else "**Not steady:** " + "; ".join(broken) + ".", "",
              "![Latency over time](steady-latency.svg)", "", "![Memory over time](steady-memory.svg)", "",
              *report.markdown_table(head, rows)]
    return lines


def pictures(windows):
    row = lambda key, unit: [(window["minute"], window[key] / unit) for window in windows]
    return {"latency": charts.lines("Latency of each window, milliseconds, by minutes",
                                    [("p50", row("p50", 1000), "floor"), ("p99", row("p99", 1000), "ours"),
                                     ("p99.9", row("p999", 1000), "")], x_title="minutes"),
            "memory": charts.lines("Resident memory, MiB, by minutes", [("Bearergate", row("rss_kib", 1024), "ours")],
                                   x_title="minutes", log=False, zero=True)}


def main():
    parser = setting.parser(__doc__)
    parser.add_argument("--minutes", type=float, default=30, help=f"1 to {MINUTES_MAX} (default 30)")
    options = parser.parse_args()
    if not 1 <= options.minutes <= MINUTES_MAX:
        parser.error(f"--minutes wants a number from 1 to {MINUTES_MAX}")
    # Quick: not whether it is steady, but whether this program works; it is judged all the same.
    seconds, window, warm = (24, 2, 5) if options.quick else (options.minutes * 60, 10, 60)
    with setting.Setting(options) as stage:
        try:
            leave_the_load_alone(options)
            row = stage.ours(report.OURS, 18500, ttl="60s")
            say("Saturation: a closed loop of 64 connections, tokens rotating")
            most = saturation(stage, row, 1 if options.quick else 3, 2 if options.quick else 5)
            load = most * PART
            say(f"{load:,.0f} requests/s, {PART:.0%} of that, for {seconds / 60:.1f} minutes after {warm} s of warming")
            windows, total = hold(stage, row, load, seconds, window, warm)
        except (RuntimeError, OSError, http.client.HTTPException) as error:
            sys.exit(f"steady.py: {error}")
    broken = verdict(windows, total)
    figures = {"saturation": most, "load": load, "windows": windows, "total": total, "not_steady": broken}
    setting.record(options, "steady", figures, text(windows, total, most, load, broken), pictures(windows))
    say("Steady." if not broken else f"NOT steady: {'; '.join(broken)}.")
    sys.exit(1 if broken else 0)


if __name__ == "__main__":
    main()
