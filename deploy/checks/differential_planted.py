"""Differences that the check must see: bytes for us, and other bytes for everybody else."""

from .differential_exchange import Recording
from .differential_message import read_strictly
from .differential_mutations import CANARY
from .differential_readings import strict_complaint

_GET = b"GET /public/x?a HTTP/1.1\r\nHost: api.test\r\nX-One: 1\r\nX-Two: 2\r\n\r\n"
_POST = b"POST /public/x HTTP/1.1\r\nHost: api.test\r\nContent-Length: 5\r\n\r\nhello"
_CHUNKED = (
    b"POST /public/x HTTP/1.1\r\nHost: api.test\r\nTransfer-Encoding: chunked\r\n\r\n"
    b"5\r\nhello\r\n0\r\nX-Sum: 1\r\n\r\n")

# The aspect in which readings differ, what we are sent, what the others are, and who cannot see it.
READINGS = [
    ("method", _GET, _GET.replace(b"GET", b"PUT"), ()),
    ("target", _GET, _GET.replace(b"/x", b"/y"), ()),
    ("target", _GET, _GET.replace(b"?a", b"?A"), ()),
    ("host", _GET, _GET.replace(b"api.test", b"api.test:81"), ()),
    ("fields", _GET, _GET.replace(b"X-One", b"X-Ore"), ()),
    ("fields", _GET, _GET.replace(b"One: 1", b"One: 1 1"), ()),
    ("fields", _GET, _GET.replace(b"X-One: 1\r\nX-Two: 2", b"X-Two: 2\r\nX-One: 1"), ()),
    ("fields", _GET, _GET.replace(b"X-Two: 2\r\n", b""), ()),
    ("body", _POST, _POST.replace(b"5", b"4") + CANARY, ()),
    ("body", _POST + CANARY, _POST.replace(b"5", b"6") + CANARY, ()),
    ("body", _CHUNKED, _CHUNKED.replace(b"hello", b"hullo"), ()),
    ("trailers", _CHUNKED, _CHUNKED.replace(b"Sum: 1", b"Sum: 2"), ("nginx",)),
    ("end", _POST + CANARY, _POST + b"\0" + CANARY, ()),
]

# What is no single request, or none of ours.
WRITINGS = [
    _GET + b"\r\n", _GET + _GET, _POST + b"!", _GET.replace(b"Host", b"Hose"), _GET.replace(b"X-One", b"Host"),
    _GET.replace(b"X-One: ", b"X One: "), _GET.replace(b"X-One", b"Keep-Alive"),
    _GET.replace(b"X-One", b"X-Auth-Issuer"),
    _GET.replace(b"X-One", b"X-Request-Id").replace(b"X-Two", b"X-Request-Id"), _GET.replace(b"X-One", b"Connection"),
    _GET.replace(b"1\r\n", b"1\n"), _POST.replace(b"5", b"+5"), _CHUNKED.replace(b"chunked", b"chunked, chunked"),
    _CHUNKED.replace(b"X-Sum", b"Content_Length"), _CHUNKED.replace(b"5\r\n", b"0x5\r\n"),
]


def unseen(judge, lanes):
    """What the check does not see of all this, and how much there is of it."""
    missed, count = [], 0
    for aspect, ours, theirs, blind in READINGS:
        found = judge.disagreements(ours, theirs)
        for peer in [lane.name for lane in lanes[1:]] + ["h11"]:
            if peer in blind:
                continue
            count += 1
            if peer not in found or found[peer].aspect != aspect:
                missed.append(f"{peer}, {aspect}: {theirs!r}")
    for writing in WRITINGS:
        count += 1
        recording = Recording(0)
        recording.take(writing)
        if not strict_complaint(recording, *read_strictly(writing, ended=False)):
            missed.append(f"written upstream: {writing!r}")
    return missed, count
