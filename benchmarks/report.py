#!/usr/bin/env python3
"""Makes a report of what compare.py measured: Markdown, and for each scenario two pictures (SVG).

    report.py results.json --out DIR

DIR/report.md has a table a scenario; NAME-cpu.svg shows CPU a request as a multiple of the floor's, NAME-latency.svg
the latency that the load saw, by percentile. What was answered wrongly, or not measured, is named with its reason and
has no figures. Python's standard library only.

Exit codes: 0 all is measured, 1 in some scenario the floor or Bearergate is not, or answered wrongly.
"""
import argparse
import json
import pathlib
import statistics
import sys

import charts
import compare
import origin

OURS = "bearergate"
# The bars that were set: p99 beside the best of those that check tokens, and memory after S2.
P99_BAR, MEMORY_BAR_MIB = 1.2, 32
# Questions a request that are shown; and those above which a cache was not warm.
QUESTIONS_SHOWN, QUESTIONS_COLD = 0.005, 0.01
PERCENTILES = (("p50", "50 %"), ("p90", "90 %"), ("p99", "99 %"), ("p999", "99.9 %"), ("max", "all"))


def title(name):
    peer = compare.PEERS.get(name)
    return peer.title if peer else "Bearergate" if name == OURS else name


def checks(name):
    """Whether it checks tokens: neither the floor nor a peer that only forwards."""
    peer = compare.PEERS.get(name)
    return name not in (OURS, "floor") and (not peer or peer.modes != ["plain"])


def kind(name):
    return "ours" if name == OURS else "floor" if name == "floor" else ""


def median(rounds, key):
    return statistics.median(r[key] for r in rounds)


def ratio(rounds, floor):
    """Round by round, since both had the machine as it was in that round."""
    pairs = [a["cpu_us"] / b["cpu_us"] for a, b in zip(rounds, floor) if b["cpu_us"]]
    return statistics.median(pairs) if pairs else None


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
        self.key, self.load, self.title = key, compare.SCENARIOS[key].load, compare.SCENARIOS[key].title
        self.peers, self.missing = {}, {}
        for name, row in record.items():
            # The original of compare.py wrote the rounds alone.
            rounds, note = (row, "") if isinstance(row, list) else (row["rounds"], row["note"])
            reason = compare.wrongness(compare.SCENARIOS[key], name, rounds) if rounds else note or "no reason is kept"
            if reason:
                self.missing[name] = " ".join(reason.removeprefix("NOT MEASURED: ").split())
            else:
                self.peers[name] = rounds
        self.ratios = {name: ratio(rounds, self.peers.get("floor", [])) for name, rounds in self.peers.items()}

    def problem(self):
        """Why nobody may rely on this scenario, or None."""
        if "floor" not in self.peers:
            return f"{self.key}: not measured, the floor has no figures: {self.missing.get('floor', 'nobody started it')}"
        return f"{self.key}: Bearergate is not measured: {self.missing[OURS]}" if OURS in self.missing else None

    def best(self, key, names):
        """The name with the least median, or None."""
        names = [name for name in names if name in self.peers]
        return min(names, key=lambda name: median(self.peers[name], key), default=None)

    def order(self):
        return sorted(self.peers, key=lambda name: median(self.peers[name], "cpu_us"))

    def markdown(self):
        if "floor" not in self.peers:
            return f"## {self.key}: {self.title}\n\n{self.problem()}\n"
        questions = {name: median(rounds, "as_calls") for name, rounds in self.peers.items()}
        asked = any(count > QUESTIONS_SHOWN for count in questions.values())
        head = ("proxy", "requests/s", "CPU µs a request", "× floor", "p50 ms", "p99 ms", "p99.9 ms", "peak RSS MiB",
                *["AS calls/req"] * asked)
        rows = []
        for name in self.order():
            rounds, multiple = self.peers[name], self.ratios[name]
            rows.append((title(name), f"{median(rounds, 'rps'):,.0f}", f"{median(rounds, 'cpu_us'):.1f}",
                         f"{multiple:.2f}" if multiple else "-",
                         *(f"{median(rounds, p) / 1000:.2f}" for p in ("p50", "p99", "p999")),
                         f"{memory(rounds):.1f}", *[f"{questions[name]:.3f}"] * asked))
        lines = [f"## {self.key}: {self.title}", "", f"![CPU a request]({self.key}-cpu.svg)", "",
                 f"![Latency]({self.key}-latency.svg)", "", *markdown_table(head, rows)]
        cold = [f"{title(name)} ({questions[name]:.3f} calls a request)" for name in self.order()
                if questions[name] > QUESTIONS_COLD and self.load in ("hot", "many")]
        if cold:
            lines += ["", f"The cache was not warm: {', '.join(cold)}."]
        if self.missing:
            lines += ["", "No figures, because not measured or answered wrongly:", ""]
            lines += [f"- {title(name)}: {reason}" for name, reason in self.missing.items()]
        return "\n".join(lines) + "\n"

    def cpu_picture(self):
        rows = [(title(name), self.ratios[name], kind(name)) for name in self.order() if self.ratios[name]]
        return charts.bars(f"{self.key}: CPU a request, as a multiple of the floor's", rows, mark=1)

    def latency_picture(self):
        series = [(title(name), [(index, max(median(self.peers[name], key) / 1000, 0.01))
                                 for index, (key, _) in enumerate(PERCENTILES)], kind(name)) for name in self.order()]
        return charts.lines(f"{self.key}: latency seen by the load, milliseconds, by share of requests", series,
                            x_ticks=[(index, label) for index, (_, label) in enumerate(PERCENTILES)])


