"""Ory's own Python client against the development server, in the release whose API it has and in the newest."""

from .development_server import start_server
from .outcome import Row
from .python_environment import environment
from .stage import REPOSITORY, CheckFailed, Stage, progress

FOLDER = REPOSITORY / "Tests/Vectors/hydra"
PASSED = 78
SECONDS = 300


def run(chosen):
    rows = []
    for requirements in ("requirements.txt", "requirements-25.4.0.txt"):
        python = environment(FOLDER / requirements)
        with Stage(chosen.binary, chosen.keep) as stage:
            public, admin = start_server(stage)[1:]
            arguments = [python, FOLDER / "conformance.py", "--public", public, "--admin", admin]
            script = stage.start(arguments, "conformance", {"PYTHONDONTWRITEBYTECODE": "1"})
            if script.wait(SECONDS) is None:
                raise CheckFailed(f"the conformance script is not done within {SECONDS} s")
            lines = script.output.read_text(errors="replace").splitlines() or [script.log.strip()[-300:]]
            for line in lines:
                if line.startswith("FAIL"):
                    progress(line)
            rows.append(Row(f"conformance, {lines[0].split(',')[0]}", f"{PASSED} passed, 0 failed", lines[-1],
                            lines[-1] == f"{PASSED} passed, 0 failed"))
    return rows
