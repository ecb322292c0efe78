"""Transfer of one file from the archive to disk: a whole and verified file, or a typed error and no file.

The transfer is written to ``<name>.part`` and resumed where it broke, also by a later run, as long as the file on the server
is the same (ETag). A file is accepted only after its length and content have been verified.
"""

from __future__ import annotations

import json
import re
import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from helioreduce.errors import InputError, unwritable
from helioreduce.io import jsoc_files, provenance
from helioreduce.jsoc import http
from helioreduce.jsoc.errors import Corrupt, FetchError, Rejected
from helioreduce.jsoc.retry import Attempts, RetryPolicy, TransientError, retry

MAX_BYTES = 2**29
Progress = Callable[[int, int | None], None]
Verify = Callable[[Path], object]


@dataclass(frozen=True, slots=True)
class Receipt:
    """Result of a transfer, for provenance."""

    url: str
    bytes: int
    sha256: str
    etag: str
    received: int  # bytes in all attempts
    faults: tuple[str, ...]
    seconds: float


def download(
    url: str,
    path: str | Path,
    *,
    retry_policy: RetryPolicy | None = None,
    max_bytes: int = MAX_BYTES,
    verify: Verify = jsoc_files.check,
    progress: Progress | None = None,
) -> Receipt:
    """Fetch ``url`` to ``path``.

    Parameters
    ----------
    url
        Address of the file.
    path
        Target; it appears when the file is whole and verified.
    retry_policy
        Retries, waits and time limits.
    max_bytes
        Size of the largest file that is accepted.
    verify
        Called with the finished temporary file; raises InputError if it is wrong.
    progress
        Called with the bytes received and the total (None where unknown).

    Raises
    ------
    NoData
        There is no such file.
    Rejected
        The server refuses, redirects elsewhere, or announces more than ``max_bytes``.
    TransientExhausted
        The retries are used up.
    Corrupt
        Two whole transfers gave the same bytes, and they fail verification.
    InputError
        The file cannot be written.
    """
    started = time.monotonic()
    transfer = _Transfer(url, Path(path), retry_policy or RetryPolicy(), verify, max_bytes=max_bytes, progress=progress)
    attempts = Attempts()
    try:
        transfer.target.parent.mkdir(parents=True, exist_ok=True)
        digest = retry(transfer.attempt, transfer.retry_policy, url, attempts)
        size = transfer.part.stat().st_size
        transfer.part.replace(transfer.target)
        transfer.note.unlink(missing_ok=True)
    except OSError as error:
        raise unwritable(error, path) from None
    return Receipt(url, size, digest, transfer.etag, transfer.received, tuple(attempts.faults), time.monotonic() - started)


def mirrored(urls: Sequence[str], path: str | Path, *, retry_policy: RetryPolicy | None = None) -> Receipt:
    """Fetch a text file from the first mirror that has it; it is not verified.

    Raises
    ------
    TransientExhausted, NoData, Rejected
        The error of the last mirror, if none has the file.
    """
    for url in urls[:-1]:
        try:
            return download(url, path, retry_policy=retry_policy, verify=lambda part: None)
        except FetchError as error:
            warnings.warn(f"{url}: {error}; trying the next mirror", stacklevel=2)
    return download(urls[-1], path, retry_policy=retry_policy, verify=lambda part: None)


class _Transfer:
    """State of one transfer: the part on disk, the entity it belongs to, the digests of wrong files."""

    def __init__(
        self,
        url: str,
        target: Path,
        retry_policy: RetryPolicy,
        verify: Verify,
        *,
        max_bytes: int,
        progress: Progress | None,
    ) -> None:
        self.url, self.target, self.retry_policy, self.max_bytes = url, target, retry_policy, max_bytes
        self.verify, self.progress = verify, progress
        self.part, self.note = (target.with_name(f".{target.name}.{end}") for end in ("part", "part.json"))
        self.etag, self.received = "", 0
        self.end = time.monotonic() + retry_policy.deadline_s
        self.wrong: set[str] = set()

    def attempt(self) -> str:
        """Return the SHA-256 of the whole and verified file after one connection."""
        have, tag = self._resumable()
        headers = {"Range": f"bytes={have}-", "If-Range": tag} if have else {}
        with http.opened(self.url, self.retry_policy, headers) as reply:
            if reply.status == 416 or (reply.status == 206 and not self._continues(reply, have)):
                self._discard()
                raise TransientError("the server cannot continue the transfer")
            have = have if reply.status == 206 else 0
            total = self._announced(reply, have)
            self._note_entity(reply, resumed=have > 0)
            self._receive(reply, have, total)
        if total is not None and self.part.stat().st_size != total:
            raise TransientError(f"{self.part.stat().st_size} of {total} bytes arrived")
        return self._verified()

    def _resumable(self) -> tuple[int, str]:
        """Return the bytes on disk and their entity tag; (0, '') where nothing can be resumed."""
        try:
            note = json.loads(self.note.read_text())
            size = self.part.stat().st_size
        except (OSError, ValueError):
            return 0, ""
        return (size, note["etag"]) if note.get("url") == self.url and note.get("etag") and size else (0, "")

    def _continues(self, reply: http.Reply, have: int) -> bool:
        """Return whether a partial reply starts where the part ends."""
        return bool(re.match(rf"bytes {have}-\d+/\d+$", reply.headers.get("Content-Range", "")))

    def _announced(self, reply: http.Reply, have: int) -> int | None:
        """Return the size of the whole file, or None where the server does not announce it."""
        length = http.content_length(reply)
        total = None if length is None else have + length
        if total is not None and total > self.max_bytes:
            raise Rejected(f"the server announces {total} bytes", cure=f"At most {self.max_bytes} are accepted", where=self.url)
        return total

    def _note_entity(self, reply: http.Reply, *, resumed: bool) -> None:
        """Note the entity that the part belongs to, before its first byte is written."""
        announced = reply.headers.get("ETag", "")
        if resumed:
            self.etag = announced or self.etag
            return
        self.etag = announced
        strong = "" if announced.startswith("W/") else announced
        self.part.unlink(missing_ok=True)
        self.note.write_text(json.dumps({"url": self.url, "etag": strong}))

    def _receive(self, reply: http.Reply, have: int, total: int | None) -> None:
        """Append the body to the part."""
        with open(self.part, "ab") as file:
            for block in http.blocks(reply, self.retry_policy):
                file.write(block)
                have += len(block)
                self.received += len(block)
                if have > self.max_bytes:
                    self._discard()
                    raise Rejected(f"the file exceeds {self.max_bytes} bytes", where=self.url)
                if time.monotonic() > self.end:
                    raise TransientError("the transfer takes too long")
                if self.progress:
                    self.progress(have, total)

    def _verified(self) -> str:
        """Return the SHA-256 of the part if it verifies; a second transfer of the same bytes proves the source wrong."""
        digest = provenance.sha256(self.part)
        try:
            self.verify(self.part)
        except InputError as error:
            self._discard()
            if digest in self.wrong:
                raise Corrupt(f"the file is wrong at its source ({error.problem})", where=self.url) from None
            self.wrong.add(digest)
            raise TransientError(f"the file does not verify ({error.problem})") from None
        return digest

    def _discard(self) -> None:
        """Delete the part."""
        self.part.unlink(missing_ok=True)
        self.note.unlink(missing_ok=True)
