"""`deploy/quickstart --check`: yes when all is as printed, and no, naming the line, when it is not."""

import re

from .outcome import Row
from .stage import REPOSITORY, Stage, free_port, progress

QUICKSTART = REPOSITORY / "deploy/quickstart"
EXAMPLE = REPOSITORY / "deploy/examples/quickstart.yaml"


def run(chosen):
    text = EXAMPLE.read_text()
    scopeless = re.sub(r"(?m)^ +scopes: \[notes:write\]\n", "", text)
    stopped = text.replace("http://127.0.0.1:9100", f"http://127.0.0.1:{free_port()}")
    if scopeless == text or stopped == text:
        return [Row("quickstart", "the example has a scope rule and an upstream", "not found in quickstart.yaml", False)]
    with Stage(chosen.binary, chosen.keep) as stage:
        return [
            examine(stage, "as it is", EXAMPLE, 0, []),
            examine(stage, "without the scope rule", stage.write("scopeless.yaml", scopeless), 1, ["may not write"]),
            examine(stage, "with the upstream stopped", stage.write("stopped.yaml", stopped), 1, ["notes:read reads", "public"]),
        ]


def examine(stage, name, configuration, wanted, named):
    program = stage.start([QUICKSTART, "--check", "--config", configuration], name.replace(" ", "-"))
    code = program.wait(1500)
    lines = program.output.read_text(errors="replace").splitlines()
    passed = [line for line in lines if line.startswith("ok ")]
    failed = [line for line in lines if line.startswith("FAIL ")]
    unnamed = [words for words in named if not any(words in line for line in failed)]
    progress(f"{name}: exit {code}, {len(passed)} ok, {len(failed)} failed")
    said = "; ".join(line[6:90] for line in failed[:2])
    if not passed and not failed:
        said = program.log.strip()[-200:]
    return Row(
        f"quickstart --check, {name}", f"exit {wanted}" + (", naming the line" if named else ""),
        f"exit {code}, {len(passed)} ok, {len(failed)} not{': ' + said if said else ''}",
        code == wanted and not unnamed and (bool(failed) == bool(named)))
