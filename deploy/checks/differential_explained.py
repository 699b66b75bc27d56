"""What readers may differ in, and why: two closed lists. Whatever is in neither is a finding."""

import dataclasses
import typing

# Fields that one of the readers does not pass on, or that we write ourselves, so that they are not compared one by one.
# Names are as CGI-like backends see them, since look-alikes of these end at our door as well.
SET_ASIDE = {
    "the framing of a hop: what it says is compared as the body (RFC 9112 §6, §7.1)": {
        "content-length", "transfer-encoding"},
    "the host is compared with the target (RFC 9112 §3.2)": {"host"},
    "fields of one hop (RFC 9110 §7.6.1, §11.7)": {
        "connection", "keep-alive", "proxy-connection", "te", "upgrade", "http2-settings", "proxy-authenticate",
        "proxy-authorization", "proxy-authentication-info"},
    "an expectation may be met by each of them (RFC 9110 §10.1.1)": {"expect"},
    "what a proxy says of the way here, and no stranger (RFC 7239 §8.1)": {
        "forwarded", "x-forwarded", "x-forwarded-for", "x-forwarded-proto", "x-forwarded-host", "x-request-id",
        "x-real-ip", "x-rewrite-url", "x-http-method", "x-http-method-override", "x-method-override"},
    "what we say of a subject, and nobody else": {
        "x-auth-subject", "x-auth-client-id", "x-auth-scope", "x-auth-issuer", "x-auth-username", "x-auth-expires-at"},
}
SET_ASIDE_NAMES = frozenset().union(*SET_ASIDE.values())
SET_ASIDE_PREFIXES = ("x-forwarded-", "x-original-", "x-envoy-original-")
# Those of them that we write, each once at most.
WRITTEN_BY_US = {
    b"host", b"content-length", b"transfer-encoding", b"connection", b"te", b"upgrade", b"expect", b"forwarded",
    b"x-forwarded-for", b"x-forwarded-proto", b"x-forwarded-host", b"x-request-id", b"x-auth-subject", b"x-auth-scope"}
WRITTEN_VALUES = {
    b"connection": {b"TE", b"Upgrade", b"Upgrade, TE"}, b"te": {b"trailers"}, b"upgrade": {b"websocket"},
    b"transfer-encoding": {b"chunked"}}


@dataclasses.dataclass
class Explanation:
    kind: str
    # Who is right, and by which section.
    reason: str
    # Whether a disagreement about these bytes is of this kind.
    covers: typing.Callable


EXPLANATIONS = [
    Explanation(
        "h11 reads no empty line before a request line",
        "a server SHOULD ignore one (RFC 9112 §2.2): we take two at most, h11 refuses and reads no other request",
        lambda found, data: (found.peer, found.aspect, found.theirs) == ("h11", "end", "no request line received")),
]


def explanation(disagreement, data):
    for known in EXPLANATIONS:
        if known.covers(disagreement, data):
            return known
    return None
