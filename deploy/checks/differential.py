"""The command `deploy/differential`."""

import argparse
import collections
import multiprocessing
import os
import pathlib
import queue
import shutil
import signal
import sys
import time
import traceback

from . import differential_peers as peers
from .client import Broken, wait_ready
from .differential_exchange import Lane
from .differential_explained import EXPLANATIONS
from .differential_judge import Judge
from .differential_message import h11
from .differential_mutations import Inputs
from .differential_planted import unseen
from .outcome import HEAD, Row
from .stage import REPOSITORY, CheckFailed, Stage, free_port, progress

COUNT, COUNT_FULL = 10_000, 100_000
# Findings that are printed with their bytes.
FINDINGS_TOLD = 20
# A worker says this often how far it is; the whole run is given up when nobody says anything for so long.
REPORT_INTERVAL, SILENCE_MAX = 2, 120
PROGRESS_INTERVAL = 10


def options():
    parser = argparse.ArgumentParser(
        prog="deploy/differential", formatter_class=argparse.RawDescriptionHelpFormatter,
        description="Sends every request of Tests/Vectors/http1, and mutations of them, through bearergate; what it\n"
        "lets through must be read the same way by nginx, HAProxy and h11: method, target, host, fields, body,\n"
        "trailers, and where the next request begins. What it writes to the upstream must be one request to h11.",
        epilog="example: a quarter of a full run, and one of its inputs again, with all that was read of it\n"
        "  deploy/differential --count 25000 --seed 7\n"
        "  deploy/differential --seed 7 --only 12345\n"
        "  deploy/differential --only CH-09\n\n"
        "exit codes: 0 nothing unexplained, 1 a finding, 2 wrong usage or something missing")
    parser.add_argument("--count", type=int, metavar="N", help=f"how many mutations (default: {COUNT:,})")
    parser.add_argument("--full", action="store_true", help=f"{COUNT_FULL:,} mutations")
    parser.add_argument("--seed", type=int, default=time.time_ns() % 1_000_000, help="of the mutations")
    parser.add_argument("--only", metavar="INPUT", help="one mutation by its number, or a row by its id, told in full")
    parser.add_argument("--workers", type=int, default=min(4, 2 * (os.cpu_count() or 1)), metavar="N",
                        help="each with three proxies of its own (default: %(default)s)")
    parser.add_argument("--binary", type=pathlib.Path, default=REPOSITORY / ".build/release/bearergate",
                        metavar="PATH", help="the executable (default: the release build)")
    parser.add_argument("--keep", action="store_true", help="keep the folder with configurations and logs")
    chosen = parser.parse_args()
    chosen.binary = chosen.binary.resolve()
    if chosen.count is None:
        chosen.count = COUNT_FULL if chosen.full else COUNT
    if chosen.only is not None:
        chosen.workers = 1
        try:
            Inputs(chosen.seed).number(chosen.only)
        except ValueError:
            parser.error(f"{chosen.only} is neither a number nor the id of a row")
    if not chosen.binary.is_file():
        parser.error(
            f"{chosen.binary} is not there (swift build -c release --static-swift-stdlib --product bearergate)")
    if h11 is None:
        parser.error("python3 has no h11 (pip install -r Tests/Vectors/requirements.txt)")
    for program in ("nginx", "haproxy"):
        if not shutil.which(program):
            parser.error(f"{program} is missing (apt-get install {program})")
    return chosen


