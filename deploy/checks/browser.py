"""A user's token from the first click to its end: authorization server, Chromium, proxy and upstream together."""

import base64
import hashlib
import http.server
import json
import secrets
import threading
import urllib.parse

from .client import Connection
from .devtools import Chromium
from .outcome import Row
from .stage import HOST, REPOSITORY, CheckFailed, Stage, free_port, is_listening, progress, wait_until

# Seconds that the proxy may use the server's answer again, and that a request may be late beyond that.
TTL = 2
LATE = 1.5

SCREENSHOTS = REPOSITORY / ".build/screenshots"


def run(chosen):
    with Stage(chosen.binary, chosen.keep) as stage:
        return Journey(stage, chosen.binary.parent / "bearergate-dev").rows()


class Journey:
    def __init__(self, stage, program):
        if not program.is_file():
            raise CheckFailed(f"{program} is not there (swift build -c release --static-swift-stdlib)")
        self.stage = stage
        self.public, self.admin, self.upstream, self.proxy = (free_port() for _ in range(4))
        self.issuer = f"http://{HOST}:{self.public}"
        stage.start(
            [program, "authorization-server", "--public-port", self.public, "--admin-port", self.admin,
             "--issuer", self.issuer, "--user", "alice", "--user", "bob"], "authorization-server")
        stage.start([program, "echo-upstream", "--port", self.upstream], "echo-upstream")
        for port in (self.public, self.admin, self.upstream):
            wait_until(lambda: is_listening(port), 20, f"port {port} is served")
        stage.serve(CONFIGURATION.format(
            proxy=self.proxy, issuer=self.issuer, admin=self.admin, upstream=self.upstream, ttl=TTL, host=HOST))
        wait_until(lambda: is_listening(self.proxy), 20, "the proxy listens")
        self.callback = Callback()
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)

    def rows(self):
        try:
            return list(self.steps())
        finally:
            self.callback.stop()

    def steps(self):
        client = self.administer("POST", "/admin/clients", {
            "client_name": "Photo Album", "scope": "openid offline notes:read notes:write",
            "grant_types": ["authorization_code", "refresh_token"], "redirect_uris": [self.callback.address],
            "post_logout_redirect_uris": [self.callback.address], "audience": ["https://api.example.com"]})
        browser = Chromium(self.stage)

        code, verifier = self.log_in_and_consent(browser, client)
        yield Row("browser: login and consent page, no script", "the client has a code", code[:7] + "…", bool(code))

        tokens = self.exchange(client, code, verifier)
        names = sorted(name for name in tokens if name.endswith("token"))
        yield Row("browser: the code is exchanged", "access, refresh and ID token", ", ".join(names),
                  names == ["access_token", "id_token", "refresh_token"])

        token = tokens.get("access_token", "")
        seen = [self.request(token), self.request(None), self.request(token, "POST")]
        yield Row("browser: requests through the proxy", "200 with it, 401 without, 403 without the scope",
                  ", ".join(map(str, seen)), seen == [200, 401, 403])

        self.administer("DELETE", "/admin/oauth2/auth/sessions/consent?" + urllib.parse.urlencode(
            {"subject": "bob", "client": client["client_id"]}))
        took = wait_until(lambda: self.request(token) == 401, TTL + 10, "the proxy refuses", interval=0.05)
        yield Row("browser: consent revoked", f"refused within the ttl of {TTL} s", f"{took:.2f} s", took <= TTL + LATE)

        error = self.deny(browser, client)
        yield Row("browser: asked again, and denied", "access_denied", error, error == "access_denied")

        left = self.log_out(browser)
        yield Row("browser: logged out", "the next request asks who it is", "asked" if left else "not asked", left)
        progress(f"screenshots are in {SCREENSHOTS}")

    # In the browser.

    def log_in_and_consent(self, browser, client):
        browser.open(self.authorization(client)[0])
        self.photograph(browser, "login")
        address, verifier = self.authorization(client)
        browser.open(address)
        browser.click("input[value=bob]")
        browser.click("input[name=remember]")
        browser.press("button[value=login]")
        self.photograph(browser, "consent")
        browser.click("input[value='notes:write']")
        browser.press("button[value=allow]")
        return self.callback.take().get("code", ""), verifier

    def deny(self, browser, client):
        browser.open(self.authorization(client)[0])
        if browser.has("input[name=user]"):
            raise CheckFailed("the login was not remembered")
        browser.press("button[value=deny]")
        return self.callback.take().get("error", "nothing")

    def log_out(self, browser):
        browser.open(f"{self.issuer}/oauth2/sessions/logout")
        self.photograph(browser, "logout")
        browser.press("button[value=logout]")
        self.photograph(browser, "logged-out")
        browser.open(f"{self.issuer}/oauth2/auth?client_id=nobody")
        self.photograph(browser, "error")
        client = self.administer("GET", "/admin/clients")[0]
        browser.open(self.authorization(client)[0])
        return browser.has("input[name=user]")

    def photograph(self, browser, name):
        for scheme in ("dark", "light"):
            browser.prefer(scheme)
            browser.photograph(SCREENSHOTS / f"{name}-{scheme}.png")

    def authorization(self, client):
        """The address of a new request, and the verifier that its code will need."""
        verifier = secrets.token_urlsafe(48)
        digest = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        return f"{self.issuer}/oauth2/auth?" + urllib.parse.urlencode({
            "response_type": "code", "client_id": client["client_id"], "redirect_uri": self.callback.address,
            "scope": "openid offline notes:read notes:write", "audience": "https://api.example.com",
            "state": secrets.token_hex(8), "code_challenge": digest, "code_challenge_method": "S256"}), verifier

    # Beside it.

    def exchange(self, client, code, verifier):
        pair = f"{client['client_id']}:{urllib.parse.quote_plus(client['client_secret'])}"
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": self.callback.address,
                "code_verifier": verifier}
        return self.call(self.public, "POST", "/oauth2/token", urllib.parse.urlencode(form).encode(), {
            "Content-Type": "application/x-www-form-urlencoded",
            "Authorization": "Basic " + base64.b64encode(pair.encode()).decode()})[1]

    def request(self, token, method="GET"):
        """The status of a request through the proxy."""
        fields = {"Authorization": f"Bearer {token}"} if token else {}
        return self.call(self.proxy, method, "/notes", b"", fields)[0]

    def administer(self, method, path, body=None):
        data = b"" if body is None else json.dumps(body).encode()
        status, answer = self.call(self.admin, method, path, data, {"Content-Type": "application/json"})
        if status >= 300:
            raise CheckFailed(f"{method} {path.split('?')[0]}: {status}")
        return answer

    def call(self, port, method, path, body, fields):
        connection = Connection(port)
        try:
            lines = [f"{method} {path} HTTP/1.1", f"Host: {HOST}:{port}", f"Content-Length: {len(body)}"]
            lines += [f"{name}: {value}" for name, value in fields.items()]
            connection.send("\r\n".join(lines).encode() + b"\r\n\r\n" + body)
            answer = connection.answer()
        finally:
            connection.close()
        try:
            return answer.status, json.loads(answer.body or b"{}")
        except ValueError:
            return answer.status, {}


