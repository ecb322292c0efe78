"""Access to the source of level-1 data: JSOC, or the embedded archive, served while a job runs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path


def title(source: str, series: str) -> str:
    """Return the origin of a series for the headers of products; a copy of JSOC counts as JSOC."""
    return f"{source}, {series}" if source == "archive" else series


@contextmanager
def connect(source: str, archive: str | Path = "results/archive", pointing: Iterable[str] | None = None) -> Iterator[str]:
    """Yield the base address of a source: that of the embedded archive, or ``source`` itself.

    The source ``archive`` starts the embedded archive in this process, on a free port of the loopback interface; it ends
    with the block, or with the process at the latest.

    Parameters
    ----------
    source
        ``archive``, or an address.
    archive
        Folder of the embedded archive.
    pointing
        Its files of the pointing table that belong to the request; by default all that are there.
    """
    if source != "archive":
        yield source
        return
    from helioreduce.archive.server import serve

    with serve(Path(archive), pointing) as url:
        yield url
