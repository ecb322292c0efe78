"""Where level-1 data come from: JSOC, or the embedded archive, served while a job runs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def title(source: str, series: str) -> str:
    """Where the rows of a series come from, for products: a copy of JSOC has the name of what it is a copy of."""
    return f"{source}, {series}" if source == "archive" else series


@contextmanager
def connect(source: str, archive: str | Path = "results/archive") -> Iterator[str]:
    """Base address of a source: the embedded archive's, or the address that ``source`` is.

    ``archive`` starts the embedded archive in this process, on a free port of the loopback interface; it ends with the
    block, and with the process at the latest, so nothing is ever left behind.
    """
    if source != "archive":
        yield source
        return
    from helioreduce.archive.server import serve

    with serve(Path(archive)) as url:
        yield url
