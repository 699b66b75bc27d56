"""What the checks take from PyPI, each list in an environment of its own under `.build`."""

import os
import subprocess
import sys

from .stage import REPOSITORY, CheckFailed, progress


def environment(requirements):
    """The interpreter of an environment with these packages; each list has one of its own, made when it changed."""
    folder = REPOSITORY / ".build" / f"python-{requirements.stem}"
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
