"""Bodies of replies: bytes or ranges of files, sent whole or with a scripted fault."""

from __future__ import annotations

import re
import socket
import struct
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler
from pathlib import Path

from helioreduce.archive.faults import NONE, Fault

_BLOCK = 2**18
PAGE = "<html><head><title>503</title></head><body><h1>Service unavailable</h1></body></html>\n"


@dataclass(frozen=True)
class Body:
    """The body of a reply: bytes, or a file from ``start`` for ``length`` bytes (None: to its end)."""

    content: bytes | Path
    type: str = "application/octet-stream"
    status: int = 200
    start: int = 0
    length: int | None = None
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """Number of bytes to send."""
        whole = len(self.content) if isinstance(self.content, bytes) else self.content.stat().st_size
        return whole - self.start if self.length is None else self.length

    def blocks(self, limit: int) -> Iterator[bytes]:
        """Yield the first ``limit`` bytes, block by block."""
        left = min(self.size, limit)
        if isinstance(self.content, bytes):
            yield self.content[self.start : self.start + left]
            return
        with open(self.content, "rb") as file:
            file.seek(self.start)
            while left > 0 and (block := file.read(min(_BLOCK, left))):
                left -= len(block)
                yield block


def etag(path: Path) -> str:
    """Return the entity tag, which changes with the file, its size and its modification time."""
    status = path.stat()
    return f'"{status.st_ino:x}-{status.st_size:x}-{status.st_mtime_ns:x}"'


def ranged(path: Path, range_: str, if_range: str) -> Body:
    """Return a file, or the requested range of it if the entity tag still holds."""
    tag, size = etag(path), path.stat().st_size
    headers = {"ETag": tag, "Accept-Ranges": "bytes", "Last-Modified": _date(path.stat().st_mtime)}
    whole = Body(path, "image/fits" if path.suffix == ".fits" else "text/plain", headers=headers)
    match = re.fullmatch(r"bytes=(\d*)-(\d*)", range_.strip())
    if not match or match[0] == "bytes=-" or if_range not in ("", tag, headers["Last-Modified"]):
        return whole
    start = int(match[1]) if match[1] else max(0, size - int(match[2]))
    stop = min(size, int(match[2]) + 1) if match[1] and match[2] else size
    if start >= stop:
        return Body(b"", status=416, headers={**headers, "Content-Range": f"bytes */{size}"})
    headers["Content-Range"] = f"bytes {start}-{stop - 1}/{size}"
    return replace(whole, status=206, start=start, length=stop - start)


def send(
    handler: BaseHTTPRequestHandler, body: Body, fault: Fault = NONE, leaving: Callable[[], object] = bool
) -> tuple[int, int]:
    """Send a reply with a fault; return its status and the number of bytes of its body.

    ``leaving`` is called before the last bytes that a client waits for: it need not read the page of an error.
    """
    if fault.kind in ("late", "drop"):
        time.sleep(fault.seconds)
    if fault.kind == "drop":
        handler.close_connection = True
        return 0, 0
    if fault.kind == "drip_header":
        return 0, _drip(handler, b"HTTP/1.1 200 OK\r\nX-Fill: " + b"x" * 1000, fault.seconds)
    body = spoilt(body, fault)
    handler.send_response(body.status)
    length = 10**15 if fault.kind == "huge" else body.size
    headers = {"Content-Type": body.type, "Content-Length": str(length), **body.headers}
    if fault.kind == "cut_unsized":
        del headers["Content-Length"]
        handler.close_connection = True
        headers["Connection"] = "close"
    for name, value in headers.items():
        handler.send_header(name, value)
    if handler.command == "HEAD" or body.status >= 400:
        leaving()
    handler.end_headers()
    if handler.command == "HEAD":
        return body.status, 0
    return body.status, _stream(handler, body, fault, leaving)


def spoilt(body: Body, fault: Fault) -> Body:
    """Return the reply that a fault puts in the place of the right one."""
    text = fault.text.encode("latin1")
    if fault.kind == "html":
        return Body(text or PAGE.encode(), "text/html")
    if fault.kind == "empty":
        return replace(body, content=b"", start=0, length=None)
    if fault.kind == "json":
        return Body(text, "application/json")
    if fault.kind == "status":
        extra = {"Retry-After": fault.retry_after} if fault.retry_after else {}
        return Body(PAGE.encode(), "text/html", status=fault.code, headers=extra)
    if fault.kind == "redirect":
        return Body(b"", status=302, headers={"Location": fault.text})
    if fault.kind == "other":
        return ranged(Path(fault.text), "", "")
    if fault.kind == "no_range" and isinstance(body.content, Path):
        return replace(body, status=200, start=0, length=None, headers={})
    if fault.kind == "renamed" and isinstance(body.content, Path):
        return replace(body, status=200, start=0, length=None, headers={**body.headers, "ETag": '"renamed"'})
    return body


def _stream(handler: BaseHTTPRequestHandler, body: Body, fault: Fault, leaving: Callable[[], object]) -> int:
    """Send the body, or as much of it as the fault lets through; return the number of bytes."""
    broken = fault.kind in ("cut", "cut_unsized", "reset", "stall")
    limit, sent = (int(body.size * fault.share) if broken else body.size), 0
    for block in body.blocks(limit):
        if sent + len(block) == body.size:
            leaving()
        if fault.kind == "drip":
            _drip(handler, block, fault.seconds)
        else:
            handler.wfile.write(_flipped(block) if fault.kind == "flip" else block)
        sent += len(block)
    if broken or fault.kind == "huge":
        handler.wfile.flush()
        handler.close_connection = True
        if fault.kind == "stall":
            time.sleep(fault.seconds)
        if fault.kind == "reset":
            handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            handler.connection.close()
    return sent


def _drip(handler: BaseHTTPRequestHandler, content: bytes, seconds: float) -> int:
    """Send bytes one by one; return their number."""
    for byte in content:
        handler.wfile.write(bytes([byte]))
        handler.wfile.flush()
        time.sleep(seconds)
    return len(content)


def _flipped(block: bytes) -> bytes:
    """Return a block with sixteen bytes in its middle inverted."""
    middle = len(block) // 2
    return block[:middle] + bytes(byte ^ 0xFF for byte in block[middle : middle + 16]) + block[middle + 16 :]


def _date(seconds: float) -> str:
    """Return a date in the format of HTTP."""
    return time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(seconds))
