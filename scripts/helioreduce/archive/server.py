"""The archive's HTTP server: loopback only, one thread per connection; it ends with its process.

It also accepts requests in proxy form for JSOC's own hosts, so that ``http_proxy=http://127.0.0.1:<port>`` directs clients
with these hosts built in to the archive. Every other host is refused.
"""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from helioreduce.archive import info
from helioreduce.archive.body import Body, ranged, send
from helioreduce.archive.catalogue import Catalogue
from helioreduce.archive.exports import Exports
from helioreduce.archive.faults import NONE, Fault, Faults
from helioreduce.errors import InputError

HOSTS = frozenset({"jsoc.stanford.edu", "jsoc1.stanford.edu", "jsoc2.stanford.edu"})
CGI = "/cgi-bin/ajax/"
_MAX_POST = 2**24
#: Most connections at one time.
CONNECTIONS = 64
_TOO_MANY = b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


class Archive:
    """A running archive, as a context manager: ``with Archive(root) as archive: archive.url``.

    Parameters
    ----------
    root
        Folder of frames and tables (:mod:`helioreduce.archive.catalogue`).
    faults
        Scripted faults, in addition to the ``faults`` of ``archive.json``.
    staging
        Folder of staged exports; default ``<root>/exports``.
    log
        A file that gets one JSON line per request; :attr:`requests` has them too.
    port
        0 takes any free one.
    pointing
        As :class:`helioreduce.archive.catalogue.Catalogue` has it.
    """

    def __init__(
        self,
        root: str | Path,
        *,
        faults: Iterable[Fault | Mapping[str, Any]] = (),
        staging: str | Path | None = None,
        log: str | Path | None = None,
        port: int = 0,
        pointing: Iterable[str] | None = None,
    ) -> None:
        self.catalogue = Catalogue(root, pointing)
        self.catalogue.refresh()
        self.exports = Exports(self.catalogue, Path(staging or Path(root, "exports")))
        self.faults = Faults([*self.catalogue.settings.get("faults", ()), *faults])
        self.requests: list[dict[str, Any]] = []
        self._log, self._lock, self._open = log, threading.Lock(), 0
        self._server = _Server(("127.0.0.1", port), _Handler)
        self._server.archive = self
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), name="archive", daemon=True)

    @property
    def url(self) -> str:
        """``http://127.0.0.1:PORT/``."""
        return f"http://127.0.0.1:{self._server.server_port}/"

    def __enter__(self) -> Archive:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def wait(self) -> None:
        """Return when the server has been stopped."""
        self._thread.join()

    def answer(self, path: str, query: Mapping[str, str], host: str = "") -> info.Reply:
        """Return the reply of one CGI program to a client at the address ``host``.

        Raises
        ------
        KeyError
            If there is no such program.
        """
        self.catalogue.refresh()
        programs = {
            "jsoc_info": info.jsoc_info,
            "show_series": info.show_series,
            "showextseries": info.show_ext_series,
            "checkAddress.sh": info.check_address,
        }
        if path == f"{CGI}jsoc_fetch":
            return self.exports.answer(query, host)
        return programs[path.removeprefix(CGI)](self.catalogue, query)

    def file(self, path: str) -> Path | None:
        """Return the file behind a path below ``/SUM``, or a calibration table below ``/solarsoft``."""
        if match := re.fullmatch(r"/solarsoft/(\w[\w.+-]*)", path):
            table = self.catalogue.root / "solarsoft" / match[1]
            return table if table.is_file() else None
        if not path.startswith("/SUM"):
            return None
        self.catalogue.refresh()
        return self.catalogue.served(path) or self.exports.served(path)

    @contextmanager
    def noted(self, entry: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """Log a request when it is done, with the number of open requests when it came, itself included.

        A request is open until its last bytes are sent (:meth:`leaving`): the client may receive them, and send the next
        request, before this process continues. Requests for exports also have the number pending for the busiest address.
        """
        with self._lock:
            self._open += 1
            entry |= {"started": time.time(), "open": self._open}
            self.requests.append(entry)
        try:
            yield entry
        finally:
            self.leaving(entry)
            if entry["query"].get("op") == "exp_request":
                entry["pending"] = self.exports.pending()
            with self._lock:
                if self._log:
                    with open(self._log, "a") as file:
                        file.write(json.dumps(entry) + "\n")

    def leaving(self, entry: dict[str, Any]) -> None:
        """Note that the last bytes of a reply are sent now."""
        with self._lock:
            if "ended" not in entry:
                entry["ended"] = time.time()
                self._open -= 1


@contextmanager
def serve(root: str | Path, pointing: Iterable[str] | None = None) -> Iterator[str]:
    """Serve ``root`` from a thread of this process; yield the base address ``http://127.0.0.1:PORT/``."""
    with Archive(root, pointing=pointing) as archive:
        yield archive.url


class _Server(ThreadingHTTPServer):
    """A server whose threads do not outlive the process and whose clients may vanish."""

    daemon_threads = True
    block_on_close = False
    archive: Archive

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._free = threading.BoundedSemaphore(CONNECTIONS)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Answer a connection in a thread of its own, or refuse it where there are too many."""
        if self._free.acquire(blocking=False):
            super().process_request(request, client_address)
            return
        with suppress(OSError):
            request.sendall(_TOO_MANY)
        self.shutdown_request(request)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Answer a connection until it ends."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._free.release()

    def handle_error(self, *_: object) -> None:
        """Ignore clients that disconnect."""


class _Handler(BaseHTTPRequestHandler):
    """GET, HEAD and POST."""

    protocol_version = "HTTP/1.1"
    server_version, sys_version = "helioreduce-archive", ""
    timeout = 60
    server: _Server

    def log_message(self, *_: object) -> None:
        """Write nothing; the archive has its own log."""

    def do_GET(self) -> None:
        """Answer a request; HEAD and POST come here too."""
        target = urlsplit(self.path)
        if not self._welcome(target.scheme, target.netloc):
            send(self, Body(b"This archive answers for itself only.\n", "text/plain", status=421))
            return
        path = unquote(target.path)
        query = dict(parse_qsl(self._query(target.query), keep_blank_values=True, encoding="latin1"))
        archive, requested = self.server.archive, self.headers.get("Range", "")
        entry: dict[str, Any] = {"method": self.command, "path": path, "query": _public(query), "range": requested}
        with archive.noted(entry):
            fault = archive.faults.take(f"{path}?{'&'.join(f'{key}={value}' for key, value in query.items())}")
            entry["fault"] = "" if fault is NONE else fault.kind
            entry["status"], entry["bytes"] = send(self, self._body(path, query), fault, lambda: archive.leaving(entry))

    do_HEAD = do_GET
    do_POST = do_GET

    def _welcome(self, scheme: str, netloc: str) -> bool:
        """Return whether the request names this server, or in proxy form one of JSOC's hosts."""
        own = {f"{name}:{self.server.server_port}" for name in ("127.0.0.1", "localhost")}
        if scheme:
            return scheme == "http" and (netloc in own or netloc.removesuffix(":80") in HOSTS)
        return self.headers.get("Host", "") in own

    def _query(self, text: str) -> str:
        """Return the query of the address, or of the body of a form."""
        if self.command != "POST":
            return text
        length = self.headers.get("Content-Length", "0")
        size = int(length) if length.isdecimal() else _MAX_POST + 1
        if size > _MAX_POST:
            self.close_connection = True
            return text
        return "&".join(filter(None, (text, self.rfile.read(size).decode("latin1"))))

    def _body(self, path: str, query: Mapping[str, str]) -> Body:
        """Return the body of the reply for a path."""
        if path == "/":
            return Body(b"<html><title>Archive</title><p>JSOC's protocol, an embedded Sun.</html>\n", "text/html")
        try:
            if path.startswith(CGI):
                reply = json.dumps(self.server.archive.answer(path, query, self.client_address[0])).encode("latin1")
                return Body(reply + b"\n", "application/json")
            file = self.server.archive.file(path)
        except KeyError:
            file = None
        except InputError as error:
            return Body(f"{error}\n".encode(), "text/plain", status=500)
        if file is None:
            return Body(b"<html><title>404 Not Found</title></html>\n", "text/html", status=404)
        return ranged(file, self.headers.get("Range", ""), self.headers.get("If-Range", ""))


def _public(query: Mapping[str, str]) -> dict[str, str]:
    """Return the query without addresses: a log may be shown to others."""
    return {key: "(address)" if key in ("notify", "address", "requester") else value for key, value in query.items()}
