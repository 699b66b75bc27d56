"""What cannot be had at start: one clear line, exit 2, nothing half started."""

import os
import socket
import time

from .client import ask, wait_ready
from .configuration import standard
from .outcome import Row
from .stage import HOST, Stage, free_port, is_listening


class Case:
    """One way to fail; `words` must be in the line, `ports` and `files` must not be there afterwards."""

    def __init__(self, name, configuration, words, ports=(), files=(), environment=None):
        self.name = name
        self.configuration = configuration
        self.words = words
        self.ports = ports
        self.files = files
        self.environment = environment


def run(chosen):
    with Stage(chosen.binary, chosen.keep) as stage:
        _, upstream = stage.service("upstream")
        _, server = stage.service("authorization_server")
        port, admin, unix = free_port(), free_port(), stage.folder / "running.sock"
        running = stage.serve(standard(port, admin, upstream, server, unix=unix), name="running")
        wait_ready(running, admin)
        with socket.socket() as stranger:
            stranger.bind((HOST, 0))
            stranger.listen()
            taken = stranger.getsockname()[1]
            rows = [examine(stage, number, case)
                    for number, case in enumerate(cases(stage, upstream, server, port, admin, unix, taken))]
            # Whoever was there first has not been disturbed.
            unharmed = [ask(port, "/open/1").status, ask(unix, "/open/1").status, ask(admin, "/readyz").status]
        rows.append(Row("refusals-to-start, who runs already", "is not disturbed", f"answers {unharmed}", unharmed == [200] * 3))
        code = running.end()
        rows.append(Row("refusals-to-start, its end", "exit 0, its socket file is gone",
                        f"exit {code}, file {'left' if unix.exists() else 'gone'}", code == 0 and not unix.exists()))
        return rows


def cases(stage, upstream, server, port, admin, unix, taken):
    def plain(listener, admin_port, **more):
        return standard(listener, admin_port, upstream, server, **more)

    first, admin_port = free_port(), free_port()
    socket_file = stage.folder / "new.sock"
    yield Case("port of another program", plain(taken, admin_port, unix=socket_file), [f":{taken}", "in use"],
               [admin_port], [socket_file])
    yield Case("port of a second bearergate", plain(port, admin_port, unix=socket_file), [f":{port}", "in use"],
               [admin_port], [socket_file])
    yield Case("Unix socket of a second bearergate", plain(first, admin_port, unix=unix), [str(unix), "in use"],
               [first, admin_port])
    ordinary = stage.write("ordinary-file", "not a socket")
    yield Case("Unix socket's path is an ordinary file", plain(first, admin_port, unix=ordinary),
               [str(ordinary), "no socket"], [first, admin_port])
    yield Case("admin port in use", plain(first, admin, unix=socket_file), [f":{admin}", "in use"], [first], [socket_file])
    yield Case("admin port of another program", plain(first, taken, unix=socket_file), [f":{taken}", "in use"], [first],
               [socket_file])

    def signed(key_file):
        text = plain(first, admin_port)
        return text.replace("upstreams:", "\n".join([
            "  files:", "    issuer: https://issuer.test/", "    strategy: verify",
            f"    jwt: {{ jwks_file: {key_file}, audiences: [any] }}", "upstreams:"])).replace(
                "audiences: [any]", "audiences: any") + (
            "  - { name: files, paths: [/files], authorization_server: files, upstream: service }\n")

    yield Case("key file that is missing", signed("absent.json"), ["absent.json"], [first, admin_port])
    (stage.folder / "folder.json").mkdir()
    yield Case("key file that cannot be read", signed("folder.json"), ["folder.json"], [first, admin_port])
    stage.write("broken.json", "{\"keys\": [")
    yield Case("key file that is no key set", signed("broken.json"), ["broken.json"], [first, admin_port])

    def secret(reference):
        return plain(first, admin_port, server_keys=", client_authentication: { method: client_secret_basic, "
                     f"client_id: me, client_secret: {reference} }}")

    yield Case("secret missing from the environment", secret("{ env: BEARERGATE_CHECK_SECRET }"), ["BEARERGATE_CHECK_SECRET"],
               [first, admin_port])
    yield Case("secret file missing", secret("{ file: absent.secret }"), ["absent.secret"], [first, admin_port])
    yield Case("access log that cannot be written", plain(first, admin_port, access_log=stage.folder / "no" / "log"),
               ["log"], [first, admin_port])


def examine(stage, number, case):
    began = time.monotonic()
    environment = {name: value for name, value in os.environ.items() if name != "BEARERGATE_CHECK_SECRET"}
    program = stage.serve(case.configuration, name=f"refused-{number}", environment=environment)
    code = program.wait(10)
    took = time.monotonic() - began
    lines = [line for line in program.log.splitlines() if line.strip()]
    missing = [word for word in case.words if not any(word in line for line in lines)]
    left = [f"port {port}" for port in case.ports if is_listening(port)] + [
        str(file) for file in case.files if file.exists()]
    said = lines[0] if len(lines) == 1 else f"{len(lines)} lines: " + " / ".join(lines)
    said = said.replace(f"{stage.folder}/", "")
    remedy = "(" in said and said.endswith(")")
    flaws = "".join([f"; without {missing}" if missing else "", f"; left behind: {left}" if left else "",
                     "" if remedy else "; no remedy"])
    return Row(
        f"refusals-to-start, {case.name}", "one clear line, exit 2, nothing left",
        f"exit {code} in {took * 1000:.0f} ms: `{said[:260]}`{flaws}",
        code == 2 and len(lines) == 1 and not missing and not left and remedy)
