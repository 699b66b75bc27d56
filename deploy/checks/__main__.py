"""The command `deploy/soak`."""

import argparse
import pathlib
import signal
import sys
import time
import traceback

from . import (
    browser, bulk, cold_token, conformance, crowd, described_api, development_server, garbage, idle, mistakes, mixed,
    quickstart, refusals, secrets, server_down, signals, start, storms)
from .client import Broken
from .outcome import HEAD, Row
from .stage import REPOSITORY, CheckFailed, progress, raise_descriptor_limit

# Name, what runs, the seconds after which it is given up (default, --full).
CHECKS = {
    "cold-token": (cold_token.run, 60, 60),
    "mixed": (mixed.run, 240, 600),
    "bulk": (bulk.run, 180, 600),
    "idle": (idle.run, 120, 120),
    "start": (start.run, 60, 60),
    "dev-server": (development_server.run, 180, 180),
    "conformance": (conformance.run, 900, 900),
    "schemathesis": (described_api.run, 300, 900),
    "as-down": (server_down.run, 60, 120),
    "mistakes": (mistakes.run, 20, 20),
    "refusals-to-start": (refusals.run, 60, 60),
    "signals": (signals.run, 120, 180),
    "secrets": (secrets.run, 60, 120),
    "garbage": (garbage.run, 90, 1200),
    "crowd": (crowd.run, 120, 600),
    "storms": (storms.run, 90, 180),
    "browser": (browser.run, 120, 120),
    "quickstart": (quickstart.run, 1800, 1800),
}


class TooLong(BaseException):
    """Not an Exception: no check catches it by accident."""


def options():
    parser = argparse.ArgumentParser(
        prog="deploy/soak", formatter_class=argparse.RawDescriptionHelpFormatter,
        description="Load and soak checks of a built bearergate on this machine's loopback.",
        epilog="checks: " + " ".join(CHECKS) + "\n\n"
        "A binary built with a sanitizer is recognised; then `mixed` wants no report of it, and memory is not judged:\n"
        "  deploy/soak --only mixed --binary .build/debug/bearergate\n\n"
        "exit codes: 0 every bar is met, 1 one is not, 2 wrong usage")
    parser.add_argument("--only", metavar="NAME", action="append", choices=list(CHECKS), help="this check (repeatable)")
    parser.add_argument("--skip", metavar="NAME", action="append", default=[], choices=list(CHECKS), help="not this one")
    parser.add_argument("--full", action="store_true", help="real durations and sizes: 5 minutes of mixed load, 10 GiB")
    parser.add_argument("--binary", type=pathlib.Path, default=REPOSITORY / ".build/release/bearergate",
                        metavar="PATH", help="the executable (default: the release build)")
    parser.add_argument("--seed", type=int, default=time.time_ns() % 1_000_000, help="of the mixed load's choices")
    parser.add_argument("--keep", action="store_true", help="keep each check's folder with its logs")
    chosen = parser.parse_args()
    chosen.binary = chosen.binary.resolve()
    if not chosen.binary.is_file():
        parser.error(f"{chosen.binary} is not there (swift build -c release --static-swift-stdlib --product bearergate)")
    return chosen


def perform(name, chosen):
    """One check, whatever becomes of it: its rows."""
    run, short, full = CHECKS[name]

    def give_up(*_):
        raise TooLong

    signal.signal(signal.SIGALRM, give_up)
    limit = full if chosen.full else short
    signal.alarm(limit)
    began = time.monotonic()
    try:
        rows = run(chosen)
    except TooLong:
        rows = [Row(name, f"ends within {limit} s", "given up", False)]
    except (CheckFailed, Broken, OSError) as error:
        traceback.print_exc()
        rows = [Row(name, "can be measured", f"{type(error).__name__}: {error}", False)]
    finally:
        signal.alarm(0)
    progress(f"{name}: {'ok' if all(row.ok for row in rows) else 'NOT OK'} after {time.monotonic() - began:.1f} s")
    return rows


def main():
    chosen = options()
    raise_descriptor_limit()
    names = [name for name in chosen.only or CHECKS if name not in chosen.skip]
    rows = []
    for position, name in enumerate(names, 1):
        print(f"[{position}/{len(names)}] {name}", file=sys.stderr, flush=True)
        rows += perform(name, chosen)
    print("\n".join([HEAD] + [row.text for row in rows]))
    return 0 if all(row.ok for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
