#!/usr/bin/env python3
"""Puts the tables of a report into README.md, between the two markers of their kind.

    readme.py scaling .build/benchmarks/scaling.md

The report's title and pictures stay out, headings go two levels down; what stood between the markers goes.
"""
import pathlib
import re
import sys

README = pathlib.Path(__file__).resolve().parent / "README.md"


def filled(readme, kind, report):
    begin, end = f"<!-- {kind}: begin -->\n", f"<!-- {kind}: end -->\n"
    if readme.count(begin) != 1 or readme.count(end) != 1 or readme.index(begin) > readme.index(end):
        raise ValueError(f"README.md has not the two markers of {kind}")
    lines = [line for line in report.splitlines() if not line.startswith(("# ", "!["))]
    body = "\n".join(re.sub(r"^(#+ )", r"##\1", line) for line in lines)
    body = re.sub(r"\n{3,}", "\n\n", body).strip("\n")
    return readme[:readme.index(begin) + len(begin)] + "\n" + body + "\n\n" + readme[readme.index(end):]


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    README.write_text(filled(README.read_text(), sys.argv[1], pathlib.Path(sys.argv[2]).read_text()))


if __name__ == "__main__":
    main()
