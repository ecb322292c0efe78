"""Replies of ``jsoc_info``, ``show_series`` and ``checkAddress``, as dictionaries in the form of JSOC's JSON."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote_plus

from helioreduce.archive import recordset
from helioreduce.archive.catalogue import Catalogue, Record
from helioreduce.archive.recordset import RecordSetError
from helioreduce.archive.series import Keyword, Series

Reply = dict[str, Any]
ADDRESS = re.compile(r"[^@\s\"',;]+@[^@\s\"',;]+")
#: Hosts without addresses, RFC 2606.
_RESERVED = ("example.com", "example.org", "example.net")


def jsoc_info(catalogue: Catalogue, query: Mapping[str, str]) -> Reply:
    """Answer ``op=series_struct | rs_list | rs_summary``; a failure is a reply with ``status`` 1 and ``error``."""
    started = time.perf_counter()
    operations = {"series_struct": series_struct, "rs_list": rs_list, "rs_summary": rs_summary}
    try:
        reply = operations[query.get("op", "")](catalogue, query)
    except KeyError:
        return {"status": 1, "error": f"unknown operation {query.get('op')!r}"}
    except RecordSetError as error:
        return {"status": 1, "error": str(error)}
    return {**reply, "runtime": round(time.perf_counter() - started, 3), "status": 0}


def series_struct(catalogue: Catalogue, query: Mapping[str, str]) -> Reply:
    """Return the keywords, segments, links and extent of a series."""
    series = _series(catalogue, query.get("ds", "").partition("[")[0].partition("{")[0].strip())
    records = catalogue.records(series.name)
    return {
        "note": series.note,
        "retention": 0,
        "stagingretention": 3,
        "unitsize": 1,
        "archive": 0,
        "tapegroup": 0,
        "primekeys": list(series.primekeys),
        "primekeysinfo": [_primekey(series, key) for key in series.primekeys],
        "dbindex": list(series.primekeys),
        "keywords": [_keyword(keyword) for keyword in series.keywords],
        "segments": [dict(segment) for segment in series.segments],
        "links": [dict(link) for link in series.links],
        "Interval": _interval(series, records),
    }


def rs_summary(catalogue: Catalogue, query: Mapping[str, str]) -> Reply:
    """Return the number of records of a record set."""
    return {"count": sum(len(records) for _, _, records in _selected(catalogue, query))}


def rs_list(catalogue: Catalogue, query: Mapping[str, str]) -> Reply:
    """Return keyword values, segment paths and links of every record, in columns of text."""
    chosen = _selected(catalogue, query)
    count = sum(len(records) for _, _, records in chosen)
    if not count:
        return {"count": 0}
    first = chosen[0][0]
    rows = [(series, record) for series, _, records in chosen for record in records]
    requested = next((list(names) for _, names, _ in chosen if names), None)
    reply: Reply = {"recinfo": [_recinfo(*row) for row in rows]} if query.get("R") == "1" else {}
    full = query.get("M") == "1"
    keys = _expand(query.get("key", ""), [word.name for word in first.keywords if word.scope != "index"])
    reply["keywords"] = [{"name": key, "values": [_value(catalogue, *row, key, full) for row in rows]} for key in keys]
    segments = _expand(query.get("seg", ""), requested or [str(segment["name"]) for segment in first.segments])
    reply["segments"] = [_segment_column(catalogue, rows, name) for name in segments]
    links = _expand(query.get("link", ""), [link["name"] for link in first.links])
    reply["links"] = [{"name": name, "values": [_link(*row, name) for row in rows]} for name in links]
    return {**reply, "count": count}


def show_series(catalogue: Catalogue, query: Mapping[str, str]) -> Reply:
    """Return the series whose name matches the filter, with prime keys and note."""
    entries = []
    for name in _filtered(catalogue, query.get("filter")):
        series = _series(catalogue, name)
        entries.append({"name": series.name, "primekeys": ", ".join(series.primekeys), "note": series.note})
    return {"status": 0, "names": entries, "n": len(entries)}


def show_ext_series(catalogue: Catalogue, query: Mapping[str, str]) -> Reply:
    """Return the names of series, or with ``info=1`` their descriptions."""
    names = _filtered(catalogue, query.get("filter"))
    if query.get("info") != "1":
        return {"seriesList": names}
    return {"seriesList": [{name: {"description": _series(catalogue, name).note}} for name in names]}


def check_address(catalogue: Catalogue, query: Mapping[str, str]) -> Reply:
    """Return ``status`` 2 for a registered address, 4 for another one, −2 for text that is not an address."""
    address = unquote_plus(query.get("address", ""))  # drms quotes it twice
    if not ADDRESS.fullmatch(address):
        return {"status": -2, "msg": "Not a valid address"}
    if registered(catalogue, address):
        return {"status": 2, "user_id": 1, "msg": "Address is valid and registered"}
    return {"status": 4, "msg": "Address has neither been validated nor registered"}


def registered(catalogue: Catalogue, address: str) -> bool:
    """Return whether an address is registered: by the settings, or by default any valid address."""
    emails = catalogue.settings.get("emails")
    if emails is not None:
        return address.lower() in (email.lower() for email in emails)
    return bool(ADDRESS.fullmatch(address)) and not address.lower().endswith(_RESERVED)


def path_of(catalogue: Catalogue, record: Record, segment: str) -> str:
    """Return the path of a segment, which exists in the database whether or not there is a file."""
    if not record.online or not any(record.segments.values()):
        return "NoDataDirectory"
    file = record.segments.get(segment)
    return f"{catalogue.directory(record)}/{file.name if file else f'{segment}.fits'}"


def _selected(catalogue: Catalogue, query: Mapping[str, str]) -> list[tuple[Series, tuple[str, ...] | None, list[Record]]]:
    """Return series, segments and records of every record set of a query."""
    try:
        n = int(query.get("n", "0") or 0)
    except ValueError:
        raise RecordSetError(f"n={query['n']!r} is not a number") from None
    sets = recordset.parse(query.get("ds", ""))
    if not sets:
        raise RecordSetError("the record set is empty")
    return [(_series(catalogue, one.series), one.segments, recordset.select(catalogue, one, n)) for one in sets]


def _series(catalogue: Catalogue, name: str) -> Series:
    """Return a series, or raise RecordSetError."""
    series = catalogue.series(name)
    if series is None:
        raise RecordSetError(f"there is no series {name!r}")
    return series


def _filtered(catalogue: Catalogue, pattern: str | None) -> list[str]:
    """Return the names of series in which a regular expression matches."""
    try:
        return [name for name in catalogue.names() if not pattern or re.search(pattern, name, re.IGNORECASE)]
    except re.error:
        return []


def _primekey(series: Series, key: str) -> Reply:
    """Return an entry of ``primekeysinfo``."""
    step = series.steps.get(key)
    return {"name": key, "slotted": 1, "step": f"{step:.6f}"} if step else {"name": key, "slotted": 0}


def _keyword(keyword: Keyword) -> Reply:
    """Return an entry of the ``keywords`` of a series."""
    target = keyword.link if "->" in keyword.link else f"{keyword.link}->{keyword.name.replace('-', '__')}"
    link = {"linkinfo": target} if keyword.link else {}
    return {
        "name": keyword.name,
        **link,
        "type": keyword.type,
        "recscope": keyword.scope,
        "defval": keyword.unset,
        "units": keyword.unit,
        "note": keyword.note,
    }


def _interval(series: Series, records: list[Record]) -> Reply:
    """Return the first and last record."""
    if not records:
        return {"FirstRecord": "", "FirstRecnum": 0, "LastRecord": "", "LastRecnum": 0, "MaxRecnum": 0}
    first, last = records[0], records[-1]
    return {
        "FirstRecord": series.record_name(first.keywords),
        "FirstRecnum": first.recnum,
        "LastRecord": series.record_name(last.keywords),
        "LastRecnum": last.recnum,
        "MaxRecnum": max(record.recnum for record in records),
    }


def _recinfo(series: Series, record: Record) -> Reply:
    """Return an entry of ``recinfo``."""
    return {"name": series.record_name(record.keywords), "online": int(record.online and any(record.segments.values()))}


def _expand(text: str, everything: list[str]) -> list[str]:
    """Return the names of a comma-separated list; ``**ALL**`` stands for all, ``**NONE**`` for none."""
    stands_for = {"**ALL**": everything, "**NONE**": []}
    return [one for name in re.findall(r"[^\s,]+", text) for one in stands_for.get(name, [name])]


def _value(catalogue: Catalogue, series: Series, record: Record, key: str, full: bool) -> str:
    """Return the text of one keyword or pseudo-keyword of one record."""
    keyword = series.by_name.get(key.lower())
    if keyword:
        name = keyword.name
        text = record.keywords.get(name, record.keywords.get(name.replace("-", "__")))
        return keyword.shown(text, full=full)
    pseudo = {
        "*recnum*": lambda: str(record.recnum),
        "*online*": lambda: "Y" if record.online else "N",
        "*archive*": lambda: "N",
        "*retain*": lambda: "-1",
        "*size*": lambda: str(sum(path.stat().st_size for path in record.segments.values() if path)),
        "*sunum*": lambda: re.sub(r".*/D(\d+)/.*|.*", r"\1", path_of(catalogue, record, "")) or "-1",
        "*recdir*": lambda: path_of(catalogue, record, "").rpartition("/")[0] or "NoDataDirectory",
        "*logdir*": lambda: "NO_LOG",
        "*dirmtime*": lambda: "NoDirMtime",
        "*spec*": lambda: series.record_name(record.keywords),
    }
    return pseudo[key]() if key in pseudo else "Invalid KeyLink"


def _segment_column(catalogue: Catalogue, rows: list[tuple[Series, Record]], name: str) -> Reply:
    """Return the paths of one segment of all records, with its storage."""
    known = {str(segment["name"]) for segment in rows[0][0].segments}
    values = [path_of(catalogue, record, name) if name in known else "InvalidSegName" for _, record in rows]
    return {
        "name": name,
        "values": values,
        "dims": [catalogue.dims(record, name) for _, record in rows],
        "cparms": [""] * len(rows),
        "bzeros": ["0"] * len(rows),
        "bscales": ["1"] * len(rows),
    }


def _link(series: Series, record: Record, name: str) -> str:
    """Return the record that a link points to."""
    link = next((link for link in series.links if link["name"].lower() == name.lower()), None)
    return f"{link['target']}[:#{record.recnum}]" if link else "Invalid_Link"
