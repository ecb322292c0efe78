"""HTTP as the fetch needs it: one host, bounded replies, time limits, retries on transient errors."""

from __future__ import annotations

import http.client
import random
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import TypeVar
from urllib.error import HTTPError
from urllib.parse import urljoin, urlsplit
from urllib.request import HTTPRedirectHandler, OpenerDirector, ProxyHandler, Request, build_opener

from helioreduce import __version__
from helioreduce.jsoc.errors import FetchError, NoData, Rejected, TransientExhausted
from helioreduce.runtime.log import logger

AGENT = f"helioreduce/{__version__}"
LOOPBACK = ("127.0.0.1", "localhost", "::1")
#: HTTP codes after which the same request may succeed; 403 is how JSOC's front end answers when it is overloaded.
TRANSIENT_CODES = frozenset({403, 408, 425, 429, 500, 502, 503, 504})
Result = TypeVar("Result")


class TransientError(Exception):
    """A fault that may pass; ``wait_s`` is how long the server asked to wait."""

    def __init__(self, reason: str, wait_s: float = 0.0) -> None:
        super().__init__(reason)
        self.wait_s = wait_s


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How long to try.

    Parameters
    ----------
    retries
        Attempts after the first.
    backoff_s
        First and longest wait between attempts; it doubles every time.
    timeout_s
        Longest silence of the server.
    deadline_s
        Longest time for one transfer, all attempts together.
    """

    retries: int = 6
    backoff_s: tuple[float, float] = (1.0, 120.0)
    timeout_s: float = 60.0
    deadline_s: float = 3600.0

    def wait(self, attempt: int) -> float:
        """Seconds to wait after failed attempt number ``attempt`` (0-based), with a little jitter between clients."""
        first, longest = self.backoff_s
        return min(longest, first * 2**attempt) * random.uniform(0.8, 1.0)


@dataclass
class Attempts:
    """What happened on the way: one line per failed attempt."""

    faults: list[str] = field(default_factory=list)


def retry(act: Callable[[], Result], retry_policy: RetryPolicy, what: str, attempts: Attempts | None = None) -> Result:
    """``act()``, again and again while it raises :class:`TransientError`.

    Raises
    ------
    TransientExhausted
        When the retries are used up; the message names the last fault.
    """
    attempts = attempts or Attempts()
    end = time.monotonic() + retry_policy.deadline_s
    for attempt in range(retry_policy.retries + 1):
        try:
            return act()
        except TransientError as fault:
            attempts.faults.append(str(fault))
            wait = max(fault.wait_s, retry_policy.wait(attempt))
            logger.info("%s: %s", what, fault)
            if attempt == retry_policy.retries or time.monotonic() + wait > end:
                break
            time.sleep(wait)
    raise TransientExhausted(
        f"{len(attempts.faults)} attempts failed (the last: {attempts.faults[-1]})", cure="Try again later", where=what
    )


@contextmanager
def opened(url: str, retry_policy: RetryPolicy, headers: Mapping[str, str] | None = None) -> Iterator[http.client.HTTPResponse]:
    """An open reply to GET, status 2xx or 416.

    Raises
    ------
    TransientError
        For a fault that may pass.
    NoData, Rejected
        404 and 410; any other refusal, and redirection to another host.
    """
    request = Request(url, headers={"User-Agent": AGENT, "Accept-Encoding": "identity", **(headers or {})})
    try:
        reply = _opener(url).open(request, timeout=retry_policy.timeout_s)
    except HTTPError as error:
        if error.code != 416:
            raise _refusal(error, url) from None
        reply = error
    except (http.client.HTTPException, OSError) as error:
        raise TransientError(f"connection failed ({getattr(error, 'reason', None) or error!r})") from None
    with reply:
        yield reply


def blocks(reply: http.client.HTTPResponse) -> Iterator[bytes]:
    """The body of a reply, as it arrives.

    Raises
    ------
    TransientError
        If the connection breaks.
    """
    while True:
        try:
            block = reply.read1(2**18)
        except (http.client.HTTPException, OSError) as error:
            raise TransientError(f"connection lost ({error!r})") from None
        if not block:
            return
        yield block


def get(url: str, retry_policy: RetryPolicy, *, limit: int) -> bytes:
    """The body of a reply of at most ``limit`` bytes.

    Raises
    ------
    TransientError, NoData, Rejected
        See :func:`opened`; a reply beyond the limit is rejected.
    """
    end = time.monotonic() + retry_policy.deadline_s
    with opened(url, retry_policy) as reply:
        announced = reply.headers.get("Content-Length")
        body = bytearray()
        for block in blocks(reply):
            body += block
            if len(body) > limit:
                raise Rejected(f"the reply exceeds {limit} bytes", cure="Ask for fewer records", where=url)
            if time.monotonic() > end:
                raise TransientError("the reply takes too long")
    if announced and announced.isdecimal() and int(announced) != len(body):
        raise TransientError(f"the reply has {len(body)} bytes of {announced}")
    return bytes(body)


def joined(base: str, path: str) -> str:
    """The address of a path that a server named, below ``base`` and on its host.

    Raises
    ------
    Rejected
        If the path leads to another host, upwards, or holds control characters.
    """
    url = urljoin(base, path.lstrip("/"))
    odd = any(ord(letter) <= 32 or ord(letter) > 126 for letter in path) or "\\" in path
    if odd or ".." in path.split("/") or urlsplit(url)[:2] != urlsplit(base)[:2]:
        raise Rejected(f"the server names the path {path!r}", cure="A path must be plain and on the server itself", where=base)
    return url


def retry_after(text: str | None) -> float:
    """Seconds of a Retry-After header (a number or a date); 0 without one."""
    if not text:
        return 0.0
    try:
        return float(text) if text.strip().isdecimal() else max(0.0, parsedate_to_datetime(text).timestamp() - time.time())
    except (TypeError, ValueError):
        return 0.0


def _refusal(error: HTTPError, url: str) -> FetchError | TransientError:
    """What an HTTP error code means."""
    with error:
        if error.code in TRANSIENT_CODES:
            return TransientError(f"HTTP {error.code}", min(600.0, retry_after(error.headers.get("Retry-After"))))
        if error.code in (404, 410):
            return NoData(f"HTTP {error.code}: the archive has no such file", where=url)
        return Rejected(f"HTTP {error.code} {error.reason}", where=url)


class _SameHost(HTTPRedirectHandler):
    """Follows a redirection only within the host and scheme."""

    def redirect_request(self, req, fp, code, msg, headers, newurl):
        """The new request, or an error."""
        if urlsplit(newurl)[:2] != urlsplit(req.full_url)[:2]:
            raise Rejected(f"redirects to {newurl!r}", cure="Only its own host is followed", where=req.full_url)
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _opener(url: str) -> OpenerDirector:
    """An opener that follows no foreign redirection, and needs no proxy to reach this machine."""
    proxies = [ProxyHandler({})] if urlsplit(url).hostname in LOOPBACK else []
    return build_opener(_SameHost, *proxies)
