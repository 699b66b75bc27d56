#!/usr/bin/env python3
"""Copies the package and plants in the copy, for each fuzz target, the fault that about.json names.

    python3 plant.py OUT             # OUT becomes a package of its own

The product's sources hold no fault, not even one that is switched off. In the copy each stands beside the sound line, is
compiled with -D PLANTED_FAULTS only, and is at work in the program of its own target alone.
"""
import json
import shutil
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SWITCH = """\
/// The fuzz target that runs, whose fault is at work.
let plantedFault = CommandLine.arguments.first?.split(separator: "/").last ?? ""
"""


def plant(out, target, fault):
    path = out / "Sources" / fault["file"]
    text = path.read_text(encoding="utf-8")
    if text.count(fault["sound"]) != 1:
        sys.exit(f"plant: the line of {target} is {text.count(fault['sound'])} times in {fault['file']}")
    both = f'if plantedFault == "{target}" {{ {fault["faulty"]} }} else {{ {fault["sound"]} }}'
    path.write_text(text.replace(fault["sound"], f"\n#if PLANTED_FAULTS\n{both}\n#else\n{fault['sound']}\n#endif\n"),
                    encoding="utf-8")
    room = out / "Sources" / fault["file"].split("/")[0]
    (room / "PlantedFault.swift").write_text(SWITCH, encoding="utf-8")


def main(out):
    for name in ("Sources", "Tests"):
        shutil.rmtree(out / name, ignore_errors=True)
        shutil.copytree(ROOT / name, out / name)
    for name in ("Package.swift", "Package.resolved"):
        if (ROOT / name).exists():
            shutil.copy2(ROOT / name, out / name)
    about = json.loads((ROOT / "Tests/Fuzz/about.json").read_text(encoding="utf-8"))
    for target, entry in about.items():
        plant(out, target, entry["fault"])


if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1].startswith("-"):
        sys.exit(__doc__)
    out = Path(sys.argv[1])
    out.mkdir(parents=True, exist_ok=True)
    main(out)
