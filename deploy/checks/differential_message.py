"""Requests and answers as bytes: how the differential check reads them, and how h11 does."""

import dataclasses
import re

try:
    import h11
except ModuleNotFoundError:
    # `deploy/differential` says so, once it has been asked for more than its help.
    h11 = None

# More than any head in the corpus: what is too long is the readers' own business, and no disagreement.
H11_BYTES_MAX = 1 << 18
OWS = b" \t"


class Unreadable(Exception):
    """What a proxy wrote to its upstream is no HTTP/1.1 request."""


@dataclasses.dataclass
class Request:
    method: bytes
    target: bytes
    version: bytes
    # Names in lower case, values without the white space around them, in the order they came.
    fields: list
    body: bytes
    trailers: list

    def values(self, name):
        return [value for known, value in self.fields if known == name]


def read_request(data):
    """The first request of a proxy's bytes and what is behind it; None while it is incomplete.

    As lenient as an upstream that trusts its proxy: the strict reader is h11.
    """
    end = data.find(b"\r\n\r\n")
    if end < 0:
        return None, data
    lines = data[:end].split(b"\r\n")
    method, _, rest = lines[0].partition(b" ")
    target, _, version = rest.rpartition(b" ")
    fields = [_field(line) for line in lines[1:]]
    request = Request(method, target, version, fields, b"", [])
    rest = data[end + 4:]
    if request.values(b"transfer-encoding"):
        return _read_chunks(request, rest, data)
    try:
        length = int((request.values(b"content-length") or [b"0"])[0])
    except ValueError as error:
        raise Unreadable(str(error)) from None
    if len(rest) < length:
        return None, data
    request.body = rest[:length]
    return request, rest[length:]


def _read_chunks(request, rest, data):
    while True:
        line, end, rest = rest.partition(b"\r\n")
        if not end:
            return None, data
        try:
            size = int(line.split(b";")[0], 16)
        except ValueError as error:
            raise Unreadable(str(error)) from None
        if size == 0:
            break
        if len(rest) < size + 2:
            return None, data
        request.body += rest[:size]
        rest = rest[size + 2:]
    while True:
        line, end, rest = rest.partition(b"\r\n")
        if not end:
            return None, data
        if not line:
            return request, rest
        request.trailers.append(_field(line))


def _field(line):
    name, _, value = line.partition(b":")
    return name.lower(), value.strip(OWS)


def has_expectation(data):
    """Whether a request head is there that waits for an interim answer."""
    head = data.partition(b"\r\n\r\n")[0].lower()
    return len(head) < len(data) and b"\r\nexpect:" in head


# Answers.

_STATUS = re.compile(rb"HTTP/1\.[01] (\d{3})[ \r]")
_LENGTH = re.compile(rb"(?i)\r\ncontent-length: *(\d+)")
_TAG = re.compile(rb"(?i)\r\nx-recorded: *(\d+)")


def read_answers(data):
    """Status and recording number (None when the proxy answered by itself) of each final answer."""
    answers = []
    while found := _STATUS.match(data):
        head, end, data = data.partition(b"\r\n\r\n")
        if not end:
            break
        status = int(found[1])
        if status < 200 and status != 101:
            continue
        # An answer to HEAD announces content that does not come: then the next answer stands in its place.
        length = _LENGTH.search(head)
        if length and not _STATUS.match(data):
            data = data[int(length[1]):]
        tag = _TAG.search(head)
        answers.append((status, int(tag[1]) if tag else None))
    return answers


# The strict reader.

def read_strictly(data, ended=True):
    """All complete requests that h11 finds in these bytes; whether it refused, and what it left unread."""
    connection = h11.Connection(h11.SERVER, max_incomplete_event_size=H11_BYTES_MAX)
    requests, current, refusal = [], None, None
    try:
        connection.receive_data(data)
        if ended:
            connection.receive_data(b"")
        while True:
            event = connection.next_event()
            if isinstance(event, h11.Request):
                current = Request(event.method, event.target, event.http_version, list(event.headers), b"", [])
            elif isinstance(event, h11.Data):
                current.body += bytes(event.data)
            elif isinstance(event, h11.EndOfMessage):
                current.trailers = list(event.headers)
                requests.append(current)
                current = None
                if not _answer(connection):
                    break
            else:
                break
    except h11.RemoteProtocolError as error:
        refusal = str(error)
    return requests, refusal, connection.trailing_data[0]


def _answer(connection):
    """Answers, so that the next request may follow; false when none may. A 200 would open a tunnel to CONNECT."""
    connection.send(h11.Response(status_code=404, headers=[("Content-Length", "0")]))
    connection.send(h11.EndOfMessage())
    if connection.our_state is not h11.DONE or connection.their_state is not h11.DONE:
        return False
    connection.start_next_cycle()
    return True
