#!/usr/bin/env python3
"""Makes a report of what compare.py measured: Markdown, and for each scenario two pictures (SVG).

    report.py results.json --out DIR

DIR/report.md has a table a scenario; NAME-cpu.svg shows CPU a request as a multiple of the floor's, NAME-latency.svg
the latency that the load saw, by percentile. Python's standard library only.
"""
import argparse
import datetime
import html
import json
import math
import os
import pathlib
import platform
import statistics

import compare

OURS = "bearergate"
PERCENTILES = (("p50", "50 %"), ("p90", "90 %"), ("p99", "99 %"), ("p999", "99.9 %"), ("max", "all"))
WIDTH, LABELS, BAR, GAP = 760, 270, 18, 8
INK, FAINT, MARK = "#334155", "#cbd5e1", "#0f766e"
LINES = ("#64748b", "#b45309", "#7c3aed", "#be123c", "#0369a1", "#4d7c0f", "#a21caf", "#854d0e", "#1d4ed8", "#15803d")


def title(name):
    peer = compare.PEERS.get(name)
    return peer.title if peer else "Bearergate" if name == OURS else name


def median(rounds, key):
    return statistics.median(r[key] for r in rounds)


def ratio(rounds, floor):
    """Round by round, since both had the machine as it was in that round."""
    pairs = [a["cpu_us"] / b["cpu_us"] for a, b in zip(rounds, floor) if b["cpu_us"]]
    return statistics.median(pairs) if pairs else None


