"""The development server under schemathesis: right and wrong requests, made up from Ory's description of the API."""

import json
import os
import pathlib

from .development_server import is_ready, start_server
from .outcome import Row
from .python_environment import environment
from .stage import REPOSITORY, CheckFailed, Stage, progress, wait_until

REQUIREMENTS = REPOSITORY / "deploy/requirements-schemathesis.txt"
SECONDS, SECONDS_FULL = 20, 600
# Answers come within milliseconds: a request without one for so long hangs.
REQUEST_SECONDS = 10
# Beyond its time schemathesis ends what it began: one operation's examples, its report.
ENDING_SECONDS = 120


def run(chosen):
    description = ory_description()
    if description is None:
        progress("openapi.json is Ory's, and absent: name a folder with hydra/openapi.json in BEARERGATE_SHARED")
        return []
    python = environment(REQUIREMENTS)
    seconds = SECONDS_FULL if chosen.full else SECONDS
    with Stage(chosen.binary, chosen.keep) as stage:
        server, public, admin = start_server(stage, stage.folder / "described.sqlite")
        wait_until(lambda: is_ready(admin), 10, "the development server is ready")
        runs = [(side, start(stage, python, description, side, paths, address, seconds))
                for side, paths, address in (("admin", "^/admin", admin), ("public", "^/oauth2", public))]
        return [judge(stage, server, side, program, seconds) for side, program in runs]


def ory_description():
    named = os.environ.get("BEARERGATE_SHARED")
    path = pathlib.Path(named or REPOSITORY.parent / "shared") / "hydra/openapi.json"
    if path.is_file():
        return path
    if named:
        raise CheckFailed(f"BEARERGATE_SHARED is {named}, but {path} is not there")
    return None


def start(stage, python, description, side, paths, address, seconds):
    # It keeps what it found in the folder it stands in.
    return stage.start(
        ["env", "-C", stage.folder, python.parent / "schemathesis", "run", description, "--url", address,
         "--include-path-regex", paths, "--checks", "not_a_server_error", "--max-time", seconds, "--request-timeout", REQUEST_SECONDS,
         "--max-redirects", 0, "--continue-on-failure", "--warnings", "off", "--no-color",
         "--report-json-path", stage.folder / f"{side}.json"], f"schemathesis-{side}")


def judge(stage, server, side, program, seconds):
    if program.wait(seconds + ENDING_SECONDS) is None:
        raise CheckFailed(f"schemathesis ({side}) is not done {ENDING_SECONDS} s after its time: an answer never comes")
    path = stage.folder / f"{side}.json"
    if not path.is_file():
        raise CheckFailed(f"schemathesis ({side}) wrote no report: {program.log.strip()[-300:]}")
    report = json.loads(path.read_text())
    failures, operations, cases = report["failures"], report["operations"], report["test_cases"]
    # Hypothesis may stumble over its own search for a function's source; that says nothing of the server.
    errors = [error for error in report["errors"] if "hypothesis/internal" not in json.dumps(error)]
    for problem in (failures + errors)[:5]:
        progress(f"{side}: {json.dumps(problem)[:400]}")
    # How far a short run gets is the machine's doing; ten minutes go through all.
    tested = operations["tested"] >= (operations["selected"] if seconds == SECONDS_FULL else 1) > 0
    return Row(f"schemathesis, {side}, {seconds} s", "no 5xx, no hang",
               f"{cases['generated']:,} requests to {operations['tested']} of {operations['selected']} operations, "
               f"{len(failures)} answered 5xx, {len(errors)} without an answer, "
               + ("the server lives" if server.is_running else "the server is gone"),
               not failures and not errors and tested and cases["generated"] > 0 and server.is_running)
