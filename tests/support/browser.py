"""Chromium without a window, driven over a pipe in the DevTools protocol."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
from pathlib import Path
from typing import Any

EXECUTABLE = next((path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None)
_FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync", "--remote-debugging-pipe", "--window-size=1400,900"),
)


class Browser:
    """One page of a browser with a profile of its own; use it in a ``with`` statement."""

    def __init__(self, profile: Path) -> None:
        self.profile, self.number, self.events, self.session = profile, 0, [], None

    def __enter__(self) -> Browser:
        to_child, from_parent = os.pipe()
        to_parent, from_child = os.pipe()

        def wire() -> None:  # the protocol lives on descriptors 3 and 4
            reading, writing = os.dup(to_child), os.dup(from_child)
            os.dup2(reading, 3)
            os.dup2(writing, 4)

        command = [EXECUTABLE, *_FLAGS, f"--user-data-dir={self.profile}", "about:blank"]
        self.process = subprocess.Popen(command, preexec_fn=wire, close_fds=False, stderr=subprocess.DEVNULL)  # noqa: PLW1509
        os.close(to_child)
        os.close(from_child)
        self.out, self.inward = os.fdopen(from_parent, "wb", buffering=0), os.fdopen(to_parent, "rb", buffering=0)
        self.rest = b""
        target = next(t for t in self.call("Target.getTargets")["targetInfos"] if t["type"] == "page")
        self.session = self.call("Target.attachToTarget", targetId=target["targetId"], flatten=True)["sessionId"]
        return self

    def __exit__(self, *_: object) -> None:
        self.out.close()
        self.process.terminate()
        self.process.wait(timeout=20)
        self.inward.close()

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Result of one command; events that arrive meanwhile are kept in ``events``."""
        self.number += 1
        message = {"id": self.number, "method": method, "params": parameters}
        if self.session:
            message["sessionId"] = self.session
        self.out.write(json.dumps(message).encode() + b"\0")
        while True:
            answer = self._receive()
            if answer.get("id") == self.number:
                if "error" in answer:
                    raise RuntimeError(answer["error"]["message"])
                return answer["result"]
            self.events.append(answer)

    def evaluate(self, expression: str) -> Any:
        """Value of a JavaScript expression on the page."""
        answer = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        return answer["result"].get("value")

    def open(self, address: str) -> None:
        """Load a page and wait until it is complete."""
        self.call("Page.enable")
        for domain in ("Network", "Runtime", "Log"):
            self.call(f"{domain}.enable")
        self.call("Page.navigate", url=address)
        for _ in range(600):
            if self.evaluate("[document.readyState, location.href]") == ["complete", address]:
                return
            time.sleep(0.05)
        raise RuntimeError("the page did not load")

    def drag(self, start: tuple[float, float], end: tuple[float, float]) -> None:
        """Press the mouse, move, release."""
        for kind, (x, y) in (("mousePressed", start), ("mouseMoved", end), ("mouseReleased", end)):
            buttons = 0 if kind == "mouseReleased" else 1
            self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", buttons=buttons, clickCount=1)

    def requests(self) -> list[str]:
        """Addresses that the page has asked for."""
        asked = [event["params"] for event in self.events if event.get("method") == "Network.requestWillBeSent"]
        return [parameters["request"]["url"] for parameters in asked]

    def _receive(self) -> dict[str, Any]:
        while b"\0" not in self.rest:
            chunk = self.inward.read(1 << 16)
            if not chunk:
                raise RuntimeError("the browser has gone")
            self.rest += chunk
        message, self.rest = self.rest.split(b"\0", 1)
        return json.loads(message)
