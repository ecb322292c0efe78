"""``jsoc_fetch``: immediate and staged exports.

``url_quick`` with ``as-is`` is answered immediately with the paths of the stored files. Everything else is staged: the reply
names a request, a thread prepares its files, and ``exp_status`` reports when they are ready. Requests are kept on disk, so
they outlive the server.
"""

from __future__ import annotations

import hashlib
import json
import re
import tarfile
import threading
import time
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any

from helioreduce.archive import recordset
from helioreduce.archive.catalogue import Catalogue
from helioreduce.archive.info import Reply, path_of, registered
from helioreduce.archive.recordset import RecordSetError
from helioreduce.archive.staging import Item, stage
from helioreduce.errors import InputError, ReductionError
from helioreduce.io.atomic import replaced
from helioreduce.series import signed

DONE, PENDING, QUEUED, TOO_LARGE, FAILED, EXPIRED, UNKNOWN, LIMIT, OFF_LINE = 0, 1, 2, 3, 4, 5, 6, 7, 25
#: JSOC's limits: pending requests per e-mail address and per host; time in which a repeated request is the same one, in which
#: a finished one is kept, and after which a pending one is given up; size. ``staging_s`` is the least time of staging.
LIMITS = {"pending": 1, "host": 10, "repeat_s": 86400, "keep_s": 7 * 86400, "gigabytes": 100, "stale_s": 3600, "staging_s": 0.0}
_ID = re.compile(r"JSOC_\d{8}_\d+")


