"""Everything that a run wrote, searched for every token, secret and key that it used."""

import base64
import os
import secrets
import subprocess
import urllib.parse

from .client import Broken, Connection, ask, wait_ready
from .configuration import AUDIENCE, ISSUER
from .outcome import Row
from .stage import Stage, free_port, progress, wait_until
from .tokens import SigningKey


def run(chosen):
    with Stage(chosen.binary, chosen.keep) as stage:
        key = SigningKey()
        world = World(stage, key)
        proxy, port, admin = world.start()
        asked = sum(world.attack(port) for _ in range(20 if chosen.full else 3))
        told = world.admin_answers(admin)
        is_private = world.is_private(proxy)
        # Then the authorization server goes, and a reload fails.
        world.server.end()
        for _ in range(8):
            ask(port, "/read/1", world.secret("act_late_"))
        world.fail_reload(proxy)
        asked += world.attack(port)
        told += world.admin_answers(admin)
        told += world.checks()
        code = proxy.end()
        outputs = world.outputs(told)
        found = world.leaks(outputs)
        used, kinds = len(world.used), len(set(world.used.values()))
        missed = world.missed_plants(told)
        size = sum(map(len, outputs.values()))
        progress(f"{used} secrets, {asked} requests, {size:,} bytes written")
        cores = [name for name in os.listdir(stage.folder) if name.startswith("core")]
        return [
            Row("secrets, in all output", "no token, client secret or key in logs at trace level, metrics, admin API, `check`",
                f"{used} secrets looked for, five ways each, in {size:,} bytes of {len(outputs)} outputs: "
                f"{', '.join(found) or 'none found'}; exit code {code}",
                not found and code == 0 and asked > 0 and world.admitted > 0 and b'"decision"' in outputs["access.log"]),
            Row("secrets, planted", "a secret of each kind is found each way it may be spelt, and one in each output",
                f"{kinds} kinds, {len(outputs)} outputs; missed: {', '.join(missed) or 'none'}", not missed),
            Row("secrets, in core files", "no core file, no debugger of the same user",
                f"{'forbidden' if is_private else 'possible'}, {len(cores)} written", is_private and not cores),
        ]


