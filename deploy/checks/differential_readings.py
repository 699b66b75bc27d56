"""Whether two readers took the same bytes for the same request, apart from what a proxy is there to change."""

import dataclasses
import re

from .differential_explained import SET_ASIDE_NAMES, SET_ASIDE_PREFIXES, WRITTEN_BY_US, WRITTEN_VALUES
from .differential_message import OWS
from .differential_mutations import CANARY_TARGET

_OUR_VIA = re.compile(rb"1\.[01] bearergate")
_NOMINATIONS = re.compile(rb"(?i)\nconnection[ \t\v\f]*:([^\n]*)")
_ESCAPE = re.compile(rb"%([0-9A-Fa-f]{2})")
_ABSOLUTE = re.compile(rb"(?i)https?://([^/?]*)(.*)", re.DOTALL)
_UNRESERVED = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")


@dataclasses.dataclass
class Disagreement:
    peer: str
    # method, target, host, fields, body, trailers or end.
    aspect: str
    ours: object
    theirs: object

    @property
    def text(self):
        return f"{self.peer}, {self.aspect}: we read {_short(self.ours)}, it reads {_short(self.theirs)}"


def _short(value):
    text = repr(value)
    return text if len(text) <= 300 else f"{text[:300]}… ({len(text)} characters)"


def compare(peer, data, ours, theirs, refusal=None):
    """Where two lists of readings of the same bytes differ; both hold None where nothing was passed on.

    As far as both go: whoever refuses something, and closes, is stricter than the other, and disagrees with nobody.
    `refusal` is what the peer refused first: its place in the list, and how.
    """
    nominated = nominations(data)
    for number, reading in enumerate(ours):
        if reading is None:
            continue
        if number >= len(theirs) or theirs[number] is None:
            # The canary is valid: whoever refuses it does so because it thinks that it begins elsewhere.
            if (reading.method, reading.target) == (b"GET", CANARY_TARGET) and refusal and refusal[0] == number:
                return Disagreement(peer, "end", CANARY_TARGET, refusal[1])
            continue
        found = compare_request(peer, nominated, reading, theirs[number])
        if found:
            return found
    return None


def compare_request(peer, nominated, ours, theirs):
    """The first aspect in which two readings of one request differ, or None."""
    host, target = normal_target(theirs)
    pairs = [
        ("method", ours.method, theirs.method),
        ("target", ours.target, target),
        ("host", normal_host(ours.values(b"host")), host),
        ("body", ours.body, theirs.body),
        ("fields", passing(ours, ours.fields, nominated), passing(ours, theirs.fields, nominated)),
    ]
    for aspect, one, other in pairs:
        if aspect == "host" and not other and ours.values(b"via")[-1:] == [b"1.0 bearergate"]:
            # HTTP/1.0 asks for no Host, HTTP/1.1 does: then we name the upstream (RFC 9112 §3.2).
            continue
        if one != other:
            return Disagreement(peer, aspect, one, other)
    # Not every trailer passes, here and there; but one that does is one that the other has read.
    unknown = [trailer for trailer in ours.trailers if trailer not in theirs.trailers]
    if unknown and peer != "nginx":
        return Disagreement(peer, "trailers", unknown, theirs.trailers)
    return None


def compared_requests(ours, theirs):
    return sum(one is not None and other is not None for one, other in zip(ours, theirs))


# What is compared.

def normal_target(request):
    """Host and target of a reading in the form in which we forward them (RFC 9112 §3.2.2, RFC 3986 §6.2.2)."""
    hosts, target = request.values(b"host"), request.target
    if absolute := _ABSOLUTE.fullmatch(target):
        hosts, target = [absolute[1]], absolute[2]
        if not target.startswith(b"/"):
            target = b"/" + target
    path, mark, query = target.partition(b"?")
    return normal_host(hosts), _ESCAPE.sub(_normal_escape, path) + mark + query


def normal_host(hosts):
    """The host in small letters, and http's port left out (RFC 9110 §4.2.3); all of them, since there must be one."""
    return [host.lower().removesuffix(b":80") for host in hosts]


def _normal_escape(found):
    octet = int(found[1], 16)
    return bytes([octet]) if octet in _UNRESERVED else b"%" + found[1].upper()


def nominations(data):
    """Every word of every Connection field (RFC 9110 §7.6.1): not every reader shows us this field."""
    return {word.strip(OWS + b"\r").lower() for found in _NOMINATIONS.finditer(data) for word in found[1].split(b",")}


def passing(ours, fields, nominated):
    """The fields that go from one end to the other, in their order."""
    is_public = ours.target.startswith(b"/public/")
    return [(name, value) for name, value in fields if _passes(name, value, nominated, is_public)]


def _passes(name, value, nominated, is_public):
    if is_set_aside(name) or name in nominated:
        return False
    if _folded(name) == "authorization":
        # The credential ends here where we read it, and its look-alikes everywhere (RFC 6750 §5.3).
        return is_public and name == b"authorization"
    return not (name == b"via" and _OUR_VIA.fullmatch(value))


def is_set_aside(name):
    folded = _folded(name)
    return folded in SET_ASIDE_NAMES or folded.startswith(SET_ASIDE_PREFIXES)


def _folded(name):
    return "".join(chr(octet) if octet < 128 and chr(octet).isalnum() else "-" for octet in name)


# What we wrote.

def strict_complaint(recording, requests, refusal, rest):
    """What is wrong with the bytes of a recording as the strict reader sees them, or None."""
    request = recording.request
    if recording.unreadable:
        return f"nobody can read it: {recording.unreadable}"
    if request is None:
        return "it is incomplete, and the strict reader sees its end" if requests else None
    if recording.rest or rest:
        return f"bytes behind its end: {_short(recording.rest or rest)}"
    if refusal or len(requests) != 1:
        return f"the strict reader refuses it: {refusal}"
    strict = requests[0]
    for aspect in ("method", "target", "fields", "body", "trailers"):
        if getattr(strict, aspect) != getattr(request, aspect):
            return f"the strict reader reads another {aspect}: {_short(getattr(strict, aspect))}"
    return _complaint_about_fields(request)


def _complaint_about_fields(request):
    """What is set aside when readings are compared is held against what we alone may write."""
    if len(request.values(b"host")) != 1:
        return f"not one Host: {request.values(b'host')}"
    if request.values(b"content-length") and request.values(b"transfer-encoding"):
        return "two framings"
    for name, value in request.fields:
        if not is_set_aside(name):
            continue
        if name not in WRITTEN_BY_US:
            return f"a field that must not go on: {name}"
        if len(request.values(name)) != 1:
            return f"a field that we write comes twice: {name}"
        if name in WRITTEN_VALUES and value not in WRITTEN_VALUES[name]:
            return f"a value that we do not write: {name}: {_short(value)}"
    if any(is_set_aside(name) for name, _ in request.trailers):
        return f"a trailer that must not go on: {_short(request.trailers)}"
    return None
