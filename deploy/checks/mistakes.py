"""A configuration with ten mistakes: all ten at once, each where it stands and with what would be right."""

import re

from .outcome import Row
from .stage import REPOSITORY, Stage

VECTOR = REPOSITORY / "Tests/Vectors/configuration/ten-mistakes.yaml"
LINE = re.compile(r"^(?P<file>.+):(?P<line>\d+):(?P<column>\d+): error: .+ \(.+\)$")


def run(chosen):
    rows = []
    with Stage(chosen.binary, chosen.keep) as stage:
        for arguments, wanted in ((["check"], 1), (["serve"], 2)):
            program = stage.start([chosen.binary, *arguments, "--config", VECTOR], "-".join(arguments))
            code = program.wait(10)
            lines = [line for line in program.log.splitlines() if ": error: " in line]
            placed = [line for line in lines if (found := LINE.match(line)) and found["file"] == str(VECTOR)]
            places = {LINE.match(line)["line"] for line in placed}
            rows.append(Row(
                f"mistakes, {arguments[0]}", f"10 lines, each with place and remedy; exit {wanted}",
                f"{len(lines)} lines, {len(placed)} with place and remedy, on {len(places)} lines of the file; exit {code}",
                len(lines) == len(placed) == 10 and code == wanted))
    return rows
