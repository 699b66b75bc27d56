#!/usr/bin/env python3
"""Writes seeds and a dictionary for each fuzz target from the test vectors, the examples and the findings of the past.

    python3 make_seeds.py OUT        # OUT/TARGET/… and OUT/TARGET.dict

Needs nothing but Python. The order of files and their content are the same in every run.
"""
import base64
import hashlib
import json
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
VECTORS = ROOT / "Tests/Vectors"


def vectors(path):
    return json.loads((VECTORS / path).read_text(encoding="utf-8"))


REQUESTS = [base64.b64decode(case["raw_b64"]) for case in vectors("http1/http1-requests.json")["cases"]]
ANSWERS = [case["body"] for case in vectors("introspection/introspection-responses.json")["cases"]
           if isinstance(case.get("body"), str)]
EXAMPLES = vectors("jose/rfc-appendix-examples.json")["vectors"]

# --- What each target begins with ------------------------------------------------------------------------------------


def request_heads():
    yield from REQUESTS
    for token in (b"a.b-c", b"eyJhbGciOiJFZERTQSJ9.e30.AA"):
        for path in (b"/public/x", b"/public", b"/api/%41;v=1?q=%zz", b"http://api.test:80/x?y"):
            yield (b"POST " + path + b" HTTP/1.1\r\nHost: api.test\r\nAuthorization: Bearer " + token +
                   b"\r\nX-Auth-Subject: eve\r\nConnection: keep-alive, X-Hop\r\nX-Hop: 1\r\nTE: trailers\r\n"
                   b"X-Forwarded-For: 1.2.3.4\r\nForwarded: for=1.2.3.4\r\nX_Forwarded_For: 5\r\nX-Api-Token: t\r\n"
                   b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n")
    yield (b"GET /ws/x HTTP/1.1\r\nHost: [::1]:8080\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
           b"X-Forwarded-Proto: https\r\nX-Forwarded-Host: other.test\r\nX-Real-Ip: 1.1.1.1\r\n\r\n")


def response_heads():
    for line in (b"HTTP/1.1 200 OK", b"HTTP/1.1 204 No Content", b"HTTP/1.0 304 Not Modified", b"HTTP/1.1 404",
                 b"HTTP/1.1 100 Continue", b"HTTP/1.1 103 Early Hints", b"HTTP/1.1 101 Switching Protocols",
                 b"HTTP/1.1 599 \xff", b"HTTP/2 200 OK", b"HTTP/1.1 999 x", b"HTTP/1.1 200OK"):
        for fields in (b"", b"Content-Length: 5\r\n", b"Transfer-Encoding: chunked\r\n", b"Connection: close\r\n",
                       b"Connection: Upgrade, X-Hop\r\nUpgrade: websocket\r\nX-Hop: 1\r\n",
                       b"Content-Length: 5\r\nContent-Length: 5\r\n", b"Content_Length: 7\r\nKeep-Alive: t=1\r\n",
                       b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", b"Transfer-Encoding: gzip, chunked\r\n",
                       b"Date: Sun, 06 Nov 1994 08:49:37 GMT\r\nVia: 1.1 x\r\nConnection: keep-alive\r\n",
                       b"Proxy-Authenticate: Basic\r\nTE: trailers\r\nSet-Cookie: a=b\r\n", b"A : b\r\n", b" A: b\r\n"):
            yield line + b"\r\n" + fields + b"\r\nhello"


def chunks():
    for raw in REQUESTS:
        if b"chunked" in raw.lower() and b"\r\n\r\n" in raw:
            yield raw.split(b"\r\n\r\n", 1)[1]
    for size in (b"5", b"05", b"5;a", b"5 ; a = b", b'5;a="b\\"c"', b"5;a=b;c", b"8000000000000000", b"5;"):
        for end in (b"0\r\n\r\n", b"0\r\nX-T: 1\r\n\r\n", b"0\r\nContent-Length: 3\r\nY: \xff\r\n\r\n", b"000;x\r\n\r\n"):
            yield size + b"\r\nhello\r\n" + end
    yield b"1\r\na\r\nA\r\n0123456789\r\n0\r\n\r\ntail"


def request_targets():
    for raw in REQUESTS:
        words = raw.split(b"\r\n", 1)[0].split(b" ")
        if len(words) == 3:
            yield words[1]
    yield from (b"/", b"/public/x", b"/api/1/items", b"/api/v1/a/b", b"/a/b/c", b"/a/x/c/d?q", b"/%2c/%e2%82%ac", b"/x/",
                b"/a;b=c/d", b"/%7euser", b"/.%2e/x", b"/a//b", b"*", b"https://api.test/x", b"http://api.test",
                b"/?a=[b]|{c}", b"/%F0%9F%98%80", b"/%ed%a0%80", b"/a/..;/b")


def authorization_fields():
    for raw in REQUESTS:
        found = re.findall(rb"(?im)^authorization:(.*?)\r?$", raw)
        if found:
            yield b"\n".join(value.strip() for value in found)
    yield from (b"Bearer abc", b"bearer  a.b-c_~+/==", b"Bearer", b"Bearer ", b"Bearer a=b", b"Bearer a, Bearer b",
                b"Basic eDp5", b"DPoP a", b"Bearer\ta", b"a b", b"Bearer a\nBearer b", b"abc", b"Bearer " + b"a" * 600)


def compact_jws():
    yield GOOD_TOKEN
    for example in EXAMPLES:
        yield example["compact"].encode()
    for header in ({"alg": "none"}, {"alg": "HS256", "kid": "rsa"}, {"alg": "RS256", "kid": "ec"}, {"alg": "EdDSA"},
                   {"alg": "ES256", "kid": "ec", "crit": ["b64"], "b64": False}, {"alg": "RS256", "zip": "DEF"},
                   {"alg": "EdDSA", "kid": "nobody"}, {"alg": "EdDSA", "cty": "JWT"}, {"alg": "EdDSA", "typ": "at+jwt"}):
        yield token(header, GOOD_CLAIMS, b"\0" * 64)


def jwt_claims():
    yield compact(GOOD_CLAIMS)
    odd = (None, True, 0, 1.5, -1, 1e30, "", "x", [], ["x"], {}, {"jkt": "x"}, "JWT", "Bearer", "access_token",
           ["https://api.example", "x"], ["https://api.example", 1], "https://as.example/", "a\u0000b", "é")
    for name in ("iss", "sub", "aud", "exp", "nbf", "iat", "scope", "scp", "client_id", "jti", "cnf", "token_use",
                 "token_type", "nonce", "events", "ext", "username"):
        for value in odd:
            yield compact({**GOOD_CLAIMS, name: value})
        yield compact({key: value for key, value in GOOD_CLAIMS.items() if key != name})
    header = {"alg": "EdDSA", "kid": "ed", "typ": "at+jwt"}
    for name in ("alg", "kid", "typ", "crit", "b64", "zip", "cty", "jku", "jwk", "x5c"):
        for value in (None, True, "x", "ED", "application/at+jwt", "AT+JWT", "JWT", "ES256", "none", [], {}):
            yield compact({**header, name: value}) + b"\n" + compact(GOOD_CLAIMS)
    yield b'{"alg":"EdDSA","alg":"none"}\n{}'


def key_sets():
    keys = [example["jwk"] for example in EXAMPLES if example.get("jwk")]
    keys += json.loads((ROOT / "deploy/examples/keys.json").read_text())["keys"]
    yield compact({"keys": keys})
    for key in keys:
        for change in ({}, {"kid": "a"}, {"use": "enc"}, {"use": "sig", "key_ops": ["verify"]}, {"key_ops": ["sign"]},
                       {"alg": "RS256"}, {"alg": "none"}, {"crv": "P-384"}, {"kty": "oct"}, {"d": "AA"}, {"p": "AA"},
                       {"e": "AQ"}):
            yield compact({"keys": [{**key, **change}]})
        yield compact({"keys": [{**key, "kid": "a"}, {**keys[0], "kid": "a"}, key]})
    twice = b'{"kty":"EC","kty":"RSA"}'
    yield b'{"keys":[' + twice + b"," + compact(keys[0]) + b'],"other":' + twice + b"}"
    yield from (b"{}", b"[]", b'{"keys":{}}', b'{"keys":[]}', b'{"keys":[1,null]}')


def json_texts():
    for text in ANSWERS:
        yield text.encode()
    yield compact(GOOD_CLAIMS)
    yield from (b'{"a":1,"a":2}', b'{"a":1,"\\u0061":2}', b"[1,1.0,10e-1,-0,1E+2,0.5e-9,123456789012345678901234567890]",
                b'"\\ud83d\\ude00\\n\\/"', b'"\\ud800"', b"[[[[[[[[[]]]]]]]]]", b"\xef\xbb\xbf{}", b"01", b"1.", b"1e",
                b"nul", b"[1,]", b'{"a"}', b' \t\r\n{ "a" : [ true , false , null ] } ', b'"\xff"', b'"\x01"',
                b"9007199254740993", b"1e9999999999", b"[" * 40 + b"]" * 40,
                b"{" + b",".join(b'"%d":%d' % (n, n) for n in range(20)) + b"}")


def forms():
    yield from (b"token=abc&token_type_hint=access_token", b"a=1&a=2", b"a=b+c%20d%2B", b"a=%zz", b"a=%ff", b"=&&=", b"a",
                b"a=b=c", b"%61=%C3%A9", b"client_id=a%3Ab&client_secret=%E2%82%AC", b"a=b c", b"a=\x7f",
                b"&".join(b"a%d=b" % n for n in range(101)))
    for pair in (b"a:b", b"a%3Ab:c+d", b":", b"a", b"%zz:a", b"a:b:c"):
        yield b"Basic " + base64.b64encode(pair)
    yield from (b"basic  YTpi", b"Basic YTpi=", b"Basic YTp", b"YQ==", b"YR==", b"_-8", b"+/8=")


def introspection_answers():
    for text in ANSWERS:
        # A date that the tests fill in.
        yield re.sub(r'"@now([+-]\d+)?"', "1800000000", text).encode()
    full = {"active": True, "scope": "read write", "sub": "alice", "client_id": "c", "username": "Alice ü", "iss":
            "https://as.example", "aud": ["a", "b"], "exp": 1800000000, "nbf": 1.5, "iat": 1, "jti": "x", "token_type":
            "Bearer", "token_use": "access_token", "cnf": None, "ext": {"tenant": "t 1"}, "groups": ["x", "y z"]}
    yield compact(full)
    for name in full:
        for value in (None, True, 1, "x", "a\u0001", ["x"], [1], {"y": 1}, "é %", 1e300, ""):
            yield compact({**full, name: value})
    yield from (b"application/json; charset=utf-8", b"application/jsonx", b"application/json", b"120", b"5 ", b"-1")


def configurations():
    files = [*(ROOT / "deploy/examples").glob("*.yaml"), *(VECTORS / "configuration").glob("*.yaml"),
             ROOT / "benchmarks/compare.yaml"]
    for path in sorted(files):
        yield path.read_bytes()
        # A part of a long file is changed to better effect than the whole of it.
        text = path.read_text(encoding="utf-8")
        plain = "\n".join(line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#"))
        yield plain.encode()
    # JSON is YAML: every key of a configuration that has each once, with values that are odd for most.
    yield compact(WHOLE_CONFIGURATION)
    for path, value in leaves(WHOLE_CONFIGURATION):
        yield compact(changed(WHOLE_CONFIGURATION, path, None))
        for odd in ODD_VALUES:
            if odd != value:
                yield compact(changed(WHOLE_CONFIGURATION, path, odd))
    for path, value in SINGLE_CHANGES:
        yield compact(changed(WHOLE_CONFIGURATION, path, value))
    for more in ("", "limits: {head: 8KiB, fields: 10, body: none}", "timeouts: {head: 5s, idle: 1h, drain: 0}",
                 "admin: {address: \"127.0.0.1:9901\"}", "log: {level: debug, access: {format: json}}", "workers: 2",
                 "defaults: {realm: x, scopes: [a]}", "unknown: 1", "version: 2", "a: &b 1", "a: !!str 1", "<<: {}",
                 "'quoted': \"x\\n\""):
        yield SMALL_CONFIGURATION + more.encode()
    for line in (
            "  - {name: b, hosts: ['*.example.com', a.test], paths: ['/b/{id}/**'], methods: [GET, PURGE], upstream: main}",
            "  - {name: c, paths: [/c], scopes: {any: [a, b]}, claims: [{claim: ext.tenant, equals: x}], upstream: main}",
            "  - {name: d, paths: [/d], path: {strip_prefix: /d, add_prefix: /x}, host: keep, upstream: main}",
            "  - {name: e, paths: [/e], subject_headers: {X-Tenant: 't-{ext.tenant}'}, upgrade: [websocket], upstream: main}",
            "  - {name: f, paths: [/f], token_sources: ['header:X-Token', authorization], upstream: main}",
            "  - {name: g, paths: [/g], access: optional, report_only: true, max_answer_age: 5s, upstream: main}"):
        yield SMALL_CONFIGURATION + line.encode()


def leaves(node, path=()):
    """Every scalar and every list of scalars, by its path."""
    children = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for name, value in children:
        yield (*path, name), value
        yield from leaves(value, (*path, name))


def changed(node, path, value):
    """A copy with another value at a path; None takes it out."""
    copy = json.loads(json.dumps(node))
    inner = copy
    for name in path[:-1]:
        inner = inner[name]
    if value is None:
        del inner[path[-1]]
    else:
        inner[path[-1]] = value
    return copy


# Steps of the exchange target: see Tests/Fuzz/Targets/ExchangeTarget.swift.
def step(code, data=b"", turns=0):
    return bytes([code | turns << 4, len(data)]) + data


def says(who, text, piece=255, turns=0):
    return b"".join(step(who, text[start:start + piece], turns) for start in range(0, len(text), piece))


def exchanges():
    everybody = step(15) + step(15)
    for raw in REQUESTS:
        if len(raw) <= 4096:
            yield says(0, raw) + everybody
    get = b"GET /public/x HTTP/1.1\r\nHost: api.test\r\n\r\n"
    api = b"GET /api/x HTTP/1.1\r\nHost: api.test\r\nAuthorization: Bearer tok\r\n\r\n"
    post = b"POST /api/x HTTP/1.1\r\nHost: api.test\r\nAuthorization: Bearer tok\r\nContent-Length: 5\r\n\r\nhello"
    chunked = b"POST /public/x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5;x\r\nhello\r\n0\r\nX-T: 1\r\n\r\n"
    waits = b"POST /public/x HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n"
    socket = (b"GET /ws/x HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer tok\r\nConnection: Upgrade\r\nUpgrade: websocket"
              b"\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\nframes")
    signed = b"GET /api/x HTTP/1.1\r\nHost: api.test\r\nAuthorization: Bearer " + GOOD_TOKEN + b"\r\n\r\n"
    keys, no_keys = step(11, b"\0\2"), step(11, b"\0\3")
    yield says(0, signed) + keys + everybody + says(0, signed) + says(1, signed.replace(b".T", b".U")) + everybody
    yield says(0, signed) + says(1, signed) + no_keys + step(7, b"\xff") + keys + everybody
    yield keys + says(0, signed.replace(b"GET /api", b"GET /ws")) + step(7, b"\xff") * 3 + everybody
    yield says(0, signed.replace(b"eyJhbGciOiJFZERTQSIsImtpZCI6ImVkI", b"eyJhbGciOiJFZERTQSIsImtpZCI6Im5vI")) + keys + no_keys
    yield says(0, api) + step(5, b"\0\1") + says(0, api) + everybody
    # A reused connection turns out dead, once with the request on its way.
    yield says(0, get) + everybody + says(0, get) + step(10, b"\0\1") + everybody
    yield says(0, get) + everybody + says(0, get) + step(10, b"\0\0") + everybody
    yield step(13, b"\3\0") + says(0, get) + step(7, b"\xff") + everybody
    yield says(0, get) + step(3, b"\0HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nnonsense\r\n")
    yield says(0, get) + step(3, b"\0" + b"HTTP/1.1 103 Early\r\n\r\n" * 11) + step(3, b"\0" + b"HTTP/1.1 103 Early\r\n\r\n" * 11)
    for request in (get, api, post, chunked, waits, socket, signed, get + api + post + chunked):
        for answer in range(12):
            yield says(0, request) + step(5, b"\0\0") + step(4, bytes([0, answer])) + step(4, bytes([0, 0])) + everybody
        for verdict in range(8):
            yield says(0, request, 40, 1) + says(1, request) + step(5, bytes([0, verdict])) + everybody
        yield step(12, b"\1\1") + says(0, request) + everybody + says(0, request) + everybody
        yield says(0, request) + step(8, b"\0") + everybody
        yield says(0, request) + step(9, b"\0") + everybody
        yield says(0, get) + everybody + step(10, b"\0\1") + says(0, request) + everybody
        yield step(13, b"\2\0") + says(0, request) + everybody
        yield says(0, request) + step(11, b"\0\1") + step(7, b"\xff") + everybody
        yield says(0, request) + step(15) + step(3, b"\0HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nxyz") + step(7, b"\xff") * 3
        yield says(0, request[:30]) + step(7, b"\xff") * 2
        yield step(14, b"\0\x10") + says(0, request * 3) + everybody


# --- Shared parts ----------------------------------------------------------------------------------------------------

GOOD_CLAIMS = {"iss": "https://as.example", "sub": "alice", "aud": "https://api.example", "exp": 1800000600, "iat":
               1800000000, "scope": "read write", "client_id": "c", "jti": "1"}

# Signed once with the key of RFC 8037 appendix A.1, which the targets know.
GOOD_TOKEN = (
    b"eyJhbGciOiJFZERTQSIsImtpZCI6ImVkIiwidHlwIjoiYXQrand0In0.eyJpc3MiOiJodHRwczovL2FzLmV4YW1wbGUiLCJzdWIiOiJhbGljZSIsImF1"
    b"ZCI6Imh0dHBzOi8vYXBpLmV4YW1wbGUiLCJleHAiOjE4MDAwMDA2MDAsImlhdCI6MTcwMDAwMDAwMCwic2NvcGUiOiJyZWFkIn0.TEwck_pkzqJNW5DVu"
    b"BJF5bsXX5IlHvVLel0kVmlyUt0wO45ZoBZA47vleRGmhl0RCadh9Kafm_x8S4OyCjsVDg")

WHOLE_CONFIGURATION = {
    "version": 1,
    "listeners": [{"address": "127.0.0.1:8080", "mode": "proxy", "trusted_peers": ["127.0.0.0/8", "::1"]},
                  {"address": "unix:/run/a.sock", "socket_mode": "0660", "trusted_peers": ["unix"]}],
    "admin": {"address": "127.0.0.1:9901", "token": {"env": "SECRET"}, "hosts": ["admin.example.com"]},
    "workers": 2,
    "limits": {"head": "64KiB", "field": "16KiB", "fields": 100, "target": "8KiB", "token": "8KiB", "body": "none",
               "connections": 20000, "empty_lines": 2, "chunk_line": "4KiB", "trailers": "8KiB", "trailer_fields": 32},
    "timeouts": {"head": "10s", "idle": "60s", "drain_delay": "5s", "drain": "30s"},
    "body_minimum_rate": "240B/s",
    "resolve_interval": "30s",
    "log": {"format": "json", "level": "info", "access": "stdout", "sample_allowed": 0.5},
    "authorization_servers": {
        "hydra": {
            "issuer": "https://hydra.example.com/", "strategy": "verify_or_introspect", "plaintext": "refuse",
            "introspection": {
                "endpoint": "https://hydra.example.com/introspect", "issuer_optional": True,
                "client_authentication": {"method": "client_secret_basic", "client_id": "b", "client_secret": {"env": "SECRET"}},
                "timeout": "1s", "retries": 1, "concurrency": 256, "queue": {"waiting": 1024, "wait": "500ms"},
                "breaker": {"failures": 5, "open": "1s"}},
            "jwt": {
                "jwks_uri": "https://hydra.example.com/jwks", "algorithms": ["RS256", "EdDSA"], "types": ["at+jwt", "JWT"],
                "audiences": ["https://api.example.com"], "scope_claims": ["scope"], "min_rsa_bits": 2048, "leeway": "10s",
                "refresh": {"lifetime": "5m", "cooldown": "30s", "timeout": "5s", "stale_limit": "24h"}},
            "cache": {"ttl": "60s", "negative_ttl": "5s", "size": "64MiB", "negative_size": "8MiB"}},
        "found": {
            "issuer": "https://login.example.org/a", "strategy": "verify_or_introspect",
            "introspection": {"discover": True, "client_authentication": {"method": "bearer", "token": {"env": "SECRET"}}},
            "jwt": {"discover": True, "audiences": "any"}}},
    "upstreams": {"orders": {"url": "http://127.0.0.1:9000", "connect_timeout": "2s", "response_timeout": "60s",
                             "stream_idle": "5m", "idle_connections": 128, "idle_timeout": "60s"},
                  "site": {"url": "unix:/run/site.sock"}},
    "defaults": {"realm": "bearergate", "authorization_server": "hydra", "upstream": "orders"},
    "routes": [
        {"name": "a", "hosts": ["api.example.com"], "paths": ["/v1/orders/{id}", "/v1/reports/**"], "methods": ["GET", "HEAD"],
         "realm": "orders", "access": "required", "token_sources": ["authorization", "header:X-Access-Token"],
         "subject": "required", "scopes": ["orders:read"], "scope_strategy": "exact", "audiences": ["https://api.example.com"],
         "claims": [{"claim": "acr", "one_of": ["silver"]}, {"claim": "groups", "contains": "staff"},
                    {"claim": "roles", "contains_any": ["reader"]}, {"claim": "email_verified", "equals": True},
                    {"claim": "client_id", "present": True}],
         "host": "keep", "path": {"strip_prefix": "/v1", "add_prefix": "/internal"}, "path_parameters": "refuse",
         "max_answer_age": "10s", "upgrade": ["websocket"], "streams": "end_at_expiry", "cors_preflight": "check",
         "subject_headers": {"X-Auth-Subject": "{sub}", "X-Tenant": "t-{ext.tenant}"}, "keep_headers": ["X-Real-IP"],
         "forward_token": False, "report_only": False},
        {"name": "b", "hosts": ["*.tenants.example.com"], "paths": ["/tenants/{tenant}/**"], "authorization_server": "found",
         "scopes": {"all_of": ["tenants"], "any_of": ["tenants:read"]},
         "claims": [{"claim": "ext.tenant", "equals": "{path.tenant}"}, {"claim": "org", "equals": "{host.0}"}]},
        {"name": "c", "hosts": ["www.example.com"], "paths": ["/**"], "access": "public", "upstream": "site"}]}

ODD_VALUES = ("", 0, True, [], "{x}")

# What is wrong, or only odd, together with something else in the same file.
HYDRA = ("authorization_servers", "hydra")
SINGLE_CHANGES = [
    (("routes", 1, "paths"), ["/v1/orders/{id}"]), (("routes", 1, "hosts"), ["api.example.com"]),
    (("routes", 2), {"name": "a", "hosts": ["api.example.com"], "paths": ["/v1/orders/{no}"], "upstream": "orders"}),
    (("routes", 0, "paths"), ["/v1/x", "/v1/x"]), (("routes", 0, "methods"), ["get", "CONNECT", "G ET"]),
    (("routes", 1, "claims", 0, "equals"), "{path.nobody}"), (("routes", 1, "claims", 1, "equals"), "{host.9}"),
    (("routes", 1, "claims", 1, "equals"), "{host.x}"), (("routes", 1, "claims", 1, "equals"), "{other}"),
    (("routes", 2, "claims"), [{"claim": "a", "equals": "{host.0}"}]), (("routes", 0, "claims", 4, "present"), False),
    (("routes", 0, "token_sources"), ["header:X-Auth-Subject", "header:Authorization", "header:a b", "header:Host", "cookie:a"]),
    (("routes", 0, "token_sources"), ["header:X-T", "header:x_t", "authorization", "authorization", "header:X-Tenant"]),
    (("routes", 0, "keep_headers"), ["X-Forwarded-For", "Host", "x y"]), (("routes", 0, "host"), "a b"),
    (("routes", 0, "host"), "orders.internal"), (("routes", 0, "host"), "upstream"), (("routes", 0, "realm"), "a\"b"),
    (("routes", 0, "path"), {"strip_prefix": "/v1/", "add_prefix": "/{x}"}), (("routes", 0, "path", "add_prefix"), "/%2e"),
    (("routes", 0, "subject_headers"), {"Host": "{sub}", "X-A": "{", "X_A": "{}"}),
    (("routes", 0, "subject_headers"), {"X-Access-Token": "{sub}"}), (("routes", 0, "scopes"), "any"),
    (("listeners", 1, "address"), "127.0.0.1:8080"), (("listeners", 0, "socket_mode"), "0666"),
    (("listeners", 0, "address"), "[::1]:70000"), (("admin", "address"), "127.0.0.1:8080"),
    (("admin", "hosts"), ["a:1", ""]), (("limits", "field"), "65KiB"), (("limits", "token"), "17KiB"),
    ((*HYDRA, "strategy"), "introspect"), ((*HYDRA, "strategy"), "verify"), ((*HYDRA, "introspection", "discover"), True),
    ((*HYDRA, "introspection", "endpoint"), "http://as.example.com/i"), ((*HYDRA, "issuer"), "http://hydra.example.com"),
    ((*HYDRA, "introspection", "queue", "wait"), "2s"), ((*HYDRA, "introspection", "client_authentication", "token"), "x"),
    ((*HYDRA, "introspection", "client_authentication", "method"), "none"),
    ((*HYDRA, "introspection", "client_authentication", "method"), "client_secret_post"),
    ((*HYDRA, "introspection", "client_authentication", "client_secret"), {"env": "NOBODY"}),
    ((*HYDRA, "introspection", "client_authentication", "client_secret"), {"file": "/no/such/file"}),
    ((*HYDRA, "jwt", "leeway"), "1500ms"), ((*HYDRA, "jwt", "leeway"), "61s"), ((*HYDRA, "jwt", "jwks_uri"), "unix:/x:/k"),
    ((*HYDRA, "jwt", "jwks_file"), "keys.json"), ((*HYDRA, "jwt", "algorithms"), ["none", "HS256", "RS256", "RS256"]),
    (("authorization_servers", "found", "issuer"), "http://login.example.org"),
    (("authorization_servers", "found"), {"strategy": "introspect", "introspection": {"discover": True}}),
    (("authorization_servers", "found"), {"issuer": "https://a.example", "strategy": "verify", "jwt": {
        "jwks_file": "deploy/examples/keys.json", "audiences": "any"}}),
    (("upstreams", "orders", "url"), "http://127.0.0.1:9000/x"), (("upstreams", "orders", "url"), "https://a.example"),
    (("defaults", "authorization_server"), "hydrra"), (("defaults", "upstream"), "nobody")]

SMALL_CONFIGURATION = b"""\
version: 1
listeners: [{address: "127.0.0.1:8080"}]
authorization_servers:
  main: {issuer: "https://as.example.com/", strategy: verify_or_introspect, introspection: {endpoint: "http://127.0.0.1:4445/i"}, jwt: {jwks_uri: "https://as.example.com/k", audiences: [api]}}
upstreams: {main: {url: "http://127.0.0.1:9000"}}
routes:
  - {name: a, paths: ['/a/{id}'], scopes: [read], upstream: main}
"""


def compact(value):
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode("utf-8")


def token(header, claims, signature):
    return b".".join(base64.urlsafe_b64encode(part).rstrip(b"=") for part in (compact(header), compact(claims), signature))


FIELDS = ["Host: ", "Content-Length: ", "Transfer-Encoding: chunked", "Connection: ", "close", "keep-alive", "Upgrade",
          "Upgrade: websocket", "TE: trailers", "Trailer: ", "Expect: 100-continue", "Authorization: Bearer ", "Via: 1.1 a",
          "X-Auth-Subject: ", "X_Auth_Subject: ", "Content_Length: ", "X-Forwarded-For: ", "X-Forwarded-Host: ",
          "X-Forwarded-Proto: https", "Forwarded: for=", "Keep-Alive: ", "Proxy-Connection: ", "\r\n", "\r\n\r\n", "\n",
          "HTTP/1.1", "HTTP/1.0", " HTTP/1.1\r\n", "api.test", "[::1]:80", "0\r\n\r\n", "\t", "X-Request-Id: "]
METHODS = ["GET ", "HEAD ", "POST ", "OPTIONS ", "CONNECT ", "* ", "/public/", "/api/", "http://api.test/"]
STATUSES = ["HTTP/1.1 200 OK\r\n", "HTTP/1.1 101 Switching Protocols\r\n", "HTTP/1.1 100 Continue\r\n", " 204 ", " 304 "]
JSON_WORDS = ["true", "false", "null", "{}", "[]", '":', '","', "\\u0061", "\\ud83d\\ude00", "\\n", "1e9", "-0", "0.5", '"a":1']
CLAIMS = [f'"{name}":' for name in (
    "iss", "sub", "aud", "exp", "nbf", "iat", "jti", "scope", "scp", "client_id", "active", "username", "token_type",
    "token_use", "cnf", "ext", "groups")] + ['"https://as.example"', '"https://api.example"', "1800000000"]
HEADERS = [f'"{name}":' for name in ("alg", "kid", "typ", "crit", "b64", "zip", "cty", "jku", "jwk")] + [
    '"EdDSA"', '"RS256"', '"ES256"', '"none"', '"HS256"', '"ed"', '"at+jwt"', '"JWT"']
KEYS = [f'"{name}":' for name in ("keys", "kty", "crv", "x", "y", "n", "e", "d", "use", "key_ops", "alg", "kid")] + [
    '"RSA"', '"EC"', '"OKP"', '"oct"', '"P-256"', '"P-384"', '"P-521"', '"Ed25519"', '"sig"', '"verify"', '"AQAB"']
PATHS = ["%2e", "%2F", "%5c", "%00", "..", "/./", "//", ";", "%3B", "%E2%82%AC", "%c3%a9", "?", "#", "/public/", "/api/",
         "/a/", "/b/", "*", "http://", "https://", "%41", "%7E"]


def schema_words():
    """Every key and every word of the configuration."""
    words = set()

    def walk(node):
        if isinstance(node, dict):
            words.update(node.get("properties", {}))
            words.update(word for word in node.get("enum", []) if isinstance(word, str))
            for value in node.values():
                walk(value)
        elif isinstance(node, list):
            for value in node:
                walk(value)

    walk(json.loads((ROOT / "deploy/bearergate.schema.json").read_text(encoding="utf-8")))
    return sorted(words) + [": ", "- ", "{", "}", "[", "]", ", ", "\n  ", "\n", "'", '"', "#", "5s", "8KiB", "/x/{id}", "/**"]


TARGETS = {
    "request-head": (request_heads, METHODS + FIELDS),
    "response-head": (response_heads, STATUSES + FIELDS),
    "chunked": (chunks, ["\r\n", "0\r\n\r\n", "5\r\nhello\r\n", ";", "=", '"', "\\", "7fffffffffffffff", "X-T: 1\r\n", " ", "\t"]),
    "request-target": (request_targets, PATHS),
    "authorization-field": (authorization_fields, ["Bearer ", "bearer ", "DPoP ", "Basic ", "\n", "=", ",", "\t", "  ", "."]),
    "compact-jws": (compact_jws, [".", "eyJhbGciOiJFZERTQSJ9", "eyJhbGciOiJub25lIn0", "=", "-", "_", "AA"]),
    "jwt-claims": (jwt_claims, JSON_WORDS + CLAIMS + HEADERS + ["\n"]),
    "key-set": (key_sets, JSON_WORDS + KEYS),
    "json": (json_texts, JSON_WORDS),
    "form": (forms, ["&", "=", "+", "%20", "%2B", "%C3%A9", "token=", "Basic ", "=="]),
    "introspection-answer": (introspection_answers, JSON_WORDS + CLAIMS + ["application/json", ";"]),
    "configuration": (configurations, schema_words()),
    "exchange": (exchanges, METHODS + FIELDS + STATUSES),
}


def escaped(word):
    return '"' + "".join(
        chr(byte) if 0x20 <= byte < 0x7F and byte not in b'"\\' else f"\\x{byte:02X}" for byte in word.encode("utf-8")) + '"\n'


def main(out):
    for name, (seeds, words) in TARGETS.items():
        folder = out / name
        folder.mkdir(parents=True, exist_ok=True)
        past = VECTORS / "fuzz" / name
        found = [path.read_bytes() for path in sorted(past.iterdir())] if past.is_dir() else []
        for seed in [*seeds(), *found]:
            (folder / hashlib.sha1(seed).hexdigest()).write_bytes(seed)
        (out / f"{name}.dict").write_text("".join(escaped(word) for word in words), encoding="ascii")


if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1].startswith("-"):
        sys.exit(__doc__)
    main(Path(sys.argv[1]))