def memory(rounds):
    return rounds[0].get("rss_kib", 0) / 1024


def bars(scenarios):
    """What was to be reached, what came of it, and whether that is enough."""
    rows = []
    for scenario in scenarios:
        ours = scenario.peers.get(OURS)
        if not ours:
            continue
        if scenario.key in ("S11", "S12"):
            best = scenario.best("p99", filter(checks, scenario.peers))
            if best:
                own, theirs = median(ours, "p99"), median(scenario.peers[best], "p99")
                rows.append((f"{scenario.key}: p99 beside {title(best)}'s, the best that checks tokens",
                             f"{own / 1000:.2f} ms and {theirs / 1000:.2f} ms: {own / theirs:.2f} times",
                             f"at most {P99_BAR:g} times", "yes" if own <= theirs * P99_BAR else "no"))
        if scenario.key == "S2":
            rows.append(("S2: peak memory after it", f"{memory(ours):.1f} MiB", f"at most {MEMORY_BAR_MIB} MiB",
                         "yes" if memory(ours) <= MEMORY_BAR_MIB else "no"))
    return rows


def write(results, out):
    """Writes the report and its pictures; what is wrong with it, in sentences."""
    scenarios = [Scenario(key, record) for key, record in results.get("scenarios", results).items()]
    problems = [problem for problem in (scenario.problem() for scenario in scenarios) if problem]
    problems += [f"{key}: not measured, the run ended before it" for key in results.get("wanted", ())
                 if key not in results["scenarios"]]
    out.mkdir(parents=True, exist_ok=True)
    rows = []
    for scenario in scenarios:
        if "floor" not in scenario.peers:
            rows.append((f"{scenario.key}: {scenario.title}", "-", "-", "-"))
            continue
        others = {n: r for n, r in scenario.ratios.items() if r and n not in (OURS, "floor")}
        best = min(others, key=others.get) if others else None
        ours = scenario.ratios.get(OURS)
        rows.append((f"{scenario.key}: {scenario.title}", f"{ours:.2f}" if ours else "-", title(best) if best else "-",
                     f"{others[best]:.2f}" if best else "-"))
        (out / f"{scenario.key}-cpu.svg").write_text(scenario.cpu_picture())
        (out / f"{scenario.key}-latency.svg").write_text(scenario.latency_picture())
    summary = markdown_table(("scenario", "Bearergate, × floor", "best of the others", "× floor"), rows)
    lines = ["# Bearergate beside its peers", "",
             f"{origin.sentence(results)} Medians; each proxy has one CPU. What the figures mean: "
             "`benchmarks/README.md`.",
             *(f"\n**{problem}**" for problem in problems), "", *summary]
    reached = bars(scenarios)
    if reached:
        lines += ["", *markdown_table(("bar", "Bearergate", "wanted", "reached"), reached, numbers_from=4)]
    (out / "report.md").write_text("\n".join(lines) + "\n\n" + "\n".join(s.markdown() for s in scenarios))
    return problems


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("results", type=pathlib.Path)
    parser.add_argument("--out", type=pathlib.Path, required=True)
    options = parser.parse_args()
    problems = write(json.loads(options.results.read_text()), options.out)
    for problem in problems:
        print(f"report.py: {problem}", file=sys.stderr)
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
