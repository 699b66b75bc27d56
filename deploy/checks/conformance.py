"""Ory's own Python client against the development server, in the release whose API it has and in the newest."""

import os
import subprocess
import sys

from .development_server import start_server
from .outcome import Row
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


def environment(requirements):
    """The interpreter of an environment with these packages; each list has one of its own, made when it changed."""
    folder = REPOSITORY / ".build" / f"hydra-client-{requirements.stem}"
    python, made_from = folder / "bin/python3", folder / "requirements.txt"
    wanted = requirements.read_text()
    # The list lies there only once the environment was made to its end.
    if not made_from.is_file() or made_from.read_text() != wanted:
        progress(f"making a Python environment for {requirements.name}")
        quiet = {"stdout": subprocess.DEVNULL, "env": {**os.environ, "PIP_DISABLE_PIP_VERSION_CHECK": "1"}}
        try:
            subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True, **quiet)
            subprocess.run([python, "-m", "pip", "install", "--quiet", "-r", requirements], check=True, **quiet)
        except subprocess.CalledProcessError as error:
            raise CheckFailed(f"no Python environment for {requirements.name}: {error}") from error
        made_from.write_text(wanted)
    return python
