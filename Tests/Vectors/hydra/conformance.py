#!/usr/bin/env python3
"""Drive an Ory-Hydra-compatible server with the real `ory-hydra-client` package.

    python conformance.py --public http://127.0.0.1:4444 --admin http://127.0.0.1:4445

Prints one PASS/FAIL line per check, then a closing line `N passed, N failed`;
the exit status is 1 when anything failed. Works with ory-hydra-client 2.1.1
(old generator, strict about types) and 25.4.0 (pydantic).

Plain HTTP is used only where the generated client has no parameter for what a
flow needs (scope, PKCE, assertion, cookies, redirects, headers).
`deploy/soak --only conformance` runs it with either client against the development server.
"""
import argparse
import base64
import datetime as dt
import hashlib
import json
import secrets
import sys
import time
from urllib.parse import parse_qs, quote_plus, urlencode, urljoin, urlsplit

import ory_hydra_client
import requests
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils
from ory_hydra_client import models
from ory_hydra_client.api.o_auth2_api import OAuth2Api

OPERATIONS = """accept_o_auth2_consent_request accept_o_auth2_login_request accept_o_auth2_logout_request
create_o_auth2_client delete_o_auth2_client delete_o_auth2_token delete_trusted_o_auth2_jwt_grant_issuer
get_o_auth2_client get_o_auth2_consent_request get_o_auth2_login_request get_o_auth2_logout_request
get_trusted_o_auth2_jwt_grant_issuer introspect_o_auth2_token list_o_auth2_clients list_o_auth2_consent_sessions
list_trusted_o_auth2_jwt_grant_issuers o_auth2_authorize oauth2_token_exchange patch_o_auth2_client
reject_o_auth2_consent_request reject_o_auth2_login_request reject_o_auth2_logout_request
revoke_o_auth2_consent_sessions revoke_o_auth2_login_sessions revoke_o_auth2_token set_o_auth2_client
set_o_auth2_client_lifespans trust_o_auth2_jwt_grant_issuer""".split()

OLD_GENERATOR = hasattr(models, "StringSliceJSONFormat")
JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
CALLBACK = "http://127.0.0.1:5555/callback"
ApiException = ory_hydra_client.ApiException


# ---------------------------------------------------------------- small tools

class Mismatch(Exception):
    """A check did not see what it wanted."""


def want(condition, message):
    if not condition:
        raise Mismatch(message)


def same(actual, expected, what):
    want(actual == expected, f"{what}: expected {expected!r}, got {actual!r}")


