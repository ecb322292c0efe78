"""HTTP for the fetch: bounded replies, a least speed, errors by what can be done about them."""

from __future__ import annotations

import http.client
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from email.utils import parsedate_to_datetime
from urllib.error import HTTPError, URLError
from urllib.parse import urljoin, urlsplit
from urllib.request import Request
from urllib.response import addinfourl

from helioreduce import __version__
from helioreduce.jsoc import connection
from helioreduce.jsoc.errors import FetchError, NoData, Rejected
from helioreduce.jsoc.retry import RetryPolicy, TransientError

AGENT = f"helioreduce/{__version__}"
#: HTTP codes after which the same request may succeed; 403 is the reply of JSOC's front end when it is overloaded.
TRANSIENT_CODES = frozenset({403, 408, 425, 429, 500, 502, 503, 504})
#: Longest wait that a server may ask for, s.
_LONGEST_WAIT_S = 600.0
#: Least speed of a connection, bytes per second: a slower one is closed, and the transfer resumed on another.
LEAST_SPEED = 1000.0
Reply = http.client.HTTPResponse | addinfourl


@contextmanager
def opened(url: str, retry_policy: RetryPolicy, headers: Mapping[str, str] | None = None) -> Iterator[Reply]:
    """Open the reply to a GET request; its status is 2xx or 416.

    Raises
    ------
    TransientError
        If the same request may succeed later.
    NoData, Rejected
        For 404 and 410; for any other refusal, redirection to another host, and a certificate that cannot be verified.
    """
    request = Request(url, headers={"User-Agent": AGENT, "Accept-Encoding": "identity", **(headers or {})})
    reply: Reply
    try:
        reply = connection.opener(url).open(request, timeout=retry_policy.timeout_s)
    except HTTPError as error:
        if error.code != 416:
            raise _refusal(error, url) from None
        reply = error
    except URLError as error:
        raise connection.unreachable(error, url) from None
    except (http.client.HTTPException, OSError) as error:
        raise TransientError(f"connection failed ({error!r})") from None
    with reply:
        yield reply


def blocks(reply: Reply, retry_policy: RetryPolicy) -> Iterator[bytes]:
    """Yield the body of a reply as it arrives.

    Raises
    ------
    TransientError
        If the connection breaks, or is slower than :data:`LEAST_SPEED` for ``timeout_s``.
    """
    began, received = time.monotonic(), 0
    while True:
        try:
            block = reply.read1(2**18)
        except (http.client.HTTPException, OSError) as error:
            raise TransientError(f"connection lost ({error!r})") from None
        if not block:
            return
        yield block
        received += len(block)
        elapsed = time.monotonic() - began
        if elapsed > retry_policy.timeout_s:
            if received < LEAST_SPEED * elapsed:
                raise TransientError(f"the connection is too slow ({received / elapsed:.0f} bytes per second)")
            began, received = time.monotonic(), 0


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
        for block in blocks(reply, retry_policy):
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
