"""Ten thousand connections that have asked once and rest."""

import random
import time

from .client import Broken, Connection, wait_ready
from .configuration import standard
from .outcome import Row
from .stage import Stage, free_port, progress, raise_descriptor_limit

CONNECTIONS = 10_000
MEBIBYTES = 150
# Ours, a quarter of them kept free by the proxy for itself, and what both sides need besides.
DESCRIPTORS = CONNECTIONS * 4 // 3 + 200


def run(chosen):
    limit = raise_descriptor_limit()
    if limit < DESCRIPTORS:
        return [Row("idle", f"{CONNECTIONS:,} connections", f"the limit of open files is {limit}: raise it (ulimit -Hn)",
                    False)]
    with Stage(chosen.binary, chosen.keep) as stage:
        _, upstream = stage.service("upstream")
        _, server = stage.service("authorization_server")
        port, admin = free_port(), free_port()
        proxy = stage.serve(standard(port, admin, upstream, server, timeouts="idle: 5m"))
        wait_ready(proxy, admin)
        start = proxy.mebibytes("VmRSS")
        began = time.monotonic()
        connections = []
        good = 0
        for number in range(CONNECTIONS):
            connection = Connection(port)
            connections.append(connection)
            # Half of them have been let in with a token, half have asked for something public.
            path, token = ("/read/1", "act_idle") if number % 2 else ("/open/1", None)
            good += connection.request(path, token).status == 200
            if (number + 1) % 2_500 == 0:
                progress(f"{number + 1:,} connections, resident {proxy.mebibytes('VmRSS'):.1f} MiB")
        opened = time.monotonic() - began
        time.sleep(2)
        resident = proxy.mebibytes("VmRSS")
        answering = 0
        asked = random.sample(connections, 500)
        for connection in asked:
            try:
                answering += connection.request("/read/2", "act_idle").status == 200
            except (OSError, Broken):
                pass
        with Connection(port) as connection:
            newcomer = connection.request("/open/2").status
        peak = proxy.mebibytes("VmHWM")
        for connection in connections:
            connection.close()
        return [
            Row("idle, memory", f"{CONNECTIONS:,} idle connections under {MEBIBYTES} MiB",
                f"{resident:.1f} MiB resident (peak {peak:.1f}, {start:.1f} without any): "
                f"{(resident - start) * 1024 / CONNECTIONS:.2f} KiB each", resident < MEBIBYTES and peak < MEBIBYTES),
            Row("idle, still answering", "every one asked answers, newcomers too",
                f"{good:,} of {CONNECTIONS:,} first answers in {opened:.1f} s, {answering} of {len(asked)} later ones, "
                f"newcomer {newcomer}", good == CONNECTIONS and answering == len(asked) and newcomer == 200),
        ]
