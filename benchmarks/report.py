#!/usr/bin/env python3
"""Makes a report of what compare.py measured: Markdown, and for each scenario two pictures (SVG).

    report.py results.json --out DIR

DIR/report.md has a table a scenario; NAME-cpu.svg shows CPU a request as a multiple of the floor's, NAME-latency.svg
the latency that the load saw, by percentile. Python's standard library only.
"""
import argparse
import datetime
import json
import os
import pathlib
import platform
import statistics

import charts
import compare

OURS = "bearergate"
PERCENTILES = (("p50", "50 %"), ("p90", "90 %"), ("p99", "99 %"), ("p999", "99.9 %"), ("max", "all"))


def title(name):
    peer = compare.PEERS.get(name)
    return peer.title if peer else "Bearergate" if name == OURS else name


def kind(name):
    return "ours" if name == OURS else "floor" if name == "floor" else ""


def median(rounds, key):
    return statistics.median(r[key] for r in rounds)


def ratio(rounds, floor):
    """Round by round, since both had the machine as it was in that round."""
    pairs = [a["cpu_us"] / b["cpu_us"] for a, b in zip(rounds, floor) if b["cpu_us"]]
    return statistics.median(pairs) if pairs else None


def machine():
    names = (line.split(":", 1)[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name"))
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{next(names, platform.machine())}, {os.cpu_count()} CPUs, {memory:.0f} GiB, Linux {platform.release()}"


def today():
    return datetime.date.today().isoformat()


def markdown_table(head, rows, numbers_from=1):
    """Numbers stand on the right; a row that begins with "Bearergate" is set in bold."""
    lines = ["| " + " | ".join(head) + " |",
             "|" + "".join("---|" if index < numbers_from else "---:|" for index in range(len(head)))]
    for row in rows:
        bold = str(row[0]) == "Bearergate"
        lines.append("| " + " | ".join(f"**{cell}**" if bold else str(cell) for cell in row) + " |")
    return lines


class Scenario:
    def __init__(self, key, record):
        self.key, self.title = key, compare.SCENARIOS[key].title
        self.peers = {name: rounds for name, rounds in record.items() if rounds}
        self.missing = [name for name, rounds in record.items() if not rounds]
        self.ratios = {name: ratio(rounds, self.peers.get("floor", [])) for name, rounds in self.peers.items()}

    def order(self):
        return sorted(self.peers, key=lambda name: median(self.peers[name], "cpu_us"))

    def markdown(self):
        head = ("proxy", "requests/s", "CPU µs a request", "× floor", "p50 ms", "p99 ms", "p99.9 ms", "peak RSS MiB")
        rows = []
        for name in self.order():
            rounds, multiple = self.peers[name], self.ratios[name]
            rows.append((title(name), f"{median(rounds, 'rps'):,.0f}", f"{median(rounds, 'cpu_us'):.1f}",
                         f"{multiple:.2f}" if multiple else "-",
                         *(f"{median(rounds, p) / 1000:.2f}" for p in ("p50", "p99", "p999")),
                         f"{rounds[0].get('rss_kib', 0) / 1024:.1f}"))
        lines = [f"## {self.key}: {self.title}", "", f"![CPU a request]({self.key}-cpu.svg)", "",
                 f"![Latency]({self.key}-latency.svg)", "", *markdown_table(head, rows)]
        if self.missing:
            lines += ["", "Not measured: " + ", ".join(title(name) for name in self.missing) + "."]
        return "\n".join(lines) + "\n"

    def cpu_picture(self):
        rows = [(title(name), self.ratios[name], kind(name)) for name in self.order() if self.ratios[name]]
        return charts.bars(f"{self.key}: CPU a request, as a multiple of the floor's", rows, mark=1)

    def latency_picture(self):
        series = [(title(name), [(index, max(median(self.peers[name], key) / 1000, 0.01))
                                 for index, (key, _) in enumerate(PERCENTILES)], kind(name)) for name in self.order()]
        return charts.lines(f"{self.key}: latency seen by the load, milliseconds, by share of requests", series,
                            x_ticks=[(index, label) for index, (_, label) in enumerate(PERCENTILES)])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("results", type=pathlib.Path)
    parser.add_argument("--out", type=pathlib.Path, required=True)
    options = parser.parse_args()
    scenarios = [Scenario(key, record) for key, record in json.loads(options.results.read_text()).items()]
    scenarios = [scenario for scenario in scenarios if scenario.peers.get("floor")]
    options.out.mkdir(parents=True, exist_ok=True)
    rows = []
    for scenario in scenarios:
        others = {n: r for n, r in scenario.ratios.items() if r and n not in (OURS, "floor")}
        best = min(others, key=others.get) if others else None
        ours = scenario.ratios.get(OURS)
        rows.append((f"{scenario.key}: {scenario.title}", f"{ours:.2f}" if ours else "-", title(best) if best else "-",
                     f"{others[best]:.2f}" if best else "-"))
        (options.out / f"{scenario.key}-cpu.svg").write_text(scenario.cpu_picture())
        (options.out / f"{scenario.key}-latency.svg").write_text(scenario.latency_picture())
    summary = markdown_table(("scenario", "Bearergate, × floor", "best of the others", "× floor"), rows)
    lines = ["# Bearergate beside its peers", "",
             f"{today()}, {machine()}. Medians; each proxy has one CPU. What the figures mean: `benchmarks/README.md`.",
             "", *summary]
    (options.out / "report.md").write_text("\n".join(lines) + "\n\n" + "\n".join(s.markdown() for s in scenarios))


if __name__ == "__main__":
    main()