class World:
    """A proxy with a secret in every place that takes one; what was used is remembered."""

    def __init__(self, stage, key):
        self.stage = stage
        self.used = {}
        # Requests with a good token that were let in: a proxy that refuses all has nothing to leak.
        self.admitted = 0
        self.key = key
        for name, value in (("p", key.p), ("q", key.q), ("exponent", key.at_p)):
            self.used[base64.b64encode(value.to_bytes(128, "big")).decode()] = f"private key's {name}"

    def secret(self, prefix="", name="token"):
        value = prefix + secrets.token_hex(16)
        self.used[value] = name
        return value

    def file(self, name):
        path = self.stage.write(name, self.secret("s", name) + "\n")
        path.chmod(0o600)
        return path

    def start(self):
        keys = self.stage.write("keys.json", self.key.key_set)
        _, upstream = self.stage.service("upstream")
        self.server, server = self.stage.service("authorization_server", 0, keys)
        port, admin = free_port(), free_port()
        endpoint = f"http://127.0.0.1:{server}/admin/oauth2/introspect"
        self.environment = {"CHECK_SECRET": self.secret("s", "client secret")}
        servers = {
            "basic": f"{{method: client_secret_basic, client_id: us, client_secret: {{file: {self.file('basic')}}}}}",
            "post": "{method: client_secret_post, client_id: us, client_secret: {env: CHECK_SECRET}}",
            "bearer": f"{{method: bearer, token: {{file: {self.file('bearer')}}}}}",
        }
        self.admin_token = self.secret("s", "admin token")
        admin_file = self.stage.write("admin", self.admin_token)
        lines = ["version: 1", f"listeners: [{{address: 127.0.0.1:{port}}}]",
                 f"admin: {{address: 127.0.0.1:{admin}, token: {{file: {admin_file}}}}}",
                 f"log: {{level: trace, access: {self.stage.folder}/access.log}}", "authorization_servers:"]
        for name, method in servers.items():
            lines.append(f"  {name}: {{strategy: introspect, introspection: {{endpoint: {endpoint}, timeout: 500ms,"
                         f" client_authentication: {method}}}}}")
        lines += [f"  signed: {{issuer: {ISSUER}, strategy: verify, jwt: {{jwks_uri: "
                  f"http://127.0.0.1:{server}/.well-known/jwks.json, algorithms: [RS256], audiences: [{AUDIENCE}]}}}}",
                  f"upstreams: {{service: {{url: http://127.0.0.1:{upstream}}}}}", "routes:"]
        for name, path in (("basic", "read"), ("post", "post"), ("bearer", "bearer"), ("signed", "jwt")):
            lines.append(f"  - {{name: {name}, paths: [\"/{path}/**\"], authorization_server: {name}, scopes: [read],"
                         " token_sources: [authorization, \"header:X-Token\"], upstream: service}")
        self.configuration = "\n".join(lines) + "\n"
        proxy = self.stage.serve(self.configuration, environment=self.environment)
        wait_ready(proxy, admin)
        return proxy, port, admin

    def attack(self, port):
        """Tokens good and bad, in every place where a client may put one."""
        good_jwt = self.key.token(ISSUER, AUDIENCE)
        bad_jwt = self.key.token("https://other.test", AUDIENCE, seconds=-10)
        for token in (good_jwt, bad_jwt):
            self.used[token] = "JWT"
            self.used[token.rpartition(".")[2]] = "JWT's signature"
        paths = ["/read/1", "/post/1", "/bearer/1"]
        requests = [(path, self.secret(kind), []) for path in paths for kind in ("act_", "low_", "none_", "bad_", "fail_")]
        requests += [("/jwt/1", good_jwt, []), ("/jwt/1", bad_jwt, []), ("/jwt/1", good_jwt[:-4] + "AAAA", [])]
        token = self.secret
        requests += [
            (f"/read/1?access_token={token()}", token("act_"), []), (f"/nowhere?t={token()}", token(), []),
            ("/read/1", None, [f"X-Token: {token('act_')}"]), ("/read/1", token(), [f"Authorization: Bearer {token()}"]),
            ("/read/1", None, [f"Authorization: Basic {token()}"]), ("/read/1", None, [f"Authorization: Bearer {token()} x"]),
            ("/read/1", None, [f"Authorization: {token()}"]), ("/read/1", None, [f"Cookie: session={token()}"]),
            ("/read/1", token() * 400, []), (f"/read/1#{token()}", token(), []),
            ("/read/1", token(), [f"Content-Length: {token()}"]), ("/read/1", token(), [f"Bad Name: {token()}"]),
            ("/read/1", token(), [f"X-Request-Id: {token()}"]),
        ]
        for path, presented, fields in requests:
            try:
                self.admitted += ask(port, path, presented, fields=fields).status == 200
            except Broken:
                pass
        with Connection(port) as connection:
            connection.send(f"GET /read/1 HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {token()}".encode())
        return len(requests)

    def admin_answers(self, admin):
        """Everything that the admin API says, asked as an operator, as a stranger and wrongly."""
        answers = []
        guesses = [self.admin_token, self.secret("s", "guess at the admin token"), None]
        for path in ("/livez", "/readyz", "/metrics", "/routes", "/admin/routes", "/config", "/reload", "/"):
            for guess in guesses:
                for method in ("GET", "POST"):
                    try:
                        answer = ask(admin, path, guess, method=method)
                    except (Broken, OSError):
                        continue
                    answers.append(str(answer.fields).encode() + answer.body)
        return answers

    def fail_reload(self, proxy):
        """A secret written where none may stand: the complaint must not repeat it."""
        misplaced = self.secret("s", "misplaced secret")
        wrong = self.configuration.replace("client_secret: {env: CHECK_SECRET}", f"client_secret: {misplaced}")
        before = proxy.log.count("not reloaded")
        self.stage.write("proxy.yaml", wrong)
        proxy.send(1)
        wait_until(lambda: proxy.log.count("not reloaded") > before, 10, "the reload is refused")

    def checks(self):
        """`check` of the good file, the bad one, and one without its secrets."""
        outputs = []
        good = self.stage.write("good.yaml", self.configuration)
        for path, environment in ((good, self.environment), (self.stage.folder / "proxy.yaml", self.environment), (good, {})):
            command = [self.stage.binary, "check", "--config", path]
            result = subprocess.run(command, capture_output=True, timeout=20,
                                    env={**os.environ, **environment})
            outputs.append(result.stdout + result.stderr)
        return outputs

    @staticmethod
    def is_private(proxy):
        """Its limit of core files, and that /proc says it may not be dumped: then its files belong to root."""
        limits = open(f"/proc/{proxy.pid}/limits").read()
        core = next(line for line in limits.splitlines() if line.startswith("Max core file size")).split()
        if core[4:6] != ["0", "0"]:
            return False
        if os.getuid() == 0:
            return True
        return os.stat(f"/proc/{proxy.pid}/environ").st_uid == 0

    def outputs(self, told):
        files = {name: (self.stage.folder / name).read_bytes() for name in ("proxy.out", "proxy.err", "access.log")}
        return {**files, **{f"answer {number}": text for number, text in enumerate(told)}}

    def leaks(self, outputs):
        """The names of the secrets that stand in what was written, spelt in any way."""
        whole = b"\n".join(outputs.values())
        return sorted({name for value, name in self.used.items() if any(way in whole for way in ways(value))})

    def missed_plants(self, told):
        """This check checked: whatever of what is put into the outputs now is not found.

        Nothing may be looked for afterwards: the files on disk hold the plants.
        """
        missed = []
        for name in sorted(set(self.used.values())):
            value = next(value for value, kind in self.used.items() if kind == name)
            for number, way in enumerate(ways(value)):
                if name not in self.leaks({"planted": b"level=trace x=" + way + b" y"}):
                    missed.append(f"{name}, way {number}")
        for name in ("proxy.out", "proxy.err", "access.log"):
            with open(self.stage.folder / name, "ab") as file:
                file.write(self.secret("t", f"planted in {name}").encode() + b"\n")
        answers = [text + self.secret("t", f"planted in answer {number}").encode() for number, text in enumerate(told)]
        found = self.leaks(self.outputs(answers))
        return missed + [name for name in set(self.used.values()) if name.startswith("planted") and name not in found]


def ways(value):
    """A secret as it is, in base64, percent-encoded and in hexadecimal."""
    data = value.encode()
    return (
        data, base64.b64encode(b"us:" + data).rstrip(b"="), base64.b64encode(data).rstrip(b"="),
        urllib.parse.quote(value, safe="").encode(), data.hex().encode())
