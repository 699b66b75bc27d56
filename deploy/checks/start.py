"""From the start of the process to a 200 of /readyz, with a thousand routes."""

import signal

from .client import ask, wait_ready
from .configuration import AUDIENCE, ISSUER
from .outcome import Row, spread
from .stage import Stage, free_port, progress
from .tokens import SigningKey

ROUTES = 1_000
MILLISECONDS = 200
MEBIBYTES = 40
RUNS = 7


def run(chosen):
    with Stage(chosen.binary, chosen.keep) as stage:
        keys = stage.write("keys.json", SigningKey().key_set)
        _, upstream = stage.service("upstream")
        _, server = stage.service("authorization_server", 0, keys)
        times, resident = [], []
        for number in range(RUNS):
            port, admin = free_port(), free_port()
            proxy = stage.serve(configuration(port, admin, upstream, server), name=f"proxy-{number}")
            times.append(wait_ready(proxy, admin, interval=0.001) * 1000)
            resident.append(proxy.mebibytes("VmHWM"))
            served = ask(port, f"/service-{ROUTES - 1}/items/7/detail", "act_start").status
            proxy.send(signal.SIGKILL)
            progress(f"start {number + 1}: {times[-1]:.0f} ms, {resident[-1]:.1f} MiB, last route answers {served}")
            if served != 200:
                return [Row("start", "the last route answers", str(served), False)]
        middle, least, most = spread(times)
        _, _, heaviest = spread(resident)
        return [
            # The fastest start judges: other programs on the machine can only add to what the proxy itself takes.
            Row("start, time", f"ready with {ROUTES:,} routes in under {MILLISECONDS} ms",
                f"fastest {least:.0f} ms of {RUNS} starts (median {middle:.0f}, slowest {most:.0f})",
                least < MILLISECONDS),
            Row("start, memory", f"under {MEBIBYTES} MiB resident", f"peak {heaviest:.1f} MiB at most", heaviest < MEBIBYTES),
        ]


def configuration(port, admin, upstream, server):
    """Routes as a grown configuration has them: literal and parameter segments, scopes, both kinds of tokens."""
    lines = [
        "version: 1", f"listeners: [{{ address: 127.0.0.1:{port} }}]", f"admin: {{ address: 127.0.0.1:{admin} }}",
        "log: { access: off }", "authorization_servers:", "  opaque:", "    strategy: introspect",
        f"    introspection: {{ endpoint: http://127.0.0.1:{server}/admin/oauth2/introspect }}",
        "  signed:", f"    issuer: {ISSUER}", "    strategy: verify",
        f"    jwt: {{ jwks_uri: http://127.0.0.1:{server}/.well-known/jwks.json, audiences: [{AUDIENCE}] }}",
        "upstreams:", f"  service: {{ url: http://127.0.0.1:{upstream} }}", "routes:"]
    for number in range(ROUTES):
        kind = "signed" if number % 4 == 0 else "opaque"
        lines += [
            f"  - name: route.{number}",
            f"    paths: [\"/service-{number}/items\", \"/service-{number}/items/{{id}}/detail\", \"/files-{number}/**\"]",
            "    methods: [GET, POST]", f"    authorization_server: {kind}", "    scopes: [read]", "    upstream: service"]
    return "\n".join(lines) + "\n"
