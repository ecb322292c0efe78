"""Scripted faults of the server: kind, requests concerned, number.

Kinds: ``cut`` (the connection closes after a share of the body), ``cut_unsized`` (the same without Content-Length),
``flip`` (bytes inverted), ``html`` (a page with status 200 instead of the file), ``empty`` (no body), ``status`` (an HTTP
error, with ``retry_after``), ``reset`` (TCP reset within the body), ``stall`` (silence within the body), ``drop`` (closed
before the reply), ``late`` (reply after ``seconds``), ``drip`` and ``drip_header`` (one byte of the body, or of the header,
every ``seconds``), ``json`` (a given reply, or text that is not JSON), ``redirect``,
``huge`` (an absurd Content-Length), ``no_range`` (Range ignored), ``other`` (the body of another file), ``renamed``
(a new ETag, Range honoured only if it matches).
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

KINDS = (
    "none", "cut", "cut_unsized", "flip", "html", "empty", "status", "reset", "stall", "drop", "late", "json", "redirect",
    "huge", "no_range", "other", "renamed", "drip", "drip_header",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault on the requests whose path and query match the regular expression ``match``.

    It spares the first ``skip`` of these requests and affects the next ``times``. ``share`` is the part of the body that
    arrives before ``cut``, ``reset`` or ``stall``; ``text`` the body of ``json`` and ``html``, the address of
    ``redirect`` or the file of ``other``.
    """

    kind: str
    match: str = ""
    times: int = 1
    skip: int = 0
    share: float = 0.4
    seconds: float = 0.0
    code: int = 503
    retry_after: str = ""
    text: str = ""

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"unknown fault {self.kind!r}; there are {', '.join(KINDS)}")


#: A request that is answered as it should be.
NONE = Fault("none")


class Faults:
    """The faults still to come; safe to use from many threads."""

    def __init__(self, script: Iterable[Fault | Mapping[str, Any]] = ()) -> None:
        self._script = [fault if isinstance(fault, Fault) else Fault(**fault) for fault in script]
        self._met = [0] * len(self._script)
        self._lock = threading.Lock()

    def take(self, target: str) -> Fault:
        """Return the first fault on this request, or :data:`NONE`."""
        with self._lock:
            for i, fault in enumerate(self._script):
                if re.search(fault.match, target):
                    self._met[i] += 1
                    if fault.skip < self._met[i] <= fault.skip + fault.times:
                        return fault
        return NONE