def b64(raw):
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def unb64(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def strings(*items):
    """A list of strings in the form the installed client wants."""
    return models.StringSliceJSONFormat(list(items)) if OLD_GENERATOR else list(items)


def lifespan(text):
    return models.NullDuration(text) if OLD_GENERATOR else text


def plain(value):
    """Any client model as plain dicts and lists."""
    if hasattr(value, "to_dict"):
        value = value.to_dict()
    if hasattr(value, "value") and not isinstance(value, (dict, list)):
        value = value.value
    if isinstance(value, list):
        return [plain(v) for v in value]
    if isinstance(value, dict):
        return {k: plain(v) for k, v in value.items()}
    return value


def moment(value, what):
    """A point in time; the old client leaves it as text when told not to check types."""
    if isinstance(value, str):
        value = dt.datetime.fromisoformat(value.replace("Z", "+00:00"))
    want(isinstance(value, dt.datetime), f"{what} is not a date: {value!r}")
    return value


def query(url):
    parts = urlsplit(url)
    pairs = parse_qs(parts.query, keep_blank_values=True)
    pairs.update(parse_qs(parts.fragment, keep_blank_values=True))
    return {k: v[0] for k, v in pairs.items()}


def jwt_parts(token):
    head, body, sig = token.split(".")
    return json.loads(unb64(head)), json.loads(unb64(body)), unb64(sig), f"{head}.{body}".encode()


def jwt_verify(token, jwks):
    """Check RS256/ES256 against a key set; return header and claims."""
    head, claims, sig, signed = jwt_parts(token)
    for key in jwks["keys"]:
        if head.get("kid") not in (None, key.get("kid")):
            continue
        try:
            if key["kty"] == "RSA" and head["alg"] == "RS256":
                n, e = (int.from_bytes(unb64(key[x]), "big") for x in ("n", "e"))
                rsa.RSAPublicNumbers(e, n).public_key().verify(sig, signed, padding.PKCS1v15(), hashes.SHA256())
                return head, claims
            if key["kty"] == "EC" and head["alg"] == "ES256":
                x, y = (int.from_bytes(unb64(key[c]), "big") for c in ("x", "y"))
                der = utils.encode_dss_signature(*(int.from_bytes(sig[i:i + 32], "big") for i in (0, 32)))
                public = ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()
                public.verify(der, signed, ec.ECDSA(hashes.SHA256()))
                return head, claims
        except InvalidSignature:
            continue
    raise Mismatch(f"no published key verifies the token (alg {head.get('alg')}, kid {head.get('kid')})")


class Issuer:
    """A JWT issuer with its own RSA key, for the jwt-bearer grant."""

    def __init__(self):
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.kid = secrets.token_hex(8)
        self.url = f"https://idp-{secrets.token_hex(4)}.example.com"

    def jwk(self):
        numbers = self.key.public_key().public_numbers()
        as_text = [b64(v.to_bytes((v.bit_length() + 7) // 8, "big")) for v in (numbers.n, numbers.e)]
        return models.JsonWebKey(alg="RS256", kid=self.kid, kty="RSA", use="sig", n=as_text[0], e=as_text[1])

    def sign(self, key=None, **claims):
        body = {"iss": self.url, "iat": int(time.time()) - 5, "exp": int(time.time()) + 300,
                "jti": secrets.token_hex(12), **claims}
        head = {"alg": "RS256", "typ": "JWT", "kid": self.kid}
        text = ".".join(b64(json.dumps(x).encode()) for x in (head, body))
        return text + "." + b64((key or self.key).sign(text.encode(), padding.PKCS1v15(), hashes.SHA256()))


# ------------------------------------------------- the server, seen two ways

class Recorder:
    """The generated API object, noting which operations were called."""

    def __init__(self, host, world, user=None, password=None):
        config = ory_hydra_client.Configuration(host=host, username=user, password=password)
        self._api = OAuth2Api(ory_hydra_client.ApiClient(config))
        self._world = world

    def __getattr__(self, name):
        method = getattr(self._api, name)

        def call(*args, **kwargs):
            self._world.called.add(name)
            kwargs["_request_timeout"] = self._world.timeout
            if OLD_GENERATOR and self._world.lenient:
                kwargs["_check_return_type"] = False
            return plain(method(*args, **kwargs))
        return call


class World:
    """Everything the checks share: URLs, API objects and ways to get things made."""

    def __init__(self, options):
        self.public_url = options.public.rstrip("/")
        self.admin_url = options.admin.rstrip("/")
        self.timeout = options.timeout
        self.lenient = options.lenient
        self.called = set()
        self.clients, self.issuers = [], []
        self.admin = Recorder(self.admin_url, self)
        self.public = Recorder(self.public_url, self)
        self.http = requests.Session()
        self._discovery = None

    # -- plain HTTP
    def raw(self, method, side, path, **kwargs):
        base = self.public_url if side == "public" else self.admin_url
        return self.http.request(method, base + path, timeout=self.timeout, allow_redirects=False, **kwargs)

    def discovery(self):
        if self._discovery is None:
            reply = self.raw("GET", "public", "/.well-known/openid-configuration")
            same(reply.status_code, 200, "discovery status")
            self._discovery = reply.json()
        return self._discovery

    def jwks(self):
        reply = self.raw("GET", "public", "/.well-known/jwks.json")
        same(reply.status_code, 200, "key set status")
        return reply.json()

    # -- clients
    def client(self, **fields):
        settings = {"client_name": "conformance", "grant_types": strings("client_credentials"),
                    "scope": "photos.read photos.write", **fields}
        for name in ("grant_types", "response_types", "redirect_uris", "audience", "post_logout_redirect_uris"):
            if isinstance(settings.get(name), (list, tuple)):
                settings[name] = strings(*settings[name])
        made = self.admin.create_o_auth2_client(models.OAuth2Client(**settings))
        self.clients.append(made["client_id"])
        return made

    def web_client(self, **fields):
        return self.client(**{"grant_types": ["authorization_code", "refresh_token"], "response_types": ["code"],
                              "redirect_uris": [CALLBACK], "scope": "openid offline photos.read", **fields})

    def public_client(self, **fields):
        return self.web_client(**{"token_endpoint_auth_method": "none", "scope": "offline photos.read", **fields})

    # -- tokens
    def token(self, client, form, expect=200):
        """POST /oauth2/token with the client's own authentication method."""
        headers, form = {}, dict(form)
        how = client.get("token_endpoint_auth_method") or "client_secret_basic"
        if how == "client_secret_basic":
            pair = f"{quote_plus(client['client_id'])}:{quote_plus(client.get('client_secret', ''))}"
            headers["Authorization"] = "Basic " + base64.b64encode(pair.encode()).decode()
        else:
            form["client_id"] = client["client_id"]
            if how == "client_secret_post":
                form["client_secret"] = client["client_secret"]
        reply = self.raw("POST", "public", "/oauth2/token", data=form, headers=headers)
        if expect is not None:
            same(reply.status_code, expect, f"token endpoint status (body {reply.text[:200]})")
        return reply.json()

    def client_token(self, client, scope="photos.read", **form):
        return self.token(client, {"grant_type": "client_credentials", "scope": scope, **form})

    def introspect(self, token, scope=None):
        extra = {} if scope is None else {"scope": scope}
        return self.admin.introspect_o_auth2_token(token, **extra)

    def active(self, token):
        return self.introspect(token)["active"]

    def trust(self, issuer, **fields):
        body = {"issuer": issuer.url, "jwk": issuer.jwk(), "scope": ["photos.read"],
                "expires_at": dt.datetime.now(dt.timezone.utc).replace(microsecond=0) + dt.timedelta(hours=1), **fields}
        made = self.admin.trust_o_auth2_jwt_grant_issuer(
            trust_o_auth2_jwt_grant_issuer=models.TrustOAuth2JwtGrantIssuer(**body))
        self.issuers.append(made["id"])
        return made

    def clean(self):
        for remove, ids in ((self.admin.delete_o_auth2_client, self.clients),
                            (self.admin.delete_trusted_o_auth2_jwt_grant_issuer, self.issuers)):
            for one in ids:
                try:
                    remove(one)
                except Exception:  # already gone, or the server is: nothing to do about it here
                    pass


class Browser:
    """A cookie jar that walks /oauth2/auth and /oauth2/sessions/logout."""

    def __init__(self, world):
        self.world = world
        self.session = requests.Session()

    def walk(self, url):
        """Follow redirects inside the server; return the first location outside those two endpoints."""
        for _ in range(8):
            reply = self.session.get(url, allow_redirects=False, timeout=self.world.timeout)
            want(reply.is_redirect, f"expected a redirect from {urlsplit(url).path}, "
                                    f"got {reply.status_code}: {reply.text[:160]}")
            url = urljoin(url, reply.headers["Location"])
            if urlsplit(url).path not in ("/oauth2/auth", "/oauth2/sessions/logout"):
                return url
        raise Mismatch("redirect loop inside the server")

    def authorize(self, client, **params):
        params = {"response_type": "code", "client_id": client["client_id"], "redirect_uri": CALLBACK,
                  "scope": client["scope"], "state": secrets.token_hex(8), **params}
        params = {k: v for k, v in params.items() if v is not None}
        return self.walk(self.world.public_url + "/oauth2/auth?" + urlencode(params))

    def challenge(self, url, kind):
        value = query(url).get(kind)
        want(value, f"expected a redirect carrying {kind}, got {url[:200]}")
        return value


class Flow:
    """One authorization-code journey, step by step or all at once."""

    def __init__(self, world, client, browser=None, subject=None, **params):
        self.world, self.client = world, client
        self.browser = browser or Browser(world)
        self.subject = subject or "user-" + secrets.token_hex(6)
        self.verifier = secrets.token_urlsafe(48)
        digest = hashlib.sha256(self.verifier.encode()).digest()
        self.state = secrets.token_hex(8)
        self.params = {"code_challenge": b64(digest), "code_challenge_method": "S256", "state": self.state, **params}

    def start(self):
        self.location = self.browser.authorize(self.client, **self.params)
        self.login_challenge = self.browser.challenge(self.location, "login_challenge")
        return self

    def login(self, **fields):
        body = {"subject": self.subject, **fields}
        if "amr" in body:
            body["amr"] = strings(*body["amr"])
        reply = self.world.admin.accept_o_auth2_login_request(
            self.login_challenge, accept_o_auth2_login_request=models.AcceptOAuth2LoginRequest(**body))
        want("login_verifier" in query(reply["redirect_to"]), f"redirect_to without login_verifier: {reply}")
        self.location = self.browser.walk(reply["redirect_to"])
        self.consent_challenge = self.browser.challenge(self.location, "consent_challenge")
        return self

    def consent(self, scope=None, **fields):
        scope = self.client["scope"].split() if scope is None else scope
        body = {"grant_scope": strings(*scope), **fields}
        if "grant_access_token_audience" in body:
            body["grant_access_token_audience"] = strings(*body["grant_access_token_audience"])
        if "session" in body:
            body["session"] = models.AcceptOAuth2ConsentRequestSession(**body["session"])
        reply = self.world.admin.accept_o_auth2_consent_request(
            self.consent_challenge, accept_o_auth2_consent_request=models.AcceptOAuth2ConsentRequest(**body))
        want("consent_verifier" in query(reply["redirect_to"]), f"redirect_to without consent_verifier: {reply}")
        self.consent_redirect = reply["redirect_to"]
        self.location = self.browser.walk(reply["redirect_to"])
        want(self.location.startswith(CALLBACK), f"expected the client's callback, got {self.location[:200]}")
        self.code = query(self.location).get("code")
        want(self.code, f"callback without code: {self.location[:300]}")
        return self

    def exchange(self, expect=200, client=None, **changes):
        form = {"grant_type": "authorization_code", "code": self.code, "redirect_uri": CALLBACK,
                "code_verifier": self.verifier, **changes}
        self.tokens = self.world.token(client or self.client, {k: v for k, v in form.items() if v is not None}, expect)
        return self.tokens

    def run(self, login=None, consent=None):
        self.start().login(**(login or {})).consent(**(consent or {}))
        self.exchange()
        return self


def api_error(call, *statuses):
    """Run a call that must fail; return the decoded error body."""
    try:
        got = call()
    except ApiException as error:
        want(error.status in statuses, f"expected status {statuses}, got {error.status}: {str(error.body)[:200]}")
        try:
            return json.loads(error.body or "{}")
        except ValueError:
            return {}
    raise Mismatch(f"expected an error {statuses}, but the call succeeded: {str(got)[:160]}")


def rejection(error="access_denied", **fields):
    return models.RejectOAuth2Request(error=error, error_description="The user said no.", status_code=403, **fields)


def only_inactive(world, token, scope=None):
    """The whole body, not just the flag: an inactive answer says nothing else."""
    form = {"token": token, **({"scope": scope} if scope else {})}
    reply = world.raw("POST", "admin", "/admin/oauth2/introspect", data=form)
    same(reply.status_code, 200, "introspection status")
    same(reply.json(), {"active": False}, "introspection body")


# --------------------------------------------------------------------- checks

CHECKS = []


def check(function):
    CHECKS.append((function.__name__.replace("__", "."), function))
    return function


# -- beside the 28 operations

@check
def server__ready(w):
    for side in ("public", "admin"):
        same(w.raw("GET", side, "/health/ready").status_code, 200, f"{side} /health/ready")


@check
def server__discovery(w):
    found = w.discovery()
    same(found["issuer"].rstrip("/"), w.public_url, "issuer (start the server with the URL given as --public)")
    for name, path in (("authorization_endpoint", "/oauth2/auth"), ("token_endpoint", "/oauth2/token"),
                       ("revocation_endpoint", "/oauth2/revoke"), ("jwks_uri", "/.well-known/jwks.json"),
                       ("end_session_endpoint", "/oauth2/sessions/logout")):
        same(found[name], w.public_url + path, name)
    want("S256" in found["code_challenge_methods_supported"], "S256 not announced")


@check
def server__key_set_has_no_private_parts(w):
    keys = w.jwks()["keys"]
    want(keys, "empty key set")
    for key in keys:
        want(key.get("kid") and not {"d", "p", "q", "k"} & set(key), f"bad published key: {sorted(key)}")


# -- clients

@check
def clients__create_defaults(w):
    made = w.client(grant_types=["client_credentials"], scope="")
    want(made.get("client_id") and len(made.get("client_secret", "")) >= 16, "no id, or no generated secret")
    same(made.get("token_endpoint_auth_method"), "client_secret_basic", "token_endpoint_auth_method")
    same(set(made["scope"].split()), {"offline_access", "offline", "openid"}, "default scope")
    same(made.get("subject_type"), "public", "subject_type")
    same(made.get("userinfo_signed_response_alg"), "none", "userinfo_signed_response_alg")
    same(made.get("client_secret_expires_at"), 0, "client_secret_expires_at")
    want(abs(moment(made.get("created_at"), "created_at").timestamp() - time.time()) < 60, "created_at is not now")
    want(str(made.get("registration_access_token", "")).startswith("ory_at_"), "registration_access_token missing")
    want(made["client_id"] in str(made.get("registration_client_uri")), "registration_client_uri missing")


@check
def clients__create_status_and_location(w):
    reply = w.raw("POST", "admin", "/admin/clients", json={"client_name": "raw"})
    same(reply.status_code, 201, "status")
    w.clients.append(reply.json()["client_id"])
    same(urlsplit(reply.headers.get("Location", "")).path, "/admin/clients/" + reply.json()["client_id"], "Location")
    want(reply.headers["Content-Type"].lower().startswith("application/json"), "Content-Type")


@check
def clients__create_keeps_given_secret(w):
    same(w.client(client_secret="a-given-secret")["client_secret"], "a-given-secret", "client_secret")


@check
def clients__create_public_has_no_secret(w):
    want(not w.public_client().get("client_secret"), "a public client got a secret")


@check
def clients__create_rejects_bad_metadata(w):
    for fields, error in (({"client_secret": "short"}, "invalid_client_metadata"),
                          ({"redirect_uris": ["http://127.0.0.1/cb#frag"]}, "invalid_redirect_uri"),
                          ({"redirect_uris": [CALLBACK], "post_logout_redirect_uris": ["https://else.example/x"]},
                           "invalid_client_metadata"),
                          ({"token_endpoint_auth_method": "private_key_jwt"}, "invalid_client_metadata"),
                          ({"subject_type": "nonsense"}, "invalid_client_metadata")):
        same(api_error(lambda f=fields: w.client(**f), 400).get("error"), error, f"error for {sorted(fields)}")


@check
def clients__create_rejects_bad_json(w):
    reply = w.raw("POST", "admin", "/admin/clients", data="{nope", headers={"Content-Type": "application/json"})
    want(reply.status_code in (400, 500), f"status {reply.status_code}")
    want("error" in reply.json(), "no error body")


@check
def clients__get(w):
    made = w.client(metadata={"team": "a"}, owner="me", contacts=strings("x@example.com"))
    got = w.admin.get_o_auth2_client(made["client_id"])
    want(not got.get("client_secret"), "get returned a secret")
    for name in ("client_id", "client_name", "scope", "owner", "metadata", "contacts", "created_at"):
        same(got.get(name), made.get(name), name)
    same(list(got["grant_types"]), ["client_credentials"], "grant_types")


@check
def clients__get_unknown(w):
    error = api_error(lambda: w.admin.get_o_auth2_client("no-such-client"), 404)
    want(error.get("error"), f"error body: {error}")


@check
def clients__list_filters(w):
    mark = secrets.token_hex(6)
    ids = {w.client(owner=mark, client_name=f"n-{mark}")["client_id"] for _ in range(3)}
    other = w.client(owner=mark, client_name=f"m-{mark}")["client_id"]
    by_owner = w.admin.list_o_auth2_clients(owner=mark)
    same({c["client_id"] for c in by_owner}, ids | {other}, "filtered by owner")
    want(not any(c.get("client_secret") for c in by_owner), "a list entry carries a secret")
    same({c["client_id"] for c in w.admin.list_o_auth2_clients(client_name=f"n-{mark}")}, ids, "filtered by name")
    same(w.admin.list_o_auth2_clients(client_name="nobody-" + mark), [], "no match")


@check
def clients__list_pages(w):
    mark = secrets.token_hex(6)
    ids = [w.client(owner=mark)["client_id"] for _ in range(5)]
    seen, token, path = [], None, f"/admin/clients?owner={mark}&page_size=2"
    for _ in range(4):
        reply = w.raw("GET", "admin", path)
        seen += [c["client_id"] for c in reply.json()]
        following = requests.utils.parse_header_links(reply.headers.get("Link", ""))
        path = next((part["url"] for part in following if part.get("rel") == "next"), None)
        if not path or not reply.json():
            break
        path = urlsplit(path).path + "?" + urlsplit(path).query
        token = token or query(path).get("page_token")
        want(token and query(path).get("page_size") == "2", f"next link: {path}")
    same(sorted(seen), sorted(ids), "ids over all pages, each once")
    second = w.admin.list_o_auth2_clients(owner=mark, page_size=2, page_token=token)
    same([c["client_id"] for c in second], seen[2:4], "second page through the generated client")


@check
def clients__set_replaces(w):
    made = w.client(owner="before", client_secret="first-secret-1")
    body = models.OAuth2Client(client_name="after", scope="photos.read", grant_types=strings("client_credentials"))
    after = w.admin.set_o_auth2_client(made["client_id"], body)
    same((after["client_name"], after.get("owner") or ""), ("after", ""), "name and owner after the replace")
    want(not after.get("client_secret"), "a secret was returned although none was sent")
    w.client_token({**after, "client_secret": "first-secret-1"})
    changed = w.admin.set_o_auth2_client(made["client_id"], models.OAuth2Client(
        client_secret="second-secret-2", scope="photos.read", grant_types=strings("client_credentials")))
    same(changed.get("client_secret"), "second-secret-2", "echoed secret")
    w.client_token(changed)
    w.token({**changed, "client_secret": "first-secret-1"}, {"grant_type": "client_credentials"}, expect=401)


@check
def clients__set_unknown(w):
    api_error(lambda: w.admin.set_o_auth2_client("no-such-client", models.OAuth2Client(client_name="x")), 404)


@check
def clients__patch(w):
    made = w.client(owner="before", contacts=strings("a@example.com"))
    after = w.admin.patch_o_auth2_client(made["client_id"], [
        models.JsonPatch(op="replace", path="/owner", value="after"),
        models.JsonPatch(op="add", path="/contacts/-", value="b@example.com"),
        models.JsonPatch(op="remove", path="/contacts/0")])
    same((after["owner"], list(after["contacts"])), ("after", ["b@example.com"]), "patched fields")
    want(not after.get("client_secret"), "a secret was returned although it was not patched")
    w.client_token(made)
    changed = w.admin.patch_o_auth2_client(made["client_id"], [
        models.JsonPatch(op="replace", path="/client_secret", value="patched-secret")])
    same(changed.get("client_secret"), "patched-secret", "patched secret")
    w.client_token({**made, "client_secret": "patched-secret"})


@check
def clients__patch_refuses(w):
    made = w.client()
    for patch in (models.JsonPatch(op="replace", path="/id", value="x"),
                  models.JsonPatch(op="test", path="/owner", value=""),
                  models.JsonPatch(op="replace", path="/subject_type", value="nonsense")):
        api_error(lambda p=patch: w.admin.patch_o_auth2_client(made["client_id"], [p]), 400, 500)
    patch = [models.JsonPatch(op="replace", path="/owner", value="x")]
    api_error(lambda: w.admin.patch_o_auth2_client("no-such-client", patch), 404)


@check
def clients__lifespans(w):
    made = w.client()
    after = w.admin.set_o_auth2_client_lifespans(made["client_id"], o_auth2_client_token_lifespans=(
        models.OAuth2ClientTokenLifespans(client_credentials_grant_access_token_lifespan=lifespan("2h"),
                                          refresh_token_grant_id_token_lifespan=lifespan("90m"))))
    same(after["client_credentials_grant_access_token_lifespan"], "2h0m0s", "Go style duration")
    same(after["refresh_token_grant_id_token_lifespan"], "1h30m0s", "Go style duration")
    same(after["client_name"], made["client_name"], "other fields")
    want(7100 <= w.client_token(made)["expires_in"] <= 7200, "expires_in does not follow the lifespan")
    reset = w.admin.set_o_auth2_client_lifespans(made["client_id"], o_auth2_client_token_lifespans=(
        models.OAuth2ClientTokenLifespans(client_credentials_grant_access_token_lifespan=lifespan("1m"))))
    want(reset.get("refresh_token_grant_id_token_lifespan") is None, "left-out lifespan was kept")
    want(50 <= w.client_token(made)["expires_in"] <= 60, "expires_in does not follow the new lifespan")


@check
def clients__delete(w):
    made = w.client()
    token = w.client_token(made)["access_token"]
    want(w.admin.delete_o_auth2_client(made["client_id"]) is None, "delete returned a body")
    api_error(lambda: w.admin.get_o_auth2_client(made["client_id"]), 404)
    api_error(lambda: w.admin.delete_o_auth2_client(made["client_id"]), 404)
    only_inactive(w, token)


# -- client credentials and token endpoint errors

@check
def token__client_credentials_with_generated_client(w):
    made = w.client()
    api = Recorder(w.public_url, w, made["client_id"], made["client_secret"])
    got = api.oauth2_token_exchange("client_credentials")
    same(got["token_type"].lower(), "bearer", "token_type")
    want(3590 <= got["expires_in"] <= 3600, f"expires_in {got['expires_in']}")
    want(got["access_token"].startswith("ory_at_"), "access token prefix")
    want(not got.get("refresh_token") and not got.get("id_token"), "unexpected refresh or ID token")


@check
def token__headers_and_scope(w):
    made = w.client()
    reply = w.raw("POST", "public", "/oauth2/token", auth=(made["client_id"], made["client_secret"]),
                  data={"grant_type": "client_credentials", "scope": "photos.read photos.write"})
    same((reply.status_code, reply.json().get("scope")), (200, "photos.read photos.write"), "status and scope")
    want("no-store" in reply.headers.get("Cache-Control", ""), "Cache-Control: no-store is missing")


@check
def token__client_secret_post(w):
    made = w.client(token_endpoint_auth_method="client_secret_post")
    w.client_token(made)
    same(w.token({**made, "token_endpoint_auth_method": "client_secret_basic"},
                 {"grant_type": "client_credentials"}, 401)["error"], "invalid_client", "basic for a post client")


@check
def token__basic_credentials_are_form_encoded(w):
    w.client_token(w.client(client_secret="s3cr%t +/=&:\u00fc"))


@check
def token__errors(w):
    made = w.client(audience=["https://api.example.com"])
    bad = {**made, "client_secret": "wrong-secret"}
    ghost = {**made, "client_id": "no-such-client"}
    web = w.web_client()
    grant = {"grant_type": "client_credentials"}
    for who, form, status, errors in (
            (bad, grant, 401, ["invalid_client"]),
            (ghost, grant, 401, ["invalid_client"]),
            (made, {**grant, "scope": "photos.delete"}, 400, ["invalid_scope"]),
            (made, {**grant, "audience": "https://other.example.com"}, 400, ["invalid_request"]),
            (made, {"scope": "photos.read"}, 400, ["invalid_request"]),
            (made, {"grant_type": "made-up"}, 400, ["invalid_request", "unsupported_grant_type"]),
            (web, grant, 400, ["unauthorized_client"]),
            (made, {"grant_type": "authorization_code", "code": "x.y"}, 400, ["unauthorized_client"]),
            (web, {"grant_type": "authorization_code", "code": "ory_ac_x.y"}, 400, ["invalid_grant"]),
            (web, {"grant_type": "refresh_token", "refresh_token": "ory_rt_x.y"}, 400, ["invalid_grant"])):
        body = w.token(who, form, status)
        want(body.get("error") in errors, f"{form}: expected {errors}, got {body}")
        want(isinstance(body.get("error_description"), str), f"{form}: no error_description")


@check
def token__audience(w):
    made = w.client(audience=["https://api.example.com/users"])
    one = w.client_token(made, audience="https://api.example.com/users/42")["access_token"]
    same(w.introspect(one)["aud"], ["https://api.example.com/users/42"], "aud")
    same(w.introspect(w.client_token(made)["access_token"])["aud"], [], "aud without a requested audience")


@check
def token__jwt_strategy(w):
    made = w.client(access_token_strategy="jwt")
    token = w.client_token(made)["access_token"]
    head, claims = jwt_verify(token, w.jwks())
    same((claims["client_id"], claims["sub"]), (made["client_id"],) * 2, "client_id and sub")
    same((claims["scp"], claims["iss"].rstrip("/")), (["photos.read"], w.public_url), "scp and iss")
    want(claims.get("jti") and claims["exp"] > claims["iat"], "jti, iat or exp")
    want(w.active(token), "a fresh JWT access token is inactive")
    Recorder(w.public_url, w, made["client_id"], made["client_secret"]).revoke_o_auth2_token(token)
    only_inactive(w, token)


# -- introspection

@check
def introspect__active_fields(w):
    made = w.client()
    issued = w.client_token(made, "photos.read photos.write")
    got = w.introspect(issued["access_token"])
    same(got["active"], True, "active")
    for name, value in (("client_id", made["client_id"]), ("sub", made["client_id"]), ("token_type", "Bearer"),
                        ("token_use", "access_token"), ("scope", "photos.read photos.write"), ("aud", [])):
        same(got.get(name), value, name)
    same(got["iss"].rstrip("/"), w.public_url, "iss")
    same(got["nbf"], got["iat"], "nbf equals iat")
    want(all(isinstance(got[n], int) for n in ("exp", "iat", "nbf")), "exp, iat and nbf are whole numbers")
    want(abs(got["exp"] - got["iat"] - issued["expires_in"]) <= 2, "exp does not fit expires_in")


@check
def introspect__scope_parameter(w):
    token = w.client_token(w.client(), "photos.read")["access_token"]
    same(w.introspect(token, "photos.read")["active"], True, "granted scope")
    same(w.introspect(token, "")["active"], True, "empty scope")
    same(w.introspect(token, "  photos.read  ")["active"], True, "surrounding spaces")
    for scope in ("photos.write", "photos.read photos.write", "photos", "PHOTOS.READ"):
        only_inactive(w, token, scope)


@check
def introspect__not_tokens(w):
    token = w.client_token(w.client())["access_token"]
    head, sig = token.split(".")
    for text in ("", "nonsense", "a.b", "a.b.c", token + "x", head + "." + sig[::-1], head[:-4] + "AAAA." + sig):
        only_inactive(w, text or " ")


@check
def introspect__empty_body(w):
    reply = w.raw("POST", "admin", "/admin/oauth2/introspect", headers={
        "Content-Type": "application/x-www-form-urlencoded"})
    same((reply.status_code, reply.json().get("error")), (400, "invalid_request"), "status and error")


@check
def introspect__expired(w):
    made = w.client()
    w.admin.set_o_auth2_client_lifespans(made["client_id"], o_auth2_client_token_lifespans=(
        models.OAuth2ClientTokenLifespans(client_credentials_grant_access_token_lifespan=lifespan("1s"))))
    token = w.client_token(made)["access_token"]
    time.sleep(2.1)
    only_inactive(w, token)


# -- revocation

@check
def revoke__access_token(w):
    made = w.client(token_endpoint_auth_method="client_secret_post")
    token, other = (w.client_token(made)["access_token"] for _ in range(2))
    want(w.public.revoke_o_auth2_token(token, client_id=made["client_id"],
                                       client_secret=made["client_secret"]) is None, "revocation returned a body")
    only_inactive(w, token)
    want(w.active(other), "another token of the same client was revoked too")


@check
def revoke__unknown_token_is_fine(w):
    made = w.client()
    api = Recorder(w.public_url, w, made["client_id"], made["client_secret"])
    for token in ("nonsense", "ory_at_x.y"):
        api.revoke_o_auth2_token(token)


@check
def revoke__foreign_token_stays(w):
    token = w.client_token(w.client())["access_token"]
    other = w.client()
    try:
        Recorder(w.public_url, w, other["client_id"], other["client_secret"]).revoke_o_auth2_token(token)
    except ApiException as error:
        want(error.status in (400, 401, 403), f"status {error.status}")
    want(w.active(token), "a client revoked another client's token")


@check
def revoke__needs_authentication(w):
    made = w.client()
    token = w.client_token(made)["access_token"]
    wrong = Recorder(w.public_url, w, made["client_id"], "wrong-secret")
    same(api_error(lambda: wrong.revoke_o_auth2_token(token), 401).get("error"), "invalid_client", "error")
    want(w.active(token), "revoked without authentication")


@check
def revoke__delete_tokens_of_client(w):
    made, other = w.client(), w.client()
    tokens = [w.client_token(made)["access_token"] for _ in range(2)]
    kept = w.client_token(other)["access_token"]
    want(w.admin.delete_o_auth2_token(made["client_id"]) is None, "returned a body")
    for token in tokens:
        only_inactive(w, token)
    want(w.active(kept), "another client's token was deleted")
    same(w.raw("DELETE", "admin", "/admin/oauth2/tokens").status_code, 400, "status without client_id")


# -- authorization endpoint

@check
def authorize__generated_client_gets_an_error(w):
    try:
        got = w.public.o_auth2_authorize()
    except ApiException as error:
        want(error.status >= 400, f"status {error.status}")
    else:
        want((got or {}).get("error"), f"no error for an empty authorization request: {got}")


@check
def authorize__never_redirects_to_unknown_places(w):
    made = w.web_client()
    for params in ({"client_id": "no-such-client"}, {"redirect_uri": "https://evil.example/cb"},
                   {"redirect_uri": CALLBACK + "/deeper"}, {"redirect_uri": CALLBACK + "?x=1"}):
        place = Browser(w).authorize(made, **params)
        want(urlsplit(place).netloc != "evil.example" and not place.startswith(CALLBACK), f"redirected to {place}")
        want("error" in query(place), f"no error in {place[:200]}")


@check
def authorize__errors_go_to_the_client(w):
    made = w.web_client(audience=["https://api.example.com"])
    for params, error in (({"state": "short"}, "invalid_state"),
                          ({"scope": "photos.delete"}, "invalid_scope"),
                          ({"response_type": "token"}, "unsupported_response_type"),
                          ({"audience": "https://other.example.com"}, "invalid_request"),
                          ({"prompt": "none"}, "login_required")):
        place = Browser(w).authorize(made, **params)
        want(place.startswith(CALLBACK), f"{params}: went to {place[:160]}")
        got = query(place)
        same(got.get("error"), error, f"error for {params}")
        want(got.get("state"), f"state missing for {params}")


@check
def authorize__loopback_port_may_differ(w):
    place = Browser(w).authorize(w.web_client(), redirect_uri="http://127.0.0.1:7777/callback")
    want("login_challenge" in query(place), f"went to {place[:160]}")


# -- login and consent

@check
def login__request(w):
    made = w.web_client(audience=["https://api.example.com"])
    flow = Flow(w, made, audience="https://api.example.com", login_hint="a@example.com", acr_values="one two",
                ui_locales="de en", display="page", nonce="nonce-12345").start()
    got = w.admin.get_o_auth2_login_request(flow.login_challenge)
    same(got["challenge"], flow.login_challenge, "challenge")
    same((got["skip"], got["subject"]), (False, ""), "skip and subject")
    same(list(got["requested_scope"]), made["scope"].split(), "requested_scope")
    same(list(got["requested_access_token_audience"]), ["https://api.example.com"], "requested audience")
    same(got["client"]["client_id"], made["client_id"], "client")
    want(not got["client"].get("client_secret"), "the client's secret is in the login request")
    same(query(got["request_url"])["state"], flow.state, "state inside request_url")
    want(got.get("session_id"), "session_id missing")
    context = got["oidc_context"]
    same((context["login_hint"], context["display"]), ("a@example.com", "page"), "oidc_context")
    same((context["acr_values"], context["ui_locales"]), (["one", "two"], ["de", "en"]), "oidc_context lists")


@check
def login__bad_challenges(w):
    api_error(lambda: w.admin.get_o_auth2_login_request("no-such-challenge"), 404)
    api_error(lambda: w.admin.get_o_auth2_consent_request("no-such-challenge"), 404)
    accept = models.AcceptOAuth2LoginRequest(subject="x")
    api_error(lambda: w.admin.accept_o_auth2_login_request(
        "no-such-challenge", accept_o_auth2_login_request=accept), 404)
    for path in ("login", "consent"):
        reply = w.raw("GET", "admin", f"/admin/oauth2/auth/requests/{path}")
        same((reply.status_code, reply.json()["error"]), (400, "invalid_request"), f"{path} without a challenge")


@check
def login__needs_a_subject(w):
    flow = Flow(w, w.web_client()).start()
    reply = w.raw("PUT", "admin", "/admin/oauth2/auth/requests/login/accept", json={"remember": True},
                  params={"login_challenge": flow.login_challenge})
    same((reply.status_code, reply.json()["error"]), (400, "invalid_request"), "status and error")


@check
def login__reject(w):
    flow = Flow(w, w.web_client()).start()
    reply = w.admin.reject_o_auth2_login_request(flow.login_challenge, reject_o_auth2_request=rejection())
    place = flow.browser.walk(reply["redirect_to"])
    want(place.startswith(CALLBACK), f"went to {place[:160]}")
    got = query(place)
    same((got["error"], got["state"]), ("access_denied", flow.state), "error and state")
    want("The user said no." in got["error_description"], "error_description")


@check
def login__verifier_is_bound_to_the_browser(w):
    flow = Flow(w, w.web_client()).start()
    reply = w.admin.accept_o_auth2_login_request(
        flow.login_challenge, accept_o_auth2_login_request=models.AcceptOAuth2LoginRequest(subject="x"))
    place = Browser(w).walk(reply["redirect_to"])
    same(query(place).get("error"), "request_forbidden", f"error for a verifier without its cookie ({place[:120]})")


@check
def login__verifier_must_be_known(w):
    made = w.web_client()
    for name in ("login_verifier", "consent_verifier"):
        place = Browser(w).authorize(made, **{name: "made-up"})
        same(query(place).get("error"), "access_denied", f"error for an unknown {name}")


@check
def consent__request(w):
    flow = Flow(w, w.web_client()).start().login(acr="silver", amr=["pwd", "otp"], context={"tenant": "t1"})
    got = w.admin.get_o_auth2_consent_request(flow.consent_challenge)
    for name, value in (("challenge", flow.consent_challenge), ("subject", flow.subject), ("skip", False),
                        ("acr", "silver"), ("context", {"tenant": "t1"})):
        same(got.get(name), value, name)
    same(list(got["amr"]), ["pwd", "otp"], "amr")
    same(list(got["requested_scope"]), flow.client["scope"].split(), "requested_scope")
    want(got.get("login_challenge") and got.get("login_session_id"), "login_challenge or login_session_id missing")
    same(got["client"]["client_id"], flow.client["client_id"], "client")
    want(not got["client"].get("client_secret"), "the client's secret is in the consent request")


@check
def consent__reject(w):
    flow = Flow(w, w.web_client()).start().login()
    reply = w.admin.reject_o_auth2_consent_request(
        flow.consent_challenge, reject_o_auth2_request=rejection("custom_reason"))
    got = query(flow.browser.walk(reply["redirect_to"]))
    same((got["error"], got["state"]), ("custom_reason", flow.state), "error and state")


@check
def consent__verifier_works_once(w):
    flow = Flow(w, w.web_client()).start().login().consent()
    got = query(flow.browser.walk(flow.consent_redirect))
    want("error" in got and "code" not in got, f"a used consent verifier gave {sorted(got)}")


# -- authorization code

@check
def code__full_flow(w):
    made = w.web_client(audience=["https://api.example.com"])
    flow = Flow(w, made, nonce="nonce-12345", audience="https://api.example.com")
    flow.start().login(acr="gold", amr=["pwd"])
    flow.consent(grant_access_token_audience=["https://api.example.com"],
                 session={"access_token": {"tier": "pro", "n": {"a": [1, None]}}, "id_token": {"email": "a@b.c"}})
    back = query(flow.location)
    same((back["state"], back["scope"]), (flow.state, made["scope"]), "state and scope on the callback")
    want(flow.code.startswith("ory_ac_"), "code prefix")
    tokens = flow.exchange()
    same((tokens["token_type"].lower(), tokens["scope"]), ("bearer", made["scope"]), "token_type and scope")
    want(tokens["access_token"].startswith("ory_at_") and tokens["refresh_token"].startswith("ory_rt_"), "prefixes")
    access = w.introspect(tokens["access_token"])
    same((access["active"], access["sub"], access["client_id"]), (True, flow.subject, made["client_id"]), "access")
    same((access["scope"], access["aud"]), (made["scope"], ["https://api.example.com"]), "scope and aud")
    same(access["ext"], {"tier": "pro", "n": {"a": [1, None]}}, "ext")
    refresh = w.introspect(tokens["refresh_token"])
    same((refresh["active"], refresh["token_use"]), (True, "refresh_token"), "refresh token introspection")
    want(refresh["exp"] - refresh["iat"] > 700 * 3600, "refresh token lifespan")
    head, claims = jwt_verify(tokens["id_token"], w.jwks())
    same((claims["iss"].rstrip("/"), claims["sub"], claims["nonce"]), (w.public_url, flow.subject, "nonce-12345"), "ID")
    same((claims["acr"], claims["amr"], claims["email"]), ("gold", ["pwd"], "a@b.c"), "acr, amr and session claims")
    audience = claims["aud"] if isinstance(claims["aud"], list) else [claims["aud"]]
    same(audience, [made["client_id"]], "ID token aud")
    half = hashlib.sha256(tokens["access_token"].encode()).digest()[:16]
    same(claims["at_hash"], b64(half), "at_hash")
    want(claims.get("sid") and claims.get("auth_time") and claims["exp"] > claims["iat"], "sid, auth_time or exp")


@check
def code__public_client_with_generated_client(w):
    made = w.public_client()
    flow = Flow(w, made, code_challenge=None, code_challenge_method=None).start().login().consent()
    got = w.public.oauth2_token_exchange("authorization_code", client_id=made["client_id"], code=flow.code,
                                         redirect_uri=CALLBACK)
    want(w.active(got["access_token"]) and got["refresh_token"], "tokens of a public client")


@check
def code__pkce(w):
    made = w.web_client()
    for changes in ({"code_verifier": secrets.token_urlsafe(48)}, {"code_verifier": None}, {"code_verifier": "short"}):
        flow = Flow(w, made).start().login().consent()
        same(flow.exchange(400, **changes)["error"], "invalid_grant", f"error for {list(changes.values())}")
    place = Browser(w).authorize(made, code_challenge="x" * 43, code_challenge_method="plain")
    if "login_challenge" in query(place):  # the method may be refused at once or after consent
        flow = Flow(w, made, code_challenge="x" * 43, code_challenge_method="plain").start().login()
        reply = w.admin.accept_o_auth2_consent_request(
            flow.consent_challenge, accept_o_auth2_consent_request=models.AcceptOAuth2ConsentRequest())
        place = flow.browser.walk(reply["redirect_to"])
    same(query(place).get("error"), "invalid_request", "error for the plain method")


@check
def code__wrong_client_or_redirect(w):
    made, other = w.web_client(), w.web_client()
    flow = Flow(w, made).start().login().consent()
    same(flow.exchange(400, client=other)["error"], "invalid_grant", "another client's code")
    flow = Flow(w, made).start().login().consent()
    same(flow.exchange(400, redirect_uri=CALLBACK + "/x")["error"], "invalid_grant", "another redirect_uri")


@check
def code__reuse_revokes_the_tokens(w):
    flow = Flow(w, w.web_client()).run()
    first = dict(flow.tokens)
    same(flow.exchange(400)["error"], "invalid_grant", "error for a used code")
    only_inactive(w, first["access_token"])
    only_inactive(w, first["refresh_token"])


@check
def code__partial_grant(w):
    flow = Flow(w, w.web_client()).run(consent={"scope": ["photos.read"]})
    same(flow.tokens["scope"], "photos.read", "scope")
    want("refresh_token" not in flow.tokens and "id_token" not in flow.tokens, "a token nobody consented to")


# -- refresh

@check
def refresh__rotation_with_generated_client(w):
    made = w.public_client()
    first = Flow(w, made).run(consent={"session": {"access_token": {"k": "v"}}}).tokens
    got = w.public.oauth2_token_exchange("refresh_token", client_id=made["client_id"],
                                         refresh_token=first["refresh_token"])
    want(got["refresh_token"] != first["refresh_token"] and got["access_token"] != first["access_token"], "rotation")
    only_inactive(w, first["access_token"])
    only_inactive(w, first["refresh_token"])
    fresh = w.introspect(got["access_token"])
    same((fresh["active"], fresh["ext"]), (True, {"k": "v"}), "new access token")
    want(w.active(got["refresh_token"]), "the new refresh token is inactive")


@check
def refresh__reuse_revokes_the_family(w):
    made = w.web_client()
    first = Flow(w, made).run().tokens
    form = {"grant_type": "refresh_token", "refresh_token": first["refresh_token"]}
    second = w.token(made, form)
    want("id_token" in second, "no new ID token for the openid scope")
    body = w.token(made, form, expect=None)
    want(body.get("error") in ("invalid_grant", "token_inactive"), f"reuse gave {body}")
    only_inactive(w, second["access_token"])
    only_inactive(w, second["refresh_token"])


@check
def refresh__other_client(w):
    first = Flow(w, w.web_client()).run().tokens
    body = w.token(w.web_client(), {"grant_type": "refresh_token", "refresh_token": first["refresh_token"]}, 400)
    same(body["error"], "invalid_grant", "error")
    want(w.active(first["refresh_token"]), "a failed attempt by another client ended the token")


@check
def refresh__revocation_cascades(w):
    made = w.web_client()
    api = Recorder(w.public_url, w, made["client_id"], made["client_secret"])
    for name in ("refresh_token", "access_token"):
        tokens = Flow(w, made).run().tokens
        api.revoke_o_auth2_token(tokens[name])
        only_inactive(w, tokens["access_token"])
        only_inactive(w, tokens["refresh_token"])


@check
def refresh__survives_delete_tokens(w):
    made = w.web_client()
    tokens = Flow(w, made).run().tokens
    w.admin.delete_o_auth2_token(made["client_id"])
    only_inactive(w, tokens["access_token"])
    w.token(made, {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]})


# -- remembered sessions

@check
def session__remembered_login(w):
    made, browser = w.web_client(), Browser(w)
    flow = Flow(w, made, browser).run(login={"remember": True, "remember_for": 3600})
    again = Flow(w, made, browser, flow.subject).start()
    got = w.admin.get_o_auth2_login_request(again.login_challenge)
    same((got["skip"], got["subject"]), (True, flow.subject), "skip and subject")
    again.login().consent()
    fresh = Flow(w, made, browser, flow.subject, prompt="login").start()
    same(w.admin.get_o_auth2_login_request(fresh.login_challenge)["skip"], False, "skip with prompt=login")
    stranger = Flow(w, made, Browser(w)).start()
    same(w.admin.get_o_auth2_login_request(stranger.login_challenge)["skip"], False, "skip in another browser")


@check
def session__forgotten_login(w):
    made, browser = w.web_client(), Browser(w)
    Flow(w, made, browser).run(login={"remember": False})
    again = Flow(w, made, browser).start()
    same(w.admin.get_o_auth2_login_request(again.login_challenge)["skip"], False, "skip")


@check
def session__skip_keeps_the_subject(w):
    made, browser = w.web_client(), Browser(w)
    Flow(w, made, browser).run(login={"remember": True})
    again = Flow(w, made, browser, "someone-else").start()
    body = models.AcceptOAuth2LoginRequest(subject="someone-else")
    try:
        got = w.admin.accept_o_auth2_login_request(again.login_challenge, accept_o_auth2_login_request=body)
    except ApiException as error:
        same(error.status, 400, "status")
    else:
        same(query(got["redirect_to"]).get("prompt"), "login", "redirect back to a fresh login")


@check
def session__max_age(w):
    made, browser = w.web_client(), Browser(w)
    flow = Flow(w, made, browser).run(login={"remember": True})
    time.sleep(2.1)
    old = Flow(w, made, browser, flow.subject, max_age="1").start()
    same(w.admin.get_o_auth2_login_request(old.login_challenge)["skip"], False, "skip past max_age")
    young = Flow(w, made, browser, flow.subject, max_age="3600").start()
    same(w.admin.get_o_auth2_login_request(young.login_challenge)["skip"], True, "skip within max_age")


@check
def session__remembered_consent_and_prompt_none(w):
    made, browser = w.web_client(), Browser(w)
    flow = Flow(w, made, browser).run(login={"remember": True}, consent={"remember": True, "remember_for": 3600})
    again = Flow(w, made, browser, flow.subject, prompt="none").start().login()
    same(w.admin.get_o_auth2_consent_request(again.consent_challenge)["skip"], True, "consent skip")
    again.consent()
    again.exchange()
    asked = Flow(w, made, browser, flow.subject, prompt="consent").start().login()
    same(w.admin.get_o_auth2_consent_request(asked.consent_challenge)["skip"], False, "skip with prompt=consent")


@check
def session__list(w):
    made = w.web_client()
    flow = Flow(w, made).run(consent={"remember": True, "remember_for": 60, "scope": ["photos.read", "offline"],
                                      "session": {"access_token": {"k": "v"}}})
    (entry,) = w.admin.list_o_auth2_consent_sessions(flow.subject)
    same(sorted(entry["grant_scope"]), ["offline", "photos.read"], "grant_scope")
    same((entry["remember"], entry["remember_for"]), (True, 60), "remember")
    moment(entry["handled_at"], "handled_at")
    same(entry["session"]["access_token"], {"k": "v"}, "session")
    request = entry["consent_request"]
    same((request["subject"], request["client"]["client_id"]), (flow.subject, made["client_id"]), "consent_request")
    want(not request["client"].get("client_secret"), "the client's secret is in the list")
    sid = request["login_session_id"]
    same(len(w.admin.list_o_auth2_consent_sessions(flow.subject, login_session_id=sid)), 1, "with its session id")
    same(w.admin.list_o_auth2_consent_sessions(flow.subject, login_session_id="other"), [], "with another session id")
    same(w.admin.list_o_auth2_consent_sessions("nobody-" + secrets.token_hex(4)), [], "unknown subject")
    same(w.raw("GET", "admin", "/admin/oauth2/auth/sessions/consent").status_code, 400, "status without a subject")


@check
def session__revoke_consent(w):
    one, two = w.web_client(), w.web_client()
    first = Flow(w, one).run()
    second = Flow(w, two, subject=first.subject).run()
    w.admin.revoke_o_auth2_consent_sessions(subject=first.subject, client=one["client_id"])
    for name in ("access_token", "refresh_token"):
        only_inactive(w, first.tokens[name])
    want(w.active(second.tokens["access_token"]), "the other client's grant was revoked too")
    same(len(w.admin.list_o_auth2_consent_sessions(first.subject)), 1, "entries left")
    w.admin.revoke_o_auth2_consent_sessions(subject=first.subject, all=True)
    only_inactive(w, second.tokens["refresh_token"])
    same(w.admin.list_o_auth2_consent_sessions(first.subject), [], "entries left")
    w.admin.revoke_o_auth2_consent_sessions(subject=first.subject, client=one["client_id"])  # again: still fine
    api_error(lambda: w.admin.revoke_o_auth2_consent_sessions(subject=first.subject), 400)


@check
def session__revoke_login(w):
    made = w.web_client()
    for by in ("subject", "sid"):
        browser = Browser(w)
        flow = Flow(w, made, browser).run(login={"remember": True})
        again = Flow(w, made, browser, flow.subject).start()
        got = w.admin.get_o_auth2_login_request(again.login_challenge)
        same(got["skip"], True, "skip before")
        value = flow.subject if by == "subject" else got["session_id"]
        want(w.admin.revoke_o_auth2_login_sessions(**{by: value}) is None, "returned a body")
        after = Flow(w, made, browser).start()
        same(w.admin.get_o_auth2_login_request(after.login_challenge)["skip"], False, f"skip after revoking by {by}")
        want(w.active(flow.tokens["access_token"]), "ending the session must not end the tokens")
        w.admin.revoke_o_auth2_login_sessions(**{by: value})
    api_error(lambda: w.admin.revoke_o_auth2_login_sessions(), 400)


# -- logout

def signed_in(w, **fields):
    made, browser = w.web_client(**fields), Browser(w)
    return Flow(w, made, browser).run(login={"remember": True})


def skips(w, flow):
    again = Flow(w, flow.client, flow.browser, flow.subject).start()
    return w.admin.get_o_auth2_login_request(again.login_challenge)["skip"]


@check
def logout__accept(w):
    flow = signed_in(w)
    place = flow.browser.walk(w.public_url + "/oauth2/sessions/logout")
    challenge = flow.browser.challenge(place, "logout_challenge")
    got = w.admin.get_o_auth2_logout_request(challenge)
    same((got["subject"], got["rp_initiated"], got["challenge"]), (flow.subject, False, challenge), "request")
    want(got.get("sid") and "/oauth2/sessions/logout" in got["request_url"], "sid or request_url")
    reply = w.admin.accept_o_auth2_logout_request(challenge)
    want("logout_verifier" in query(reply["redirect_to"]), f"redirect_to: {reply}")
    cookies = flow.browser.session.cookies.copy()
    flow.browser.walk(reply["redirect_to"])
    same(skips(w, flow), False, "skip after logout")
    flow.browser.session.cookies = cookies
    same(skips(w, flow), False, "skip after logout with the old session cookie put back")
    want(w.active(flow.tokens["access_token"]), "logout must not end the tokens")


@check
def logout__by_client_with_hint(w):
    after = "http://127.0.0.1:5555/bye"
    flow = signed_in(w, post_logout_redirect_uris=[after])
    hint = {"id_token_hint": flow.tokens["id_token"], "post_logout_redirect_uri": after, "state": "state-4711"}
    place = flow.browser.walk(w.public_url + "/oauth2/sessions/logout?" + urlencode(hint))
    challenge = flow.browser.challenge(place, "logout_challenge")
    got = w.admin.get_o_auth2_logout_request(challenge)
    same((got["rp_initiated"], got["client"]["client_id"]), (True, flow.client["client_id"]), "request")
    want(not got["client"].get("client_secret"), "the client's secret is in the logout request")
    end = flow.browser.walk(w.admin.accept_o_auth2_logout_request(challenge)["redirect_to"])
    want(end.startswith(after), f"ended at {end[:160]}")
    same(query(end).get("state"), "state-4711", "state")
    same(skips(w, flow), False, "skip after logout")


@check
def logout__reject(w):
    flow = signed_in(w)
    place = flow.browser.walk(w.public_url + "/oauth2/sessions/logout")
    challenge = flow.browser.challenge(place, "logout_challenge")
    want(w.admin.reject_o_auth2_logout_request(challenge) is None, "returned a body")
    api_error(lambda: w.admin.get_o_auth2_logout_request(challenge), 404, 410)
    same(skips(w, flow), True, "skip after a rejected logout")


@check
def logout__unknown(w):
    for call in (w.admin.get_o_auth2_logout_request, w.admin.accept_o_auth2_logout_request,
                 w.admin.reject_o_auth2_logout_request):
        api_error(lambda c=call: c("no-such-challenge"), 404)
    place = Browser(w).walk(w.public_url + "/oauth2/sessions/logout")
    want("logout_challenge" not in query(place), "a logout challenge without any session")
    bad = Browser(w).walk(w.public_url + "/oauth2/sessions/logout?post_logout_redirect_uri=https://evil.example/")
    want(urlsplit(bad).netloc != "evil.example", "open redirect on logout")


# -- trusted issuers and the jwt-bearer grant

@check
def issuer__lifecycle(w):
    issuer = Issuer()
    made = w.trust(issuer, subject="alice")
    same((made["issuer"], made["subject"], made["allow_any_subject"]), (issuer.url, "alice", False), "created")
    same(made["public_key"], {"set": issuer.url, "kid": issuer.kid}, "public_key")
    same(list(made["scope"]), ["photos.read"], "scope")
    want(moment(made["expires_at"], "expires_at") > moment(made["created_at"], "created_at"), "dates")
    same(w.admin.get_trusted_o_auth2_jwt_grant_issuer(made["id"])["issuer"], issuer.url, "fetched issuer")
    same([i["id"] for i in w.admin.list_trusted_o_auth2_jwt_grant_issuers(issuer=issuer.url)], [made["id"]], "listed")
    same(w.admin.list_trusted_o_auth2_jwt_grant_issuers(issuer="https://nobody.example"), [], "other issuer")
    want(w.admin.delete_trusted_o_auth2_jwt_grant_issuer(made["id"]) is None, "returned a body")
    api_error(lambda: w.admin.get_trusted_o_auth2_jwt_grant_issuer(made["id"]), 404)
    api_error(lambda: w.admin.delete_trusted_o_auth2_jwt_grant_issuer(made["id"]), 404)


@check
def issuer__rejects_bad_input(w):
    issuer = Issuer()
    no_kid = {k: v for k, v in plain(issuer.jwk()).items() if k != "kid"}
    base = {"issuer": issuer.url, "scope": ["a"], "expires_at": "2099-01-01T00:00:00Z",
            "jwk": plain(issuer.jwk()), "subject": "alice"}
    for changes in ({"issuer": ""}, {"subject": ""}, {"allow_any_subject": True}, {"jwk": no_kid},
                    {"expires_at": "0001-01-01T00:00:00Z"}):
        reply = w.raw("POST", "admin", "/admin/trust/grants/jwt-bearer/issuers", json={**base, **changes})
        same((reply.status_code, reply.json().get("error")), (400, "missing_required_parameter"), f"{list(changes)}")
    w.trust(issuer, subject="alice")
    api_error(lambda: w.trust(issuer, subject="alice"), 409)


def assertion_setup(w, **trust):
    issuer = Issuer()
    made = w.trust(issuer, **trust)
    client = w.client(grant_types=[JWT_BEARER])
    aud = w.discovery()["token_endpoint"]

    def grant(expect, scope="photos.read", key=None, client=client, **claims):
        assertion = issuer.sign(key, **{"sub": "alice", "aud": [aud], **claims})
        return w.token(client, {"grant_type": JWT_BEARER, "assertion": assertion, "scope": scope}, expect)
    return made, grant


@check
def assertion__grant(w):
    _, grant = assertion_setup(w, subject="alice")
    tokens = grant(200)
    want("refresh_token" not in tokens, "a refresh token for an assertion")
    got = w.introspect(tokens["access_token"])
    same((got["active"], got["sub"], got["scope"]), (True, "alice", "photos.read"), "introspection")


@check
def assertion__any_subject(w):
    _, grant = assertion_setup(w, allow_any_subject=True)
    same(w.introspect(grant(200, sub="bob")["access_token"])["sub"], "bob", "sub")


@check
def assertion__refusals(w):
    made, grant = assertion_setup(w, subject="alice")
    now = int(time.time())
    for error, changes in (("invalid_grant", {"sub": "bob"}), ("invalid_grant", {"sub": ""}),
                           ("invalid_grant", {"iss": "https://other.example"}),
                           ("invalid_grant", {"aud": ["https://other.example/token"]}),
                           ("invalid_grant", {"exp": now - 60, "iat": now - 120}),
                           ("invalid_grant", {"nbf": now + 600}),
                           ("invalid_grant", {"exp": now + 90 * 86400}),
                           ("invalid_grant", {"jti": ""}),
                           ("invalid_grant", {"key": Issuer().key}),
                           ("invalid_scope", {"scope": "photos.write"})):
        same(grant(400, **changes)["error"], error, f"error for {sorted(changes)}")
    jti = secrets.token_hex(8)
    grant(200, jti=jti)
    want(grant(400, jti=jti)["error"] in ("jti_known", "invalid_grant"), "a replayed assertion")
    same(grant(400, client=w.client())["error"], "unauthorized_client", "client without the grant type")
    w.admin.delete_trusted_o_auth2_jwt_grant_issuer(made["id"])
    same(grant(400)["error"], "invalid_grant", "deleted issuer")


# ------------------------------------------------------------------------ main

def explain(error):
    if isinstance(error, ApiException):
        return f"unexpected status {error.status}: {str(error.body)[:240]}"
    return f"{'' if isinstance(error, Mismatch) else type(error).__name__ + ': '}{error}"


def reachable(world, seconds):
    """Wait for a server that is still starting; say what is wrong when none comes."""
    give_up = time.monotonic() + seconds
    while True:
        try:
            for side in ("public", "admin"):
                world.raw("GET", side, "/health/ready")
            return None
        except requests.RequestException as error:
            if time.monotonic() > give_up:
                return f"{type(error).__name__}: {error}"
            time.sleep(0.2)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--public", help="public base URL, exactly as the server announces it")
    parser.add_argument("--admin", help="admin base URL, without /admin")
    parser.add_argument("--only", default="", help="run only checks whose name contains this text")
    parser.add_argument("--timeout", type=float, default=10, help="seconds for one HTTP call")
    parser.add_argument("--wait", type=float, default=15, help="seconds to wait for the server to come up")
    parser.add_argument("--lenient", action="store_true",
                        help="2.1.1 only: do not let the generated client check types in replies")
    parser.add_argument("--list", action="store_true", help="print the names of the checks and stop")
    options = parser.parse_args()
    if options.list:
        print("\n".join(name for name, _ in CHECKS))
        return 0
    if not (options.public and options.admin):
        parser.error("--public and --admin are needed")

    world, passed, failed = World(options), 0, 0
    print(f"ory-hydra-client {ory_hydra_client.__version__}, {len(CHECKS)} checks")
    trouble = reachable(world, options.wait)
    if trouble:
        print(f"FAIL server.reachable: {trouble}\n0 passed, 1 failed")
        return 1
    for name, function in CHECKS:
        if options.only not in name:
            continue
        try:
            function(world)
        except Exception as error:  # one broken check must not stop the others
            failed += 1
            print(f"FAIL {name}: {' '.join(explain(error).split())[:400]}", flush=True)
        else:
            passed += 1
            print(f"PASS {name}", flush=True)
    if not options.only:
        missing = sorted(set(OPERATIONS) - world.called)
        print("FAIL coverage.all_28_operations: not called: " + ", ".join(missing) if missing
              else "PASS coverage.all_28_operations")
        passed, failed = passed + (not missing), failed + bool(missing)
    world.clean()
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
