"""Queries to JSOC in the protocol of DRMS.

The ``drms`` package knows the operations and builds their addresses; the transfer is our own: keywords as text in full
precision, bounded replies, retries, and the digest of every reply for the provenance of products.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from drms.config import ServerConfig
from drms.json import HttpJsonClient

from helioreduce import times
from helioreduce.errors import InputError
from helioreduce.jsoc import http, record_sets
from helioreduce.jsoc.errors import FetchError, NoData, Rejected
from helioreduce.jsoc.records import Keyword, Record, Series
from helioreduce.jsoc.records import slot as slot_of
from helioreduce.jsoc.retry import RetryPolicy, TransientError, retry
from helioreduce.series import LEVEL1

JSOC = "http://jsoc.stanford.edu/"
CGI = "cgi-bin/ajax/"
#: Largest reply to a query, bytes.
_REPLY_LIMIT = 2**28
_RUNTIME = re.compile(rb'"runtime":\s*[\d.eE+-]+')
#: Status of ``checkAddress.sh`` for a registered address.
_REGISTERED = 2
Reply = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Query:
    """One query, for provenance.

    ``url`` is its address without personal data; ``sha256`` the digest of the reply without ``runtime``, the seconds that
    the server took: the same data have the same digest.
    """

    url: str
    sha256: str


@dataclass
class Client:
    """A client of an archive that speaks JSOC's protocol.

    Parameters
    ----------
    cgi_url
        Address of the CGI programs, ``http://…/cgi-bin/ajax/``.
    download_url
        Address that the paths of files are relative to.
    email
        Address registered for exports; queries need none. It is sent to the archive only, never written to logs or products.
    retry_policy
        Retries and time limits.
    queries
        Filled with the queries made.
    """

    cgi_url: str = JSOC + CGI
    download_url: str = JSOC
    email: str | None = field(default=None, repr=False)
    retry_policy: RetryPolicy = field(default_factory=RetryPolicy)
    queries: list[Query] = field(default_factory=list, repr=False)

    def __post_init__(self) -> None:
        programs = {"show_series": "show_series", "jsoc_info": "jsoc_info", "jsoc_fetch": "jsoc_fetch"}
        config = {f"cgi_{name}": program for name, program in programs.items()} | {"cgi_check_address": "checkAddress.sh"}
        server = ServerConfig(name="archive", cgi_baseurl=self.cgi_url, http_download_baseurl=self.download_url, **config)
        self.operations = _Operations(server, self._send)
        self._series: dict[str, Series] = {}

    @classmethod
    def at(cls, url: str, email: str | None = None, retry_policy: RetryPolicy | None = None) -> Client:
        """Return a client of the archive whose base address is ``url``.

        Raises
        ------
        InputError
            If it is no address.
        """
        if not url.startswith(("http://", "https://")):
            raise InputError(f"{url!r} is no archive", cure="Give jsoc, simulated, or an address that begins with https://")
        base = url if url.endswith("/") else f"{url}/"
        return cls(base + CGI, base, email, retry_policy or RetryPolicy())

    def series(self, name: str) -> Series:
        """Return the prime keys, keywords and segments of a series.

        Raises
        ------
        NoData
            If there is no such series.
        """
        if name not in self._series:
            reply = self.operations.series_struct(name.lower())
            refuse(reply, name)
            with usable(name):
                keywords = {
                    word["name"]: Keyword(word["type"], word.get("units") or "none", word.get("note") or "")
                    for word in reply["keywords"]
                    if word["recscope"] != "index"
                }
                segments = tuple(segment["name"] for segment in reply["segments"])
                self._series[name] = Series(name, tuple(reply["primekeys"]), keywords, segments)
        return self._series[name]

    def records(self, record_set: str, segments: Sequence[str] = ()) -> list[Record]:
        """Return all records of a record set with all keywords, from one query.

        Parameters
        ----------
        record_set
            In the language of DRMS: ``aia.lev1_euv_12s[2014-01-01T00:00:00Z/1m][171,193]``.
        segments
            Segments whose paths are requested.

        Raises
        ------
        NoData
            Unknown series; an empty record set gives an empty list.
        TransientExhausted, Rejected
            The archive cannot be reached, or refuses.
        """
        name = re.match(r"\s*([\w.]*)", record_set)
        series = self.series(name[1] if name else "")
        reply = self.operations.rs_list(
            record_set, key=["**ALL**", "*recnum*"], seg=list(map(series.stored_as, segments)) or None
        )
        refuse(reply, record_set)
        with usable(record_set):
            columns = _columns(reply, "keywords")
            numbers = [int(number) for number in columns.get("*recnum*", ())]
            if len(numbers) != int(reply["count"]):
                raise ValueError(f"{len(numbers)} records of {reply['count']}")
            paths = _columns(reply, "segments") if segments and numbers else {}
            dims = _columns(reply, "segments", "dims") if segments and numbers else {}
            found = []
            for i, number in enumerate(numbers):
                keywords = {key: str(column[i]) for key, column in columns.items() if key in series.keywords}
                files = {key: str(paths[series.stored_as(key)][i]) for key in segments}
                stored = {key: path for key, path in files.items() if path.startswith("/")}
                shapes = {key: str(dims[series.stored_as(key)][i]) for key in stored if series.stored_as(key) in dims}
                found.append(Record(_name(series, keywords), series, number, keywords, stored, shapes))
            return found

    def frames(
        self, channel: int, start: datetime, end: datetime, cadence_s: float, segments: Sequence[str] = ("image", "spikes")
    ) -> Iterator[Record]:
        """Yield the level-1 records of a channel from ``start`` to ``end`` (UTC, both included), ``cadence_s`` apart."""
        step = LEVEL1[channel].slot_s
        first, last = (times.slot_number(time, step) for time in (start, end))
        yield from self._slots(channel, range(first, last + 1, max(1, round(cadence_s / step))), segments)

    def in_slots(
        self, channel: int, slots: Sequence[datetime], segments: Sequence[str] = ("image", "spikes"), *, series: str = "",
        where: str = "") -> Iterator[Record]:  # fmt: skip
        """Yield the level-1 records of a channel in these slots (T_REC, UTC), which need not be equally spaced.

        ``series`` is one of single exposures, such as aia.lev1; by default it is the slotted one of the channel. ``where`` is a
        condition in SQL.
        """
        step = LEVEL1[channel].slot_s
        yield from self._slots(channel, [times.slot_number(slot, step) for slot in slots], segments, series, where)

    def around(
        self, channel: int, slots: Sequence[datetime], within_s: float, *, series: str = "", where: str = ""
    ) -> Iterator[Record]:
        """Yield the level-1 records of a channel whose T_OBS is within so many seconds of these slots, and some beyond."""
        step = LEVEL1[channel].slot_s
        numbers = [times.slot_number(slot, step) for slot in slots]
        for text in record_sets.around(channel, numbers, within_s, series, where):
            yield from self.records(text, ("image", "spikes"))

    def _slots(
        self, channel: int, slots: Sequence[int], segments: Sequence[str], series: str = "", where: str = ""
    ) -> Iterator[Record]:
        """Yield the records of slots by number."""
        wanted = {times.compact(times.from_tai(slot * LEVEL1[channel].slot_s)) for slot in slots} if series else ()
        for text in record_sets.of_slots(channel, slots, series, where):
            yield from (record for record in self.records(text, segments) if not series or slot_of(record) in wanted)

    def address(self) -> str:
        """Return the e-mail address for exports.

        Raises
        ------
        Rejected
            If there is none.
        """
        if not self.email:
            raise Rejected("exports need a registered address", cure="Set jsoc.email, or JSOC_EMAIL in the environment")
        return self.email

    def check_address(self) -> None:
        """Ask whether the address is registered.

        Raises
        ------
        Rejected
            If it is not.
        """
        with usable("the address"):
            registered = int(self.operations.check_address(self.address())["status"]) == _REGISTERED
        if not registered:
            raise Rejected("the address is not registered with JSOC", cure="Register it on JSOC's pages, then run again")

    def url(self, path: str) -> str:
        """Return the address of a path that the archive named; see :func:`http.joined`."""
        return http.joined(self.download_url, path)

    def _send(self, url: str) -> Reply:
        """Return the reply to a query, which asks for full precision (``M=1``)."""
        if "op=rs_list" in url:
            url += "&M=1"
        return retry(lambda: self._attempt(url), self.retry_policy, _without_address(url))

    def _attempt(self, url: str) -> Reply:
        """Return the reply of one attempt; it must be a JSON object."""
        body = http.get(url, self.retry_policy, limit=_REPLY_LIMIT)
        try:
            data = json.loads(body.decode("latin1"))
        except (ValueError, RecursionError) as error:
            raise TransientError(f"the reply is not JSON ({error})") from None
        if not isinstance(data, dict) or ("status" not in data and "seriesList" not in data):
            raise TransientError("the reply has no status")
        if not isinstance(data.get("status", 0), int | str):
            raise TransientError("the reply's status is neither a number nor text")
        if "Cant save new export-request hash" in str(data.get("error", "")):
            raise TransientError("the export queue is busy")
        self.queries.append(Query(_without_address(url), hashlib.sha256(_RUNTIME.sub(b"", body)).hexdigest()))
        return data


@dataclass(frozen=True, slots=True)
class _Sent:
    """A request as the ``drms`` package expects it: with its decoded reply."""

    data: Reply


class _Operations(HttpJsonClient):
    """The operations of the ``drms`` package, sent by ``send``: the package has no public hook for its transfer."""

    def __init__(self, server: ServerConfig, send: Callable[[str], Reply]) -> None:
        super().__init__(server)
        self._send = send

    def _json_request(self, url: str) -> _Sent:
        """Return the reply to one request; every operation calls it."""
        return _Sent(self._send(url))


@contextmanager
def usable(what: str) -> Iterator[None]:
    """Raise Rejected where a reply lacks what the protocol promises."""
    try:
        yield
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        raise Rejected(f"the archive's reply cannot be used ({error!r})", where=what) from error


def refuse(reply: Mapping[str, Any], what: str) -> None:
    """Raise NoData or Rejected where the status of a reply is not 0."""
    with usable(what):
        status = int(reply["status"])
    if status != 0:
        raise refusal(f"{reply.get('error', 'the request failed')} [status={status}]", what)


def refusal(message: str, what: str) -> FetchError:
    """Return NoData or Rejected, by the archive's message and its status."""
    message = anonymous(message)
    status = re.search(r"\[status=(-?\d+)\]", message)
    absent = re.search(r"no files in this|no series|NoData|not exist|no FITS", message, re.IGNORECASE)
    if absent or (status and int(status[1]) in (5, 6, 25)):
        return NoData(message, where=what)
    return Rejected(message, where=what)


def anonymous(message: str) -> str:
    """Return a message of the archive without e-mail addresses, which it likes to repeat: it goes into logs."""
    return re.sub(r"[^\s@\"'<>()]+@[^\s@\"'<>()]+", "(address)", message)


def _columns(reply: Mapping[str, Any], part: str, what: str = "values") -> dict[str, list[Any]]:
    """Return the values (or dims) of ``keywords`` or ``segments`` of a reply, by name."""
    columns = {column["name"]: list(column[what]) for column in reply.get(part, ()) if column.get(what) is not None}
    if len({len(values) for values in columns.values()}) > 1:
        raise ValueError(f"the columns of {part} differ in length")
    return columns


def _name(series: Series, keywords: Mapping[str, Any]) -> str:
    """Return the name of a record: the series, and the values of its prime keys."""
    return series.name + "".join(f"[{keywords[key]}]" for key in series.primekeys)


def _without_address(url: str) -> str:
    """Return an address without what identifies the user."""
    parts = urlsplit(url)
    query = [(key, value) for key, value in parse_qsl(parts.query) if key not in ("notify", "address", "requester")]
    return parts._replace(query=urlencode(query)).geturl()
