"""A headless Chromium, worked as a person does: by looking and clicking. It speaks the DevTools protocol over a pipe."""

import base64
import fcntl
import json
import os
import select
import shutil
import time

from .stage import CheckFailed

NAMES = ("chromium", "chromium-browser", "google-chrome")


class Chromium:
    """One browser with one page; `stage` ends it. Scripts of pages are off: what needs one does not work here."""

    def __init__(self, stage, width=390, height=780):
        program = next(filter(None, map(shutil.which, NAMES)), None)
        if not program:
            raise CheckFailed("there is no Chromium (apt-get install chromium)")
        commands, self._commands = os.pipe()
        self._events, events = os.pipe()
        # Out of the way of 3 and 4, which they become in the browser.
        inherited = [fcntl.fcntl(descriptor, fcntl.F_DUPFD, 10) for descriptor in (commands, events)]
        profile = stage.folder / "chromium"
        # The protocol is on descriptors 3 and 4; as root Chromium has no sandbox to run in.
        arguments = [
            program, "--headless=new", "--remote-debugging-pipe", "--no-sandbox", "--disable-gpu", "--no-first-run",
            "--disable-dev-shm-usage", "--disable-background-networking", "--disable-component-update", "--hide-scrollbars",
            f"--user-data-dir={profile}", f"--window-size={width},{height}", "about:blank"]
        script = 'exec "$@" 3<&{0} 4>&{1} {0}<&- {1}>&-'.format(*inherited)
        self.program = stage.start(["bash", "-c", script, "bash", *arguments], "chromium", pass_fds=inherited)
        for descriptor in (commands, events, *inherited):
            os.close(descriptor)
        self._buffer = b""
        self._number = 0
        self._seen = []
        self._session = None
        targets = self.call("Target.getTargets", _session=None)["targetInfos"]
        page = next(target for target in targets if target["type"] == "page")
        self._session = self.call(
            "Target.attachToTarget", targetId=page["targetId"], flatten=True, _session=None)["sessionId"]
        for domain in ("Page", "DOM"):
            self.call(f"{domain}.enable")
        self.call("Emulation.setScriptExecutionDisabled", value=True)
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=2, mobile=True)

    def call(self, method, _session="", **parameters):
        """One command; its result."""
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters}
        session = self._session if _session == "" else _session
        if session:
            message["sessionId"] = session
        os.write(self._commands, json.dumps(message).encode() + b"\0")
        answer = self._wait(lambda message: message.get("id") == self._number, method)
        if "error" in answer:
            raise CheckFailed(f"{method}: {answer['error'].get('message')}")
        return answer["result"]

    def _wait(self, wanted, what, seconds=20):
        """The first message that is wanted, among those that came and those that will."""
        until = time.monotonic() + seconds
        while True:
            for message in self._seen:
                if wanted(message):
                    self._seen.remove(message)
                    return message
            if not select.select([self._events], [], [], max(0, until - time.monotonic()))[0]:
                raise CheckFailed(f"Chromium does not answer: {what}")
            piece = os.read(self._events, 1 << 20)
            if not piece:
                raise CheckFailed(f"Chromium has ended: {self.program.log.strip()[-200:]}")
            *messages, self._buffer = (self._buffer + piece).split(b"\0")
            self._seen += map(json.loads, messages)

    def _loading(self, action, what):
        """Does something that leads to another page, and waits until that is there."""
        is_load = lambda message: message.get("method") == "Page.loadEventFired"
        self._seen = [message for message in self._seen if not is_load(message)]
        action()
        self._wait(is_load, what)

    # What a person does.

    def open(self, address):
        self._loading(lambda: self.call("Page.navigate", url=address), "the page loads")

    def click(self, selector):
        """Clicks into the middle of an element."""
        self.call("DOM.scrollIntoViewIfNeeded", nodeId=self._node(selector))
        corners = self.call("DOM.getBoxModel", nodeId=self._node(selector))["model"]["border"]
        place = {"x": (corners[0] + corners[4]) / 2, "y": (corners[1] + corners[5]) / 2}
        for kind in ("mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, button="left", clickCount=1, **place)

    def press(self, selector):
        """Clicks what leads to another page."""
        self._loading(lambda: self.click(selector), f"{selector} leads on")

    # What a person sees.

    def text(self):
        markup = self.call("DOM.getOuterHTML", nodeId=self._node("body"))
        return markup["outerHTML"]

    def has(self, selector):
        return self._find(selector) != 0

    @property
    def address(self):
        history = self.call("Page.getNavigationHistory")
        return history["entries"][history["currentIndex"]]["url"]

    def photograph(self, path):
        picture = self.call("Page.captureScreenshot", format="png")["data"]
        path.write_bytes(base64.b64decode(picture))

    def prefer(self, scheme):
        """`light` or `dark`."""
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self.call("Emulation.setEmulatedMedia", features=features)

    def _find(self, selector):
        root = self.call("DOM.getDocument")["root"]["nodeId"]
        return self.call("DOM.querySelector", nodeId=root, selector=selector)["nodeId"]

    def _node(self, selector):
        node = self._find(selector)
        if node == 0:
            raise CheckFailed(f"{self.address.split('?')[0]} has no {selector}")
        return node