class Callback:
    """The client: it remembers with what the browser came, and sends it on to its page at another origin, where
    browsers hold a form's answer against the policy of the page that the form was on."""

    def __init__(self):
        came, arrived = self.came, self.arrived = [], []
        port = free_port()

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                parts = urllib.parse.urlsplit(self.path)
                if parts.path == "/callback":
                    came.append(dict(urllib.parse.parse_qsl(parts.query)))
                    self.send_response(302)
                    self.send_header("Location", f"http://localhost:{port}/arrived")
                    self.send_header("Content-Length", "0")
                    self.end_headers()
                    return
                arrived.append(parts.path)
                self.send_response(200)
                self.send_header("Content-Type", "text/html")
                self.end_headers()
                self.wfile.write(b"<!doctype html><title>Photo Album</title><h1>You are back</h1>")

            def log_message(self, *_):
                pass

        self.address = f"http://{HOST}:{port}/callback"
        self.server = http.server.ThreadingHTTPServer((HOST, port), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def take(self):
        """With what the browser came last."""
        if not self.came:
            raise CheckFailed("the browser did not come back to the client")
        wait_until(lambda: "/arrived" in self.arrived, 10, "the browser goes on to the client's page")
        self.arrived.clear()
        return self.came.pop()

    def stop(self):
        self.server.shutdown()


CONFIGURATION = """
version: 1
listeners:
  - address: {host}:{proxy}
authorization_servers:
  demo:
    issuer: {issuer}
    strategy: introspect
    introspection:
      endpoint: http://{host}:{admin}/admin/oauth2/introspect
    cache: {{ ttl: {ttl}s, negative_ttl: 1s }}
upstreams:
  echo: {{ url: http://{host}:{upstream} }}
routes:
  - name: notes.read
    paths: ["/notes"]
    methods: [GET]
    authorization_server: demo
    scopes: [notes:read]
    upstream: echo
  - name: notes.write
    paths: ["/notes"]
    methods: [POST]
    authorization_server: demo
    scopes: [notes:write]
    upstream: echo
"""
