"""HTTP for the fetch: one host, bounded replies, time limits, retries on transient errors."""

from __future__ import annotations

import http.client
import random
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from http.client import HTTPMessage
from typing import IO, TypeVar
from urllib.error import HTTPError
from urllib.parse import urljoin, urlsplit
from urllib.request import HTTPRedirectHandler, OpenerDirector, ProxyHandler, Request, build_opener
from urllib.response import addinfourl

from helioreduce import __version__
from helioreduce.jsoc.errors import FetchError, NoData, Rejected, TransientExhausted
from helioreduce.runtime.log import logger

AGENT = f"helioreduce/{__version__}"
LOOPBACK = ("127.0.0.1", "localhost", "::1")
#: HTTP codes after which the same request may succeed; 403 is the reply of JSOC's front end when it is overloaded.
TRANSIENT_CODES = frozenset({403, 408, 425, 429, 500, 502, 503, 504})
#: Longest wait that a server may ask for, s.
_LONGEST_WAIT_S = 600.0
Result = TypeVar("Result")
Reply = http.client.HTTPResponse | addinfourl


class TransientError(Exception):
    """An error after which the same request may succeed; ``wait_s`` is how long the server asked to wait."""

    def __init__(self, reason: str, wait_s: float = 0.0) -> None:
        super().__init__(reason)
        self.wait_s = wait_s


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """Retries and time limits of a request.

    Parameters
    ----------
    retries
        Attempts after the first.
    backoff_s
        First and longest wait between attempts, s; it doubles every time.
    timeout_s
        Longest silence of the server, s.
    deadline_s
        Longest time for one request, all attempts together, s.
    """

    retries: int = 6
    backoff_s: tuple[float, float] = (1.0, 120.0)
    timeout_s: float = 60.0
    deadline_s: float = 3600.0

    def wait(self, attempt: int) -> float:
        """Return the wait after failed attempt number ``attempt`` (from 0), s, with jitter between clients."""
        first, longest = self.backoff_s
        return min(longest, first * 2**attempt) * random.uniform(0.8, 1.0)


@dataclass
class Attempts:
    """Failed attempts of a request, one line each."""

    faults: list[str] = field(default_factory=list)


def retry(act: Callable[[], Result], retry_policy: RetryPolicy, what: str, attempts: Attempts | None = None) -> Result:
    """Call ``act`` until it no longer raises :class:`TransientError`.

    Parameters
    ----------
    act
        One attempt.
    retry_policy
        Number of attempts, and the waits between them.
    what
        Name of the request in messages.
    attempts
        Filled with the failed attempts.

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
    problem = f"{len(attempts.faults)} attempts failed (the last: {attempts.faults[-1]})"
    raise TransientExhausted(problem, cure="Try again later", where=what)


@contextmanager
def opened(url: str, retry_policy: RetryPolicy, headers: Mapping[str, str] | None = None) -> Iterator[Reply]:
    """Open the reply to a GET request; its status is 2xx or 416.

    Raises
    ------
    TransientError
        If the same request may succeed later.
    NoData, Rejected
        For 404 and 410; for any other refusal, and redirection to another host.
    """
    request = Request(url, headers={"User-Agent": AGENT, "Accept-Encoding": "identity", **(headers or {})})
    reply: Reply
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


def blocks(reply: Reply) -> Iterator[bytes]:
    """Yield the body of a reply as it arrives.

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
    """Return the body of a reply of at most ``limit`` bytes.

    Raises
    ------
    TransientError, NoData, Rejected
        See :func:`opened`; a reply beyond the limit is rejected.
    """
    end = time.monotonic() + retry_policy.deadline_s
    with opened(url, retry_policy) as reply:
        announced = content_length(reply)
        body = bytearray()
        for block in blocks(reply):
            body += block
            if len(body) > limit:
                raise Rejected(f"the reply exceeds {limit} bytes", cure="Ask for fewer records", where=url)
            if time.monotonic() > end:
                raise TransientError("the reply takes too long")
    if announced is not None and announced != len(body):
        raise TransientError(f"the reply has {len(body)} bytes of {announced}")
    return bytes(body)


def content_length(reply: Reply) -> int | None:
    """Return the length of a body in bytes, or None where the server does not announce it."""
    text = reply.headers.get("Content-Length", "")
    return int(text) if text.isdecimal() else None


def joined(base: str, path: str) -> str:
    """Return the address of a path that a server named, below ``base`` and on its host.

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
    """Return the seconds of a Retry-After header, a number or a date; 0 without one."""
    if not text:
        return 0.0
    try:
        return float(text) if text.strip().isdecimal() else max(0.0, parsedate_to_datetime(text).timestamp() - time.time())
    except (TypeError, ValueError):
        return 0.0


def _refusal(error: HTTPError, url: str) -> FetchError | TransientError:
    """Return the exception for an HTTP error code."""
    with error:
        if error.code in TRANSIENT_CODES:
            return TransientError(f"HTTP {error.code}", min(_LONGEST_WAIT_S, retry_after(error.headers.get("Retry-After"))))
        if error.code in (404, 410):
            return NoData(f"HTTP {error.code}: the archive has no such file", where=url)
        return Rejected(f"HTTP {error.code} {error.reason}", where=url)


class _SameHost(HTTPRedirectHandler):
    """Follows a redirection only within the host and scheme."""

    def redirect_request(
        self, req: Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> Request | None:
        """Return the new request, or raise Rejected."""
        if urlsplit(newurl)[:2] != urlsplit(req.full_url)[:2]:
            raise Rejected(f"redirects to {newurl!r}", cure="Only its own host is followed", where=req.full_url)
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _opener(url: str) -> OpenerDirector:
    """Return an opener that follows no redirection to another host, and uses no proxy for this machine."""
    proxies = [ProxyHandler({})] if urlsplit(url).hostname in LOOPBACK else []
    return build_opener(_SameHost, *proxies)
