"""The mixed load's clients, in a process of their own.

    python3 -m checks.mixed_load SECONDS CLIENTS SEED JWT_FILE ADDRESS…

Prints one JSON object: how often each scenario ran, and what was not as expected.
"""

import collections
import json
import pathlib
import random
import sys
import threading
import time

from .client import Broken
from .scenarios import WEIGHTS, Scenarios, Unexpected
from .stage import raise_descriptor_limit

FAILURES_TOLD = 200


class Client(threading.Thread):
    def __init__(self, scenarios, deadline, seed):
        super().__init__(daemon=True)
        self.scenarios = scenarios
        self.deadline = deadline
        self.random = random.Random(seed)
        self.counts = collections.Counter()
        self.failures = []

    def run(self):
        names, weights = list(WEIGHTS), list(WEIGHTS.values())
        while time.monotonic() < self.deadline:
            name = self.random.choices(names, weights)[0]
            began = time.time()
            try:
                getattr(self.scenarios, name)()
            except (OSError, Broken, Unexpected, ValueError) as error:
                self.failures.append(f"{name}: {type(error).__name__}: {error} (began {began:.1f}, "
                                     f"took {time.time() - began:.1f} s)")
            self.counts[name] += 1


def main():
    seconds, count, seed = float(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    jwts = json.loads(pathlib.Path(sys.argv[4]).read_text())
    addresses = [int(word) if word.isdigit() else word for word in sys.argv[5:]]
    raise_descriptor_limit()
    sys.setswitchinterval(0.001)
    deadline = time.monotonic() + seconds
    clients = [Client(Scenarios(addresses, jwts, seed * 1_000 + number), deadline, seed * 7_919 + number)
               for number in range(count)]
    for client in clients:
        client.start()
    for client in clients:
        client.join(seconds + 60)
    stuck = sum(client.is_alive() for client in clients)
    counts = sum((client.counts for client in clients), collections.Counter())
    failures = [failure for client in clients for failure in client.failures]
    if stuck:
        failures.append(f"{stuck} clients are stuck")
    print(json.dumps({"counts": counts, "failed": len(failures), "failures": failures[:FAILURES_TOLD]}))


if __name__ == "__main__":
    main()