class Exports:
    """Export requests of one archive; ``clock`` returns the time in s."""

    def __init__(self, catalogue: Catalogue, folder: Path, clock: Callable[[], float] = time.time) -> None:
        self.catalogue, self.folder, self.clock = catalogue, folder, clock
        self._lock = threading.Lock()

    @property
    def limits(self) -> dict[str, float]:
        """JSOC's limits, or those of the archive's settings."""
        return {**LIMITS, **self.catalogue.settings.get("limits", {})}

    def answer(self, query: Mapping[str, str], host: str = "") -> Reply:
        """Answer ``op=exp_request | exp_status | exp_repeat`` from the address ``host``."""
        operation = query.get("op", "")
        try:
            if operation == "exp_request":
                return self._request(query, host)
            if operation == "exp_status":
                return self._status(query.get("requestid", ""))
        except RecordSetError as error:
            return _failure(str(error))
        if operation == "exp_repeat":
            return _failure("Re-Export requests temporarily disabled.")
        return _failure(f"unknown operation {operation!r}")

    def served(self, path: str) -> Path | None:
        """Return the staged file behind ``/SUM99/D<request>/S00000/name``, or None."""
        match = re.fullmatch(r"/SUM99/D(\d{8})(\d+)/S00000/([^/]+)", path)
        if not match or match[3] in (".", ".."):
            return None
        file = self.folder / f"JSOC_{match[1]}_{match[2]}" / "files" / match[3]
        return file if file.is_file() else None

    def pending(self) -> int:
        """Return the number of pending requests of the busiest e-mail address."""
        owners = [one["owner"] for one in self._made().values() if self._pending(one)]
        return max((owners.count(owner) for owner in owners), default=0)

    def _request(self, query: Mapping[str, str], host: str) -> Reply:
        """Answer ``exp_request``."""
        method, protocol = query.get("method", "url_quick"), query.get("protocol", "as-is")
        if not registered(self.catalogue, query.get("notify", "")):
            return _failure("The address is not registered for exports")
        items = self._items(query)
        if not items:
            return _failure("There are no files in this RecordSet")
        offline = [item for item in items if not item.record.online]
        if offline:
            return _failure("The requested data are off line; send a request for help", OFF_LINE)
        if method == "url_quick" and protocol == "as-is":
            return self._quick(items)
        if method not in ("url", "url_quick", "url-tar") or not re.match(r"(fits|as-is)(,|$)", protocol):
            return _failure(f"Method {method} with protocol {protocol} is not supported")
        return self._staged(query, host, items, "url" if method == "url_quick" else method, protocol)

    def _items(self, query: Mapping[str, str]) -> list[Item]:
        """Return the files of a record set; frames without an image are left out unless the query mentions quality."""
        text, items = query.get("ds", ""), []
        count = re.match(r"-?\d+", query.get("process=n", query.get("n", "0")))
        for one in recordset.parse(text):
            for record in recordset.select(self.catalogue, one, int(count[0]) if count else 0):
                if "quality" not in text.lower() and signed(record.keywords.get("QUALITY", "0")) < 0:
                    continue
                series = self.catalogue.series(record.series)
                requested = {name.lower() for name in one.segments or record.segments}
                for name, file in record.segments.items():
                    if series and name.lower() in requested and file and file.exists():
                        items.append(Item(series, record, name, file))
        return items

    def _quick(self, items: list[Item]) -> Reply:
        """Return the paths of the stored files."""
        paths = {f"{_name(item)}{{{item.segment}}}": path_of(self.catalogue, item.record, item.segment) for item in items}
        return {
            "rcount": len({id(item.record) for item in items}),
            "count": len(items),
            "size": _megabytes(items),
            "dir": "",
            "data": [{"record": record, "filename": path} for record, path in paths.items()],
            "requestid": "",
            "method": "url_quick",
            "protocol": "as-is",
            "wait": 0,
            "status": DONE,
        }

    def _staged(self, query: Mapping[str, str], host: str, items: list[Item], method: str, protocol: str) -> Reply:
        """Accept a request for staging, or return the same one made before."""
        if _megabytes(items) > 1000 * self.limits["gigabytes"]:
            return _failure("Request exceeds the maximum size", TOO_LARGE)
        parts = (query.get(name, "") for name in ("ds", "filenamefmt", "process=n", "protocol", "method"))
        same = hashlib.sha256("\n".join(parts).encode()).hexdigest()
        owner = hashlib.sha256(query["notify"].lower().encode()).hexdigest()
        accepted = {"method": method, "protocol": protocol, "wait": 0, "rcount": len({id(item.record) for item in items})}
        with self._lock:
            earlier = self._made()
            name = next((name for name, one in earlier.items() if one["same"] == same and self._fresh(one)), None)
            if name is None:
                pending = [one for one in earlier.values() if self._pending(one)]
                for who, key, value, limit in (
                    (f"User {query['notify']}", "owner", owner, self.limits["pending"]),
                    (f"IP address {host}", "host", host, self.limits["host"]),
                ):
                    if (count := sum(one.get(key) == value for one in pending)) >= limit:
                        return _failure(f"{who} has {count} pending export requests", LIMIT)
                name = self._number(earlier)
                request = {
                    "same": same,
                    "owner": owner,
                    "host": host,
                    "created": self.clock(),
                    "method": method,
                    "protocol": protocol,
                }
                _write(self.folder / name / "request.json", {**request, "format": query.get("filenamefmt", "")})
                arguments = (name, items, query.get("process=n", ""))
                threading.Thread(target=self._prepare, args=arguments, name=name, daemon=True).start()
        return {"status": QUEUED, "requestid": name, **accepted, "size": _megabytes(items)}

    def _made(self) -> dict[str, dict[str, Any]]:
        """Return all requests on disk by name, and whether they are done."""
        made = {}
        for path in sorted(self.folder.glob("JSOC_*/request.json")):
            done = path.with_name("index.json")
            made[path.parent.name] = json.loads(path.read_text()) | {"done": done.exists()}
        return made

    def _pending(self, request: Mapping[str, Any]) -> bool:
        """Return whether a request still counts against its address."""
        return not request["done"] and bool(self.clock() - request["created"] < self.limits["stale_s"])

    def _fresh(self, request: Mapping[str, Any]) -> bool:
        """Return whether a repeated request is this one."""
        age = self.clock() - request["created"]
        return bool(age < self.limits["repeat_s"]) and (request["done"] or self._pending(request))

    def _number(self, made: Collection[str]) -> str:
        """Return the name of a new request, ``JSOC_20140101_001``."""
        day = time.strftime("%Y%m%d", time.gmtime(self.clock()))
        used = [int(name.rpartition("_")[2]) for name in made if name.startswith(f"JSOC_{day}_")]
        return f"JSOC_{day}_{max(used, default=0) + 1:03d}"

    def _prepare(self, name: str, items: list[Item], process: str) -> None:
        """Stage the files of a request, then write its index: the request is done when the index exists."""
        started = time.monotonic()
        request = json.loads((self.folder / name / "request.json").read_text())
        index: Reply = {"version": "0.5", "requestid": name, "method": request["method"], "protocol": request["protocol"]}
        try:
            data, keywords = stage(items, self.folder / name / "files", request, process)
            tar = self._packed(name) if request["method"] == "url-tar" else {}
            size = sum(path.stat().st_size for path in (self.folder / name / "files").iterdir()) / 1e6
            index |= {"count": str(len(data)), "size": f"{size:.0f}", **self._place(name), "status": "0"}
            index |= {"keywords": keywords, **tar, "data": data}
        except (ReductionError, OSError, ValueError) as error:
            index |= {**self._place(name), "status": str(FAILED), "error": str(error)}
        time.sleep(max(0.0, self.limits["staging_s"] - (time.monotonic() - started)))
        _write(self.folder / name / "index.json", index)

    def _packed(self, name: str) -> dict[str, str]:
        """Pack the staged files into one tar file, and return its entry of the index."""
        folder = self.folder / name / "files"
        files = sorted(folder.iterdir())
        with tarfile.open(folder / f"{name}.tar", "w") as tar:
            for file in files:
                tar.add(file, file.name)
        return {"tarfile": f"{_directory(name)}/{name}.tar"}

    def _place(self, name: str) -> dict[str, str]:
        """Return the directory and time of staging, as in ``index.json``."""
        return {"exptime": time.strftime("%Y.%m.%d_%H:%M:%S_UT", time.gmtime(self.clock())), "dir": _directory(name)}

    def _status(self, name: str) -> Reply:
        """Answer ``exp_status``."""
        folder = self.folder / name
        if not _ID.fullmatch(name) or not (folder / "request.json").exists():
            return _failure("Request ID not found", UNKNOWN) | {"requestid": name}
        request = json.loads((folder / "request.json").read_text())
        if self.clock() - request["created"] > self.limits["keep_s"]:
            return _failure("The request has expired", EXPIRED) | {"requestid": name}
        if (folder / "index.json").exists():
            index: Reply = json.loads((folder / "index.json").read_text())
            return index
        if self.clock() - request["created"] > self.limits["stale_s"]:
            return _failure("The request was given up") | {"requestid": name}
        return {"status": PENDING, "requestid": name, "method": request["method"], "protocol": request["protocol"], "wait": 1}


def _failure(text: str, status: int = FAILED) -> Reply:
    """Return a reply that says why there are no data."""
    return {"status": status, "error": text}


def _name(item: Item) -> str:
    """Return the name of the record."""
    return item.series.record_name(item.record.keywords)


def _megabytes(items: list[Item]) -> int:
    """Return the size of the files in MB."""
    return round(sum(item.file.stat().st_size for item in items) / 1e6)


def _directory(name: str) -> str:
    """Return the address of the files of a request."""
    _, day, number = name.split("_")
    return f"/SUM99/D{day}{number}/S00000"


def _write(path: Path, content: Mapping[str, Any]) -> None:
    """Write JSON."""
    try:
        with replaced(path) as part:
            part.write_text(json.dumps(content))
    except OSError as error:
        raise InputError(f"exports cannot be staged ({error.strerror})", cure="Give a folder to write to", where=path) from None
