#!/usr/bin/env python3
"""Prints how many lines of the files that each target is about its corpus reaches.

    python3 coverage.py BAR PROGRAM TARGET=PROFILE …      # exits 1 when one is below BAR percent
"""
import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ABOUT = json.loads((ROOT / "Tests/Fuzz/about.json").read_text(encoding="utf-8"))


def lines(program, profile, files):
    """Lines that count and lines that were reached, by file."""
    export = subprocess.run(
        ["llvm-cov", "export", "-summary-only", "-instr-profile", profile, program,
         *[str(ROOT / "Sources" / name) for name in files]], check=True, stdout=subprocess.PIPE).stdout
    found = {}
    for entry in json.loads(export)["data"][0]["files"]:
        name = str(Path(entry["filename"]).relative_to(ROOT / "Sources"))
        found[name] = (entry["summary"]["lines"]["count"], entry["summary"]["lines"]["covered"])
    return found


def main(bar, program, profiles):
    failed = False
    for target, profile in profiles:
        files = ABOUT[target]["files"]
        found = lines(program, profile, files)
        missing = [name for name in files if name not in found]
        count = sum(pair[0] for pair in found.values())
        covered = sum(pair[1] for pair in found.values())
        percent = 100 * covered / max(count, 1)
        failed = failed or percent < bar or bool(missing)
        print(f"{target:<22} {percent:5.1f} %  {covered} of {count} lines" + ("" if percent >= bar else "   BELOW THE BAR"))
        for name in files:
            if name in found:
                print(f"    {100 * found[name][1] / max(found[name][0], 1):5.1f} %  {name}")
            else:
                print(f"        —    {name}: not in the program")
    return 1 if failed else 0


if __name__ == "__main__":
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    sys.exit(main(float(sys.argv[1]), sys.argv[2], [pair.split("=", 1) for pair in sys.argv[3:]]))
