"""Queries to JSOC, through the ``drms`` client.

``drms`` builds the addresses and knows the operations; the connection is ours: text values in full precision, bounded
replies, repeated attempts, and the digest of every reply for the record of where data came from.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import parse_qsl, urlencode, urlsplit

import drms

from helioreduce import times
from helioreduce.jsoc import http
from helioreduce.jsoc.errors import FetchError, NoData, Rejected
from helioreduce.jsoc.http import RetryPolicy, TransientError
from helioreduce.jsoc.records import Keyword, Record, Series
from helioreduce.series import LEVEL1

JSOC = "http://jsoc.stanford.edu/"
CGI = "cgi-bin/ajax/"
_REPLY_LIMIT = 2**28
_RUNTIME = re.compile(rb'"runtime":\s*[\d.eE+-]+')


@dataclass(frozen=True, slots=True)
class Query:
    """One query for the record: its address without personal data, and the SHA-256 of the reply without its ``runtime``,
    the seconds that the server took: the same data have the same digest."""

    url: str
    sha256: str


@dataclass
class Client:
    """A connection to an archive that speaks JSOC's protocol.

    Parameters
    ----------
    cgi_url
        Address of the CGI programs, ``http://…/cgi-bin/ajax/``.
    download_url
        Address that the paths of files are relative to.
    email
        Address registered for exports; queries need none. It goes to the archive only, never into logs or products.
    retry_policy
        How long to try.
    """

    cgi_url: str = JSOC + CGI
    download_url: str = JSOC
    email: str | None = field(default=None, repr=False)
    retry_policy: RetryPolicy = field(default_factory=RetryPolicy)
    queries: list[Query] = field(default_factory=list, repr=False)

    def __post_init__(self) -> None:
        programs = {"show_series": "show_series", "jsoc_info": "jsoc_info", "jsoc_fetch": "jsoc_fetch"}
        config = {f"cgi_{name}": program for name, program in programs.items()} | {"cgi_check_address": "checkAddress.sh"}
        server = drms.ServerConfig(name="archive", cgi_baseurl=self.cgi_url, http_download_baseurl=self.download_url, **config)
        self.drms = drms.Client(server)
        self.drms._json._json_request = self._request
        self._series: dict[str, Series] = {}

    @classmethod
    def at(cls, url: str, **options: object) -> Client:
        """A client of the archive whose base address is ``url``."""
        base = url if url.endswith("/") else f"{url}/"
        return cls(base + CGI, base, **options)

    def series(self, name: str) -> Series:
        """Prime keys, keywords and segments of a series.

        Raises
        ------
        NoData
            If there is no such series.
        """
        if name not in self._series:
            with translated(name):
                info = self.drms.info(name)
            rows = info.keywords[["type", "units", "note", "recscope"]].itertuples()
            keywords = {
                row.Index: Keyword(row.type, row.units or "none", row.note or "") for row in rows if row.recscope != "index"
            }
            self._series[name] = Series(name, tuple(info.primekeys), keywords, tuple(info.segments.index))
        return self._series[name]

    def records(self, record_set: str, segments: Sequence[str] = ()) -> list[Record]:
        """All records of a record set with all keywords, in one query.

        Parameters
        ----------
        record_set
            As DRMS writes it: ``aia.lev1_euv_12s[2014-01-01T00:00:00Z/1m][171,193]``.
        segments
            Segments whose paths are wanted.

        Raises
        ------
        NoData
            Unknown series; an empty record set gives an empty list.
        TransientExhausted, Rejected
            The archive cannot be reached, or refuses.
        """
        series = self.series(re.match(r"[\w.]*", record_set.strip())[0])
        with translated(record_set):
            found = self.drms.query(record_set, key=["**ALL**", "*recnum*"], seg=list(segments) or None, convert_numeric=False)
            table, paths = found if segments else (found, found)
            columns = {name: table[name].tolist() for name in table.columns if name in series.keywords}
            numbers = [int(number) for number in table["*recnum*"]] if len(table) else []
            files = {name: paths[name].tolist() for name in segments} if numbers else {}
            return [_record(series, number, columns, files, i) for i, number in enumerate(numbers)]

    def frames(
        self, channel: int, start: datetime, end: datetime, cadence_s: float, segments: Sequence[str] = ("image", "spikes")
    ) -> Iterator[Record]:
        """Level-1 records of a channel from ``start`` to ``end`` (UTC, both included), at most ``cadence_s`` apart.

        Long intervals are asked for in pieces of 500 slots, so that memory stays bounded.
        """
        name, step = LEVEL1[channel]
        skip = max(1, round(cadence_s / step))
        first, last = (round(times.tai_seconds(time) / step) for time in (start, end))
        for slot in range(first, last + 1, 500 * skip):
            stop = min(last, slot + 500 * skip - 1)
            ends = "-".join(times.iso(times.from_tai(place * step)) for place in (slot, stop))
            yield from self.records(f"{name}[{ends}@{skip * step:g}s][{channel}]", segments)

    def quick(self, record_set: str) -> dict[str, str]:
        """``url_quick``, ``as-is``: the path of every stored file by its record name, ``series[…][…]{segment}``.

        Raises
        ------
        NoData
            No files, or off line.
        Rejected
            Refused; without a registered address it always is.
        """
        with translated(record_set):
            reply = self.drms.export(record_set, method="url_quick", protocol="as-is", email=self.address(), requester=False)
            rows = reply.data
        return dict(zip(rows.record, rows.filename, strict=True))

    def address(self) -> str:
        """The address for exports.

        Raises
        ------
        Rejected
            If there is none.
        """
        if not self.email:
            raise Rejected("exports need a registered address", cure="Set jsoc.email, or JSOC_EMAIL in the environment")
        return self.email

    def check_address(self) -> None:
        """Ask once whether the address is registered.

        Raises
        ------
        Rejected
            If it is not.
        """
        with translated("the address"):
            known = self.drms.check_email(self.address())
        if not known:
            raise Rejected("the address is not registered with JSOC", cure="Register it on JSOC's pages, then run again")

    def url(self, path: str) -> str:
        """Address of a path that the archive named; see :func:`http.joined`."""
        return http.joined(self.download_url, path)

    def _request(self, url: str) -> _Reply:
        """What ``drms`` calls for every address; asks for full precision."""
        if "op=rs_list" in url:
            url += "&M=1"
        return http.retry(lambda: self._ask(url), self.retry_policy, _anonymous(url))

    def _ask(self, url: str) -> _Reply:
        """One attempt: the reply must be a JSON object."""
        body = http.get(url, self.retry_policy, limit=_REPLY_LIMIT)
        try:
            data = json.loads(body.decode("latin1"))
        except ValueError as error:
            raise TransientError(f"the reply is not JSON ({error})") from None
        if not isinstance(data, dict) or ("status" not in data and "seriesList" not in data):
            raise TransientError("the reply has no status")
        if "Cant save new export-request hash" in str(data.get("error", "")):
            raise TransientError("the export queue is busy")
        self.queries.append(Query(_anonymous(url), hashlib.sha256(_RUNTIME.sub(b"", body)).hexdigest()))
        return _Reply(data)


@dataclass(frozen=True, slots=True)
class _Reply:
    """What ``drms`` expects of a request: its decoded data."""

    data: dict


@contextmanager
def translated(what: str) -> Iterator[None]:
    """Turns the exceptions of ``drms`` into ours, naming the query."""
    try:
        yield
    except (drms.DrmsQueryError, drms.DrmsExportError) as error:
        raise refusal(str(error), what) from None
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        raise Rejected(f"the archive's reply cannot be used ({error!r})", where=what) from error


def refusal(message: str, what: str) -> FetchError:
    """NoData or Rejected, by the ``[status=N]`` that ``drms`` appends to the archive's message."""
    message = anonymous(message)
    status = re.search(r"\[status=(-?\d+)\]", message)
    absent = re.search(r"no files in this|no series|NoData|not exist|no FITS", message, re.IGNORECASE)
    if absent or (status and int(status[1]) in (5, 6, 25)):
        return NoData(message, where=what)
    return Rejected(message, where=what)


def anonymous(message: str) -> str:
    """The archive's message without e-mail addresses, which it likes to repeat: it goes into logs."""
    return re.sub(r"[^\s@\"'<>()]+@[^\s@\"'<>()]+", "(address)", message)


def _record(series: Series, recnum: int, columns: dict[str, list], files: dict[str, list], i: int) -> Record:
    """Row ``i`` of a reply."""
    keywords = {name: str(values[i]) for name, values in columns.items()}
    name = series.name + "".join(f"[{keywords[key]}]" for key in series.primekeys)
    paths = {segment: values[i] for segment, values in files.items() if str(values[i]).startswith("/")}
    return Record(name, series, recnum, keywords, paths)


def _anonymous(url: str) -> str:
    """The address without what tells who asks."""
    parts = urlsplit(url)
    query = [(key, value) for key, value in parse_qsl(parts.query) if key not in ("notify", "address", "requester")]
    return parts._replace(query=urlencode(query)).geturl()