def work(chosen, lanes, worker, results):
    """One worker process: every input whose number modulo the workers is its own."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    judge = Judge(lanes)
    try:
        inputs = Inputs(chosen.seed)
        said = time.monotonic()
        for number in range(worker, inputs.row_count + chosen.count, chosen.workers):
            judge.judge(number, *inputs[number])
            if time.monotonic() - said > REPORT_INTERVAL:
                said = time.monotonic()
                results.put((worker, "counts", judge.counts.copy()))
    except (CheckFailed, OSError) as error:
        results.put((worker, "failed", f"input {number} ({inputs[number][0]}): {type(error).__name__}: {error}"))
    except BaseException:
        results.put((worker, "failed", traceback.format_exc()))
    results.put((worker, "counts", judge.counts))
    results.put((worker, "findings", judge.findings))


def main():
    chosen = options()
    signal.signal(signal.SIGTERM, end)
    with Stage(chosen.binary, chosen.keep) as stage:
        try:
            sets = start(chosen, stage)
            return tell(chosen, sets[0]) if chosen.only is not None else run(chosen, sets)
        except (CheckFailed, Broken, OSError) as error:
            print(f"differential: {type(error).__name__}: {error}", file=sys.stderr)
            return 2


def end(*_):
    """Whoever ends this program wants its proxies to end as well."""
    progress("ended by SIGTERM")
    sys.exit(128 + signal.SIGTERM)


def start(chosen, stage):
    """The proxies of all workers, ready; a list of lanes each."""
    _, server = stage.service("authorization_server")
    sets, waiting = [], []
    for _ in range(chosen.workers):
        lanes = [Lane(name, free_port()) for name in peers.NAMES]
        admin = free_port()
        waiting.append((peers.start(stage, lanes, server, admin), lanes, admin))
        sets.append(lanes)
    for programs, lanes, admin in waiting:
        wait_ready(programs[0], admin)
        peers.wait_listening(programs[1:], lanes[1:])
    return sets


def run(chosen, sets):
    began = time.monotonic()
    planted = unseen(Judge(sets[0]), sets[0])
    total = Inputs(chosen.seed).row_count + chosen.count
    progress(f"{total:,} inputs, seed {chosen.seed}, {chosen.workers} workers")
    # The lanes' listening sockets are inherited.
    context = multiprocessing.get_context("fork")
    results = context.Queue()
    workers = [context.Process(target=work, args=(chosen, lanes, number, results), daemon=True)
               for number, lanes in enumerate(sets)]
    for worker in workers:
        worker.start()
    counts, findings, failures = gather(results, len(workers), total)
    for worker in workers:
        worker.terminate()
        worker.join()
    for failure in failures + [f"not seen: {missed}" for missed in planted[0]]:
        print(f"FAILED: {failure}")
    for _, name, text, data in sorted(findings)[:FINDINGS_TOLD]:
        print(f"FINDING: {name}: {text}\n  {data[:2000]!r}")
    rows = table(counts, total, findings, failures, planted)
    print("\n".join([HEAD] + [row.text for row in rows]))
    progress(f"done in {time.monotonic() - began:.0f} s, seed {chosen.seed}")
    return 0 if all(row.ok for row in rows) else 1


def gather(results, worker_count, total):
    """Sums, findings and failures of all workers, once all have said their last word."""
    counts, findings, failures = {}, {}, []
    began = said = time.monotonic()
    while len(findings) < worker_count:
        try:
            worker, kind, value = results.get(timeout=SILENCE_MAX)
        except queue.Empty:
            failures.append(f"no word from a worker for {SILENCE_MAX} s")
            break
        if kind == "counts":
            counts[worker] = value
        elif kind == "findings":
            findings[worker] = value
        else:
            failures.append(value)
        if time.monotonic() - said > PROGRESS_INTERVAL:
            said = time.monotonic()
            done = sum(of_worker["inputs"] for of_worker in counts.values())
            progress(f"{done:,} of {total:,}, {done / (said - began):.0f} a second")
    return sum(counts.values(), collections.Counter()), sum(findings.values(), []), failures


def table(counts, total, findings, failures, planted):
    accepted = counts["passed on"] + counts["answered by us"]
    missed, planted_count = planted
    rows = [
        Row("planted differences", "each is seen", f"{planted_count - len(missed)} of {planted_count}", not missed),
        Row("inputs", f"all {total:,}",
            f"{counts['inputs']:,}: first request passed on {counts['passed on']:,}, answered by us "
            f"{counts['answered by us']:,}, refused {counts['refused']:,}; "
            f"accepted {accepted / max(1, counts['inputs']):.0%}",
            counts["inputs"] == total and not failures),
        Row("written upstream", "one request each to h11",
            f"{counts['written, whole']:,} whole, {counts['written, broken off']:,} broken off",
            counts["written, whole"] > 0 and not any(text.startswith("written") for _, _, text, _ in findings)),
    ]
    for peer in (*peers.NAMES[1:], "h11"):
        compared, unexplained = counts[f"{peer}, compared"], counts[f"{peer}, unexplained"]
        rows.append(Row(
            f"read by {peer}", "no unexplained disagreement",
            f"{compared:,} requests compared, {counts[f'{peer}, not read by it']:,} not read by it; "
            f"{counts[f'{peer}, explained']:,} disagreements explained, {unexplained:,} unexplained",
            compared > 0 and unexplained == 0))
    for known in EXPLANATIONS:
        rows.append(Row(f"explained: {known.kind}", known.reason, f"{counts[f'explained: {known.kind}']:,}", True))
    return rows


def tell(chosen, lanes):
    """One input, and everything that was read of it."""
    inputs = Inputs(chosen.seed)
    number = inputs.number(chosen.only)
    name, data = inputs[number]
    judge = Judge(lanes)
    ours, others = judge.judge(number, name, data)
    print(f"{name}, {len(data)} bytes\n  {data!r}")
    for passage in [ours, *(passage for _, passage, _, _ in others if passage)]:
        print(f"{passage.lane.name}: answers {passage.answers}")
        for recording in passage.recordings:
            print(f"  wrote {recording.data!r}")
    for peer, passage, requests, refusal in others:
        if not passage:
            print(f"{peer}: refusal {refusal}")
            for request in requests:
                print(f"  read {request}")
    for _, _, text, _ in judge.findings:
        print(f"FINDING: {text}")
    return 1 if judge.findings else 0


if __name__ == "__main__":
    sys.exit(main())
