"""Bodies of many gibibytes in both directions, beside a client and an upstream that take next to nothing."""

import socket
import threading
import time

from .client import Broken, Connection, head, wait_ready
from .configuration import standard
from .outcome import Row
from .stage import Stage, free_port, progress

GIBIBYTE = 1 << 30
BLOCK = bytes(1 << 20)
SLOW_RATE = 64 << 10
MEBIBYTES = 64


class Transfer(threading.Thread):
    """One body on its way, counted."""

    def __init__(self, name, work):
        super().__init__(name=name, daemon=True)
        self.work = work
        self.bytes = 0
        self.seconds = 0.0
        self.result = None
        self.error = None

    def run(self):
        began = time.monotonic()
        try:
            self.result = self.work(self)
        except (OSError, Broken, ValueError) as error:
            self.error = f"{type(error).__name__}: {error}"
        self.seconds = time.monotonic() - began

    @property
    def rate(self):
        return f"{self.bytes / max(self.seconds, 0.001) / GIBIBYTE:.2f} GiB/s"


def upload(port, count):
    def work(transfer):
        with Connection(port, timeout=120) as connection:
            connection.send(head("/read/upload", "act_bulk", "POST", length=count))
            while transfer.bytes < count:
                connection.send(BLOCK)
                transfer.bytes += len(BLOCK)
            return connection.answer().body.decode()
    return work


def download(port, count):
    def work(transfer):
        scratch = memoryview(bytearray(1 << 20))
        with Connection(port, timeout=120) as connection:
            connection.send(head(f"/read/bytes/{count}", "act_bulk"))
            status, _ = connection.head()
            transfer.bytes = len(connection.buffer)
            while transfer.bytes < count:
                got = connection.socket.recv_into(scratch)
                if not got:
                    raise Broken(f"ended after {transfer.bytes} bytes")
                transfer.bytes += got
            return str(status)
    return work


def slow_reader(port, seconds):
    """Asks for a gibibyte and takes 64 KiB of it a second."""
    def work(transfer):
        # A small window, or the kernel would take megabytes in for us.
        with Connection(port, timeout=30, receive_buffer=32 << 10) as connection:
            connection.send(head(f"/read/bytes/{GIBIBYTE}", "act_bulk"))
            status, _ = connection.head()
            tick = time.monotonic()
            deadline = tick + seconds
            while time.monotonic() < deadline:
                # Late by the clock, and not by one's own pace: what a busy machine took is caught up with.
                tick += 0.125
                wanted = SLOW_RATE // 8
                while wanted:
                    got = len(connection.socket.recv(wanted))
                    if not got:
                        raise Broken("ended")
                    transfer.bytes += got
                    wanted -= got
                time.sleep(max(0, tick - time.monotonic()))
            return str(status)
    return work


def slow_upstream(port, seconds):
    """Sends as fast as it is let to an upstream that takes 64 KiB a second."""
    def work(transfer):
        with Connection(port, timeout=0.25) as connection:
            connection.socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 64 << 10)
            connection.send(head(f"/read/sink/{SLOW_RATE}", "act_bulk", "POST", length=GIBIBYTE))
            deadline = time.monotonic() + seconds
            while time.monotonic() < deadline:
                try:
                    transfer.bytes += connection.socket.send(BLOCK[:16_384])
                except TimeoutError:
                    # Full all the way: that is the back-pressure.
                    continue
            return "sending"
    return work


def run(chosen):
    size = (10 if chosen.full else 1) * GIBIBYTE
    seconds = 60 if chosen.full else 10
    with Stage(chosen.binary, chosen.keep) as stage:
        _, upstream = stage.service("upstream")
        _, server = stage.service("authorization_server")
        port, admin = free_port(), free_port()
        proxy = stage.serve(standard(port, admin, upstream, server))
        wait_ready(proxy, admin)
        start = proxy.mebibytes("VmRSS")
        fast = [Transfer("up", upload(port, size)), Transfer("down", download(port, size))]
        slow = [Transfer("slow reader", slow_reader(port, seconds)), Transfer("slow upstream", slow_upstream(port, seconds))]
        for transfer in slow + fast:
            transfer.start()
        began = time.monotonic()
        while any(transfer.is_alive() for transfer in slow + fast):
            time.sleep(1)
            if int(time.monotonic() - began) % 10 == 0:
                moved = ", ".join(f"{transfer.name} {transfer.bytes / GIBIBYTE:.2f} GiB" for transfer in fast)
                progress(f"{moved}, resident {proxy.mebibytes('VmRSS'):.1f} MiB")
        peak = proxy.mebibytes("VmHWM")
        up, down = fast
        reader, sink = slow
        gib = size // GIBIBYTE
        # These two share an interpreter with two transfers at full speed, which takes some of their turns from them; one
        # that the proxy had given up would have moved next to nothing.
        expected = SLOW_RATE * seconds * 3 // 4
        return [
            Row("bulk, bodies", f"{gib} GiB up and {gib} GiB down arrive whole",
                "; ".join(f"{transfer.name}: {transfer.error or transfer.result} at {transfer.rate}" for transfer in fast),
                up.result == f'{{"received":{size}}}' and down.result == "200" and down.bytes == size),
            Row("bulk, the slow ones", f"a reader and an upstream at 64 KiB/s for {seconds} s are served on",
                f"reader {reader.error or reader.bytes >> 10} KiB, upstream {sink.error or sink.bytes >> 10} KiB sent",
                not reader.error and not sink.error and reader.bytes >= expected and sink.bytes >= expected),
            Row("bulk, memory", f"peak resident under {MEBIBYTES} MiB", f"{peak:.1f} MiB ({start:.1f} before)",
                peak < MEBIBYTES),
        ]
