#!/usr/bin/env python3
"""Holds what `allocations` wrote against the budgets.

    allocations | check.py [--update]

Reads lines of JSON from standard input. More allocations than budgets.json says, an operation without a budget or a
budget without an operation: exit code 1. Fewer: says that the budget can be lowered. Times are shown and never judged.
--update writes budgets.json anew.
"""
import json
import pathlib
import sys

BUDGETS = pathlib.Path(__file__).resolve().parent / "budgets.json"
# What these allocate is OpenSSL's for the most part, and differs from release to release.
OF_OPENSSL = ("JOSE.verify.", "ProxyCore.admission.jwt.first.")
# Beside the operations, to be compared with; nothing of ours.
REFERENCE = "OpenSSL."
# The bar for a token seen for the first time, over OpenSSL's own call.
FIRST, BARE, OVER_MAX = "ProxyCore.admission.jwt.first.RS256", "OpenSSL.verify.RS256", 8.0


def is_openssl(name):
    return name.startswith(OF_OPENSSL)


def update(release, measured):
    lines = [f'  "{name}": {count:g}' for name, count in measured.items() if not name.startswith(REFERENCE)]
    BUDGETS.write_text('{\n  "openssl": ' + json.dumps(release) + ',\n' + ",\n".join(lines) + "\n}\n")


def judge(release, measured):
    """Sentences on what does not fit, and sentences on what could be tightened."""
    budgets = json.loads(BUDGETS.read_text())
    same_release = budgets.pop("openssl") == release
    over, under = [], []
    for name, count in measured.items():
        if name.startswith(REFERENCE):
            continue
        if name not in budgets:
            over.append(f"{name} has no budget: run benchmarks/micro/run --update")
        elif is_openssl(name) and not same_release:
            continue
        elif count > budgets[name]:
            over.append(f"{name}: {count:g} allocations, the budget is {budgets[name]:g}")
        elif count < budgets[name]:
            under.append(f"{name}: {count:g} allocations, lower the budget of {budgets[name]:g}")
    over += [f"{name}: a budget, but no such operation" for name in budgets if name not in measured]
    if not same_release:
        under.append(f"{release} is not the release that the budgets of signatures were taken with: those are not judged")
    return over, under


def main():
    records = [json.loads(line) for line in sys.stdin]
    release = records[0]["openssl"]
    rows = {r["operation"]: r for r in records[1:]}
    measured = {name: r["allocations"] / r["times"] for name, r in rows.items()}
    print(f"| operation ({release}) | allocations | bytes | time |\n|---|---:|---:|---:|")
    for name, r in rows.items():
        print(f"| {name} | {measured[name]:g} | {r['bytes'] / r['times']:,.0f} | {r['nanoseconds']:,.0f} ns |")
    over = (rows[FIRST]["nanoseconds"] - rows[BARE]["nanoseconds"]) / 1000
    print(f"\nAdmission of an RS256 token seen for the first time: {over:.1f} µs over a bare EVP_DigestVerify (bar: {OVER_MAX:g} µs)")
    if "--update" in sys.argv[1:]:
        update(release, measured)
        return 0
    too_many, fewer = judge(release, measured)
    for sentence in fewer:
        print(f"note: {sentence}")
    for sentence in too_many:
        print(f"check: {sentence}", file=sys.stderr)
    return 1 if too_many else 0


if __name__ == "__main__":
    sys.exit(main())
