"""The same bytes through several proxies at once, each before an upstream that records; one thread, one selector."""

import selectors
import socket
import time

from .differential_message import Unreadable, has_expectation, read_answers, read_request
from .stage import HOST, CheckFailed

# Nothing that is asked of a proxy here takes longer, but on a machine that is busy with other things.
PATIENCE = 20
# Whoever says nothing for so long is waiting for more bytes, so it is told that there are none.
QUIET = 0.25
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
RECEIVE_BYTES = 1 << 18


class Recording:
    """What a proxy wrote on one connection to its upstream."""

    def __init__(self, number):
        self.number = number
        self.data = b""
        self.request = None
        # Behind the request: nothing may be there.
        self.rest = b""
        self.unreadable = None
        self._has_continued = False

    def take(self, data):
        """More bytes; what the upstream says to them."""
        self.data += data
        if self.request is not None or self.unreadable:
            self.rest += data
            return b""
        try:
            self.request, rest = read_request(self.data)
        except Unreadable as error:
            self.unreadable = str(error)
            return b"HTTP/1.1 400 No\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
        if self.request is None:
            if self._has_continued or not has_expectation(self.data):
                return b""
            self._has_continued = True
            return CONTINUE
        self.rest = rest
        # Each connection carries one request, so that all that is written on it belongs to that one.
        return b"HTTP/1.1 200 OK\r\nX-Recorded: %d\r\nConnection: close\r\nContent-Length: 0\r\n\r\n" % self.number


class Lane:
    """A proxy's port and the upstream behind it, used by one exchange after the other."""

    def __init__(self, name, port):
        self.name = name
        self.port = port
        self.listener = socket.create_server((HOST, 0), backlog=256)
        self.listener.setblocking(False)
        self.upstream_port = self.listener.getsockname()[1]
        self.recordings_so_far = 0


class Passage:
    """One exchange through one lane: what came back, and what reached the upstream."""

    def __init__(self, lane, data, selector, answers_wanted=0):
        self.lane = lane
        self.answer = b""
        self.recordings = []
        self.is_over = False
        self._selector = selector
        self._unsent = memoryview(data)
        self._answers_wanted = answers_wanted
        self._has_ended = False
        self._upstream = set()
        self._client = socket.create_connection((HOST, lane.port), timeout=PATIENCE)
        self._client.setblocking(False)
        self._is_client_open = True
        selector.register(lane.listener, selectors.EVENT_READ, self._accept)
        selector.register(self._client, selectors.EVENT_READ | selectors.EVENT_WRITE, self._serve_client)

    # What happened.

    @property
    def answers(self):
        return read_answers(self.answer)

    def readings(self):
        """For each answer the request as the upstream saw it, or None where the proxy answered by itself."""
        known = {recording.number: recording for recording in self.recordings}
        return [known[tag].request if tag in known else None for _, tag in self.answers]

    # How it happens.

    def _serve_client(self, mask):
        if mask & selectors.EVENT_WRITE:
            self._send()
        if mask & selectors.EVENT_READ:
            try:
                data = self._client.recv(RECEIVE_BYTES)
            except BlockingIOError:
                return
            except OSError:
                data = b""
            self.answer += data
            if not data:
                self._close(self._client)
                self._is_client_open = False
                # Whoever answered had connected before: that connection is waiting here, if it is not known yet.
                self._accept(0)
                self._conclude()
            elif not self._has_ended and not self._unsent and len(self.answers) >= self._answers_wanted:
                self.end()

    def _send(self):
        try:
            sent = self._client.send(self._unsent[:RECEIVE_BYTES]) if self._unsent else 0
            self._unsent = self._unsent[sent:]
            if self._unsent:
                return
        except BlockingIOError:
            return
        except OSError:
            # It has refused and closed; what it said may still be there to be read.
            self._unsent = self._unsent[:0]
        self._selector.modify(self._client, selectors.EVENT_READ, self._serve_client)
        if self._answers_wanted == 0:
            self.end()

    def end(self):
        """Says that nothing more comes."""
        if self._is_client_open and not self._has_ended:
            self._has_ended = True
            try:
                self._client.shutdown(socket.SHUT_WR)
            except OSError:
                pass

    def _accept(self, _):
        while True:
            try:
                connection, _ = self.lane.listener.accept()
            except BlockingIOError:
                return
            connection.setblocking(False)
            recording = Recording(self.lane.recordings_so_far)
            self.lane.recordings_so_far += 1
            self.recordings.append(recording)
            self._upstream.add(connection)
            self._selector.register(
                connection, selectors.EVENT_READ, lambda _, c=connection, r=recording: self._serve(c, r))

    def _serve(self, connection, recording):
        try:
            data = connection.recv(RECEIVE_BYTES)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._upstream.discard(connection)
            self._close(connection)
            self._conclude()
            return
        said = recording.take(data)
        if said:
            try:
                connection.sendall(said)
                if said != CONTINUE:
                    connection.shutdown(socket.SHUT_WR)
            except OSError:
                pass

    def _conclude(self):
        if not self._is_client_open and not self._upstream and not self.is_over:
            self.is_over = True
            self._selector.unregister(self.lane.listener)

    def give_up(self):
        """Closes what is still open."""
        if self._is_client_open:
            self._close(self._client)
            self._is_client_open = False
        for connection in self._upstream:
            self._close(connection)
        self._upstream.clear()
        self._conclude()

    def _close(self, connection):
        self._selector.unregister(connection)
        connection.close()


def exchange(lanes, data, answers_wanted=0, meanwhile=None):
    """Sends the same bytes through all lanes; returns one passage a lane, all over.

    The end of the bytes is sent with them, or once so many answers are there: HAProxy reads no second request once it
    knows of the end.
    """
    with selectors.DefaultSelector() as selector:
        passages = [Passage(lane, data, selector, answers_wanted) for lane in lanes]
        deadline = time.monotonic() + PATIENCE
        if meanwhile:
            meanwhile()
        is_quiet = False
        while not all(passage.is_over for passage in passages):
            ready = selector.select(max(0, deadline - time.monotonic()) if is_quiet or not answers_wanted else QUIET)
            for key, mask in ready:
                # One event may have ended what another is about.
                if key.fileobj.fileno() >= 0:
                    key.data(mask)
            if ready:
                continue
            if not is_quiet and answers_wanted:
                is_quiet = True
                for passage in passages:
                    passage.end()
                continue
            names = ", ".join(passage.lane.name for passage in passages if not passage.is_over)
            for passage in passages:
                passage.give_up()
            raise CheckFailed(f"{names}: an exchange is not over after {PATIENCE} s")
        return passages
