"""The development server as a load test leans on it: what it acknowledged outlives kill -9; how fast it introspects."""

import base64
import http.client
import json
import shutil
import signal
import sqlite3
import subprocess
import threading
import time
import urllib.parse

from .outcome import Row
from .stage import CheckFailed, Stage, free_port, progress, wait_until

CLIENTS = 1_000
THREADS = 10
# Killed at different depths, so that it is not always the same moment of a write.
KILLED_AFTER = (150, 450, 800)

INTROSPECTIONS = 5_000
RUNS = 5
SECONDS = 4

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
SCRIPT = """
local bad = 0
wrk.method = "POST"
wrk.body = "token=TOKEN"
wrk.headers["Content-Type"] = "application/x-www-form-urlencoded"
function response(status, _, body)
  if status ~= 200 or not body:find('"active":true', 1, true) then bad = bad + 1; if bad == 1 then print("BAD") end end
end
"""


def run(chosen):
    with Stage(chosen.binary, chosen.keep) as stage:
        return [kill(stage)] + [introspect(stage, place) for place in ("memory", stage.folder / "rate.sqlite")]


def start_server(stage, database="memory", ports=None, name="server"):
    """Starts the development server beside the proxy's binary; the program and its two addresses."""
    binary = stage.binary.parent / "bearergate-dev"
    if not binary.is_file():
        raise CheckFailed(f"{binary} is not there (swift build -c release --static-swift-stdlib)")
    public, admin = ports or (free_port(), free_port())
    arguments = [binary, "authorization-server", "--public-port", public, "--admin-port", admin, "--database", database]
    server = stage.start(arguments, name, {"SWIFT_BACKTRACE": "enable=no"})
    return server, f"http://127.0.0.1:{public}", f"http://127.0.0.1:{admin}"


# --- kill -9 ----------------------------------------------------------------------------------------------------------

def kill(stage):
    """A thousand client creations, three kills among them; then everything that was acknowledged has to be there."""
    database, ports = stage.folder / "killed.sqlite", (free_port(), free_port())
    acknowledged, lock, remaining = set(), threading.Lock(), iter(range(CLIENTS))

    def create(admin):
        """Until the server is gone or there is nothing left to do."""
        try:
            connection = http.client.HTTPConnection(admin.removeprefix("http://"), timeout=10)
            while next(remaining, None) is not None:
                # Public: hashing a secret would keep the writes apart.
                status, body = call(connection, "POST", "/admin/clients", {"token_endpoint_auth_method": "none"})
                if status == 201:
                    with lock:
                        acknowledged.add(body["client_id"])
        except (OSError, http.client.HTTPException):
            return

    for number, kills_after in enumerate((*KILLED_AFTER, None)):
        server, _, admin = start_server(stage, database, ports, f"killed-{number}")
        wait_until(lambda: is_ready(admin), 10, "the development server is ready")
        threads = [threading.Thread(target=create, args=(admin,), daemon=True) for _ in range(THREADS)]
        for thread in threads:
            thread.start()
        if kills_after is not None:
            wait_until(lambda: len(acknowledged) >= kills_after, 60, f"{kills_after} clients are made", 0.001)
            server.send(signal.SIGKILL)
            server.process.wait()
        for thread in threads:
            thread.join(60)
    listed = all_clients(admin)
    server.end()
    with sqlite3.connect(database) as file:
        integrity = file.execute("PRAGMA integrity_check").fetchone()[0]
    lost = len(acknowledged - listed)
    progress(f"{len(acknowledged)} acknowledged, {len(listed)} found")
    return Row("dev server, kill -9", f"of {CLIENTS:,} creations every acknowledged one is there, the file is whole",
               f"{lost} of {len(acknowledged)} lost after {len(KILLED_AFTER)} kills, integrity {integrity}",
               lost == 0 and integrity == "ok" and len(acknowledged) >= CLIENTS - len(KILLED_AFTER) * THREADS)


def all_clients(admin):
    connection = http.client.HTTPConnection(admin.removeprefix("http://"), timeout=10)
    connection.request("GET", f"/admin/clients?page_size={CLIENTS}")
    return {client["client_id"] for client in json.loads(connection.getresponse().read())}


# --- introspection ----------------------------------------------------------------------------------------------------

def introspect(stage, database):
    kind = "memory" if database == "memory" else "file"
    bar = f"at least {INTROSPECTIONS:,} introspections a second"
    if not shutil.which("wrk"):
        return Row(f"dev server, introspection ({kind})", bar, "wrk is missing (apt-get install wrk)", False)
    server, public, admin = start_server(stage, database, name=f"rate-{kind}")
    wait_until(lambda: is_ready(admin), 10, "the development server is ready")
    script = stage.write(f"introspect-{kind}.lua", SCRIPT.replace("TOKEN", make_token(public, admin)))
    rates, costs, bad = [], [], False
    for _ in range(RUNS):
        before = processor_seconds(server)
        output = subprocess.run(
            ["wrk", "-t1", "-c32", f"-d{SECONDS}s", "-s", script, admin + "/admin/oauth2/introspect"],
            capture_output=True, text=True, timeout=SECONDS + 20).stdout
        words = output.split()
        count = int(words[words.index("requests") - 1]) if "requests" in words else 0
        rates.append(count / SECONDS)
        costs.append((processor_seconds(server) - before) / max(count, 1))
        bad = bad or count == 0 or "BAD" in words or "Socket errors" in output
    server.end()
    progress(f"{kind}: {', '.join(f'{rate:,.0f}' for rate in rates)} a second")
    # The fastest run judges: other programs on the machine can only take from what the server itself is able to do.
    return Row(f"dev server, introspection ({kind})", bar,
               f"{max(rates):,.0f} in the best of {RUNS} runs, {min(costs) * 1e6:.0f} µs of processor each"
               + (", with wrong answers" if bad else ""), max(rates) >= INTROSPECTIONS and not bad)


def make_token(public, admin):
    connection = http.client.HTTPConnection(admin.removeprefix("http://"), timeout=10)
    _, client = call(connection, "POST", "/admin/clients", {"grant_types": ["client_credentials"], "scope": "read"})
    pair = ":".join(urllib.parse.quote_plus(client[name]) for name in ("client_id", "client_secret"))
    connection = http.client.HTTPConnection(public.removeprefix("http://"), timeout=10)
    connection.request("POST", "/oauth2/token", "grant_type=client_credentials&scope=read",
                       {**FORM, "Authorization": "Basic " + base64.b64encode(pair.encode()).decode()})
    return json.loads(connection.getresponse().read())["access_token"]


# --- Small things -----------------------------------------------------------------------------------------------------

def call(connection, method, path, body):
    connection.request(method, path, json.dumps(body), {"Content-Type": "application/json"})
    answer = connection.getresponse()
    return answer.status, json.loads(answer.read())


def is_ready(admin):
    try:
        connection = http.client.HTTPConnection(admin.removeprefix("http://"), timeout=2)
        connection.request("GET", "/health/ready")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        time.sleep(0.02)
        return False


def processor_seconds(program):
    with open(f"/proc/{program.pid}/stat") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / 100
