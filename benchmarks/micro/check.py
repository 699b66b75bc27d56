#!/usr/bin/env python3
"""Holds what `allocations` wrote against the budgets.

    allocations | check.py [--update]

Reads lines of JSON from standard input. More allocations than budgets.json says, an operation without a budget or a
budget without an operation: exit code 1. Fewer: says that the budget can be lowered. Times are shown; the one that has
a budget is a note when it is over, and no failure, for it moves with the machine. --update writes the allocations anew.
"""
import json
import pathlib
import re
import sys

BUDGETS = pathlib.Path(__file__).resolve().parent / "budgets.json"
# What these allocate is OpenSSL's for the most part, and differs from one of its series (3.0) to the next.
OF_OPENSSL = ("JOSE.verify.", "ProxyCore.admission.jwt.first.")
# Beside the operations, to be compared with; nothing of ours.
REFERENCE = "OpenSSL."
# A token seen for the first time, over OpenSSL's own call.
FIRST, BARE, OVER_MAX = "ProxyCore.admission.jwt.first.RS256", "OpenSSL.verify.RS256", "microseconds over a bare verify"


def is_openssl(name):
    return name.startswith(OF_OPENSSL)


def series(release):
    """3.0 of "OpenSSL 3.0.19 27 Jan 2026"."""
    return re.search(r"\d+\.\d+", release)[0]


def updated(budgets, release, measured):
    """The file with these allocations; the budget of time stays, somebody has chosen it."""
    head = {"openssl": release, OVER_MAX: budgets[OVER_MAX]}
    counts = {name: count for name, count in measured.items() if not name.startswith(REFERENCE)}
    lines = [f"  {json.dumps(name)}: {json.dumps(value)}" for name, value in head.items()]
    return "{\n" + ",\n".join(lines + [f'  "{name}": {count:g}' for name, count in counts.items()]) + "\n}\n"


def judge(budgets, release, measured, microseconds):
    """Sentences on what does not fit, and sentences on what is only said."""
    budgets = dict(budgets)
    same_series, time = series(budgets.pop("openssl")) == series(release), budgets.pop(OVER_MAX)
    over, notes = [], []
    if microseconds > time:
        notes.append(f"{FIRST}: {microseconds:.1f} µs over a bare EVP_DigestVerify, the budget is {time:g} µs")
    for name, count in measured.items():
        if name.startswith(REFERENCE):
            continue
        if name not in budgets:
            over.append(f"{name} has no budget: run benchmarks/micro/run --update")
        elif is_openssl(name) and not same_series:
            continue
        elif count > budgets[name]:
            over.append(f"{name}: {count:g} allocations, the budget is {budgets[name]:g}")
        elif count < budgets[name]:
            notes.append(f"{name}: {count:g} allocations, lower the budget of {budgets[name]:g}")
    over += [f"{name}: a budget, but no such operation" for name in budgets if name not in measured]
    if not same_series:
        notes.append(f"{release} is not of the series that the budgets of signatures are of: those are not judged")
    return over, notes


def main():
    budgets = json.loads(BUDGETS.read_text())
    records = [json.loads(line) for line in sys.stdin]
    release = records[0]["openssl"]
    rows = {r["operation"]: r for r in records[1:]}
    measured = {name: r["allocations"] / r["times"] for name, r in rows.items()}
    print(f"| operation ({release}) | allocations | bytes | time |\n|---|---:|---:|---:|")
    for name, r in rows.items():
        print(f"| {name} | {measured[name]:g} | {r['bytes'] / r['times']:,.0f} | {r['nanoseconds']:,.0f} ns |")
    over = (rows[FIRST]["nanoseconds"] - rows[BARE]["nanoseconds"]) / 1000
    print(f"\nAdmission of an RS256 token seen for the first time: {over:.1f} µs over a bare EVP_DigestVerify "
          f"(budget: {budgets[OVER_MAX]:g} µs)")
    if "--update" in sys.argv[1:]:
        BUDGETS.write_text(updated(budgets, release, measured))
        return 0
    too_many, notes = judge(budgets, release, measured, over)
    for sentence in notes:
        print(f"note: {sentence}")
    for sentence in too_many:
        print(f"check: {sentence}", file=sys.stderr)
    return 1 if too_many else 0


if __name__ == "__main__":
    sys.exit(main())