class Scenario:
    def __init__(self, key, record):
        self.key, self.title = key, compare.SCENARIOS[key].title
        self.peers = {name: rounds for name, rounds in record.items() if rounds}
        self.missing = [name for name, rounds in record.items() if not rounds]
        self.ratios = {name: ratio(rounds, self.peers.get("floor", [])) for name, rounds in self.peers.items()}

    def order(self):
        return sorted(self.peers, key=lambda name: median(self.peers[name], "cpu_us"))

    def markdown(self):
        lines = [f"## {self.key}: {self.title}", "", f"![CPU a request]({self.key}-cpu.svg)", "", f"![Latency]({self.key}-latency.svg)", "",
                 "| proxy | requests/s | CPU µs a request | × floor | p50 ms | p99 ms | p99.9 ms | peak RSS MiB |", "|---|---:|---:|---:|---:|---:|---:|---:|"]
        for name in self.order():
            rounds, multiple = self.peers[name], self.ratios[name]
            cells = [title(name), f"{median(rounds, 'rps'):,.0f}", f"{median(rounds, 'cpu_us'):.1f}", f"{multiple:.2f}" if multiple else "-",
                     *(f"{median(rounds, p) / 1000:.2f}" for p in ("p50", "p99", "p999")), f"{rounds[0].get('rss_kib', 0) / 1024:.1f}"]
            lines.append("| " + " | ".join(f"**{c}**" if name == OURS else c for c in cells) + " |")
        if self.missing:
            lines += ["", "Not measured: " + ", ".join(title(name) for name in self.missing) + "."]
        return "\n".join(lines) + "\n"

    def cpu_picture(self):
        rows = [(name, self.ratios[name]) for name in self.order() if self.ratios[name]]
        # A slow peer must not press all others to the left edge: beyond the cap a bar says its figure only.
        cap = min(max(value for _, value in rows), 6.0) * 1.08
        scale = (WIDTH - LABELS - 70) / cap
        height = 46 + len(rows) * (BAR + GAP)
        parts = [text(12, 22, f"{self.key}: CPU a request, as a multiple of the floor's", 14, bold=True)]
        one = LABELS + scale
        parts.append(f'<line x1="{one:.1f}" y1="34" x2="{one:.1f}" y2="{height - 6}" stroke="{FAINT}" stroke-dasharray="3 3"/>')
        for index, (name, value) in enumerate(rows):
            y = 38 + index * (BAR + GAP)
            colour = MARK if name == OURS else INK if name == "floor" else "#94a3b8"
            parts.append(text(LABELS - 8, y + 13, title(name), 12, anchor="end", bold=name == OURS))
            parts.append(f'<rect x="{LABELS}" y="{y}" width="{min(value, cap) * scale:.1f}" height="{BAR}" rx="2" fill="{colour}"/>')
            parts.append(text(LABELS + min(value, cap) * scale + 6, y + 13, f"{value:.2f}", 12, bold=name == OURS))
        return svg(height, parts)

    def latency_picture(self):
        rows = [(name, [max(median(self.peers[name], key) / 1000, 0.01) for key, _ in PERCENTILES]) for name in self.order()]
        top, left, right, plot = 40, 60, 230, 240
        values = [value for _, row in rows for value in row]
        low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)) + 1e-9)
        high = max(high, low + 1)
        x = lambda index: left + index * (WIDTH - left - right) / (len(PERCENTILES) - 1)
        y = lambda value: top + plot - (math.log10(value) - low) / (high - low) * plot
        parts = [text(12, 22, f"{self.key}: latency seen by the load, milliseconds, by share of requests", 14, bold=True)]
        for power in range(low, high + 1):
            parts.append(f'<line x1="{left}" y1="{y(10 ** power):.1f}" x2="{WIDTH - right}" y2="{y(10 ** power):.1f}" stroke="{FAINT}"/>')
            parts.append(text(left - 8, y(10 ** power) + 4, f"{10 ** power:g}", 11, anchor="end"))
        for index, (_, label) in enumerate(PERCENTILES):
            parts.append(text(x(index), top + plot + 18, label, 11, anchor="middle"))
        colours = iter(LINES * (1 + len(rows) // len(LINES)))
        for index, (name, row) in enumerate(rows):
            colour = MARK if name == OURS else next(colours)
            points = " ".join(f"{x(i):.1f},{y(value):.1f}" for i, value in enumerate(row))
            width = 3 if name == OURS else 1.5
            parts.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="{width}"/>')
            line = top + 8 + index * 17
            parts.append(f'<line x1="{WIDTH - right + 16}" y1="{line}" x2="{WIDTH - right + 38}" y2="{line}" stroke="{colour}" stroke-width="{width}"/>')
            parts.append(text(WIDTH - right + 44, line + 4, title(name)[:30], 11, bold=name == OURS))
        return svg(max(top + plot + 34, top + 20 + len(rows) * 17), parts)


def text(x, y, words, size, anchor="start", bold=False):
    weight = ' font-weight="600"' if bold else ""
    return f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" text-anchor="{anchor}" fill="{INK}"{weight}>{html.escape(words)}</text>'


def svg(height, parts):
    return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" viewBox="0 0 {WIDTH} {height}" '
            f'font-family="system-ui, sans-serif"><rect width="100%" height="100%" fill="#ffffff"/>' + "".join(parts) + "</svg>\n")


def machine():
    model = next((line.split(":", 1)[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), platform.machine())
    return f"{model}, {os.cpu_count()} CPUs, Linux {platform.release()}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("results", type=pathlib.Path)
    parser.add_argument("--out", type=pathlib.Path, required=True)
    options = parser.parse_args()
    scenarios = [Scenario(key, record) for key, record in json.loads(options.results.read_text()).items()]
    scenarios = [scenario for scenario in scenarios if scenario.peers.get("floor")]
    options.out.mkdir(parents=True, exist_ok=True)
    day = datetime.date.today().isoformat()
    lines = ["# Bearergate beside its peers", "", f"{day}, {machine()}. Medians; each proxy has one CPU. What the figures mean: `benchmarks/README.md`.", "",
             "| scenario | Bearergate, × floor | best of the others | × floor |", "|---|---:|---|---:|"]
    for scenario in scenarios:
        others = {n: r for n, r in scenario.ratios.items() if r and n not in (OURS, "floor")}
        best = min(others, key=others.get) if others else None
        ours = scenario.ratios.get(OURS)
        lines.append(f"| {scenario.key}: {scenario.title} | {f'{ours:.2f}' if ours else '-'} | {title(best) if best else '-'} | {f'{others[best]:.2f}' if best else '-'} |")
        (options.out / f"{scenario.key}-cpu.svg").write_text(scenario.cpu_picture())
        (options.out / f"{scenario.key}-latency.svg").write_text(scenario.latency_picture())
    (options.out / "report.md").write_text("\n".join(lines) + "\n\n" + "\n".join(s.markdown() for s in scenarios))


if __name__ == "__main__":
    main()
