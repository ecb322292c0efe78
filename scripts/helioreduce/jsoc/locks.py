"""Limits that hold for all jobs of a run, also on several machines that share a disk: locks on files.

A lock goes with the process that holds it, however it ends.
"""

from __future__ import annotations

import fcntl
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from helioreduce.errors import unwritable
from helioreduce.jsoc.errors import TransientExhausted

_LOOK_S = 0.05


@contextmanager
def slot(folder: str | Path, limit: int, *, name: str = "connection", timeout_s: float = 86400.0) -> Iterator[int]:
    """Hold one of ``limit`` places; wait until one is free.

    Raises
    ------
    TransientExhausted
        If none is free for ``timeout_s``.
    InputError
        If the folder cannot be written.
    """
    folder, end = Path(folder), time.monotonic() + timeout_s
    with ExitStack() as stack:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            files = [stack.enter_context(open(folder / f"{name}.{i}.lock", "a")) for i in range(limit)]
        except OSError as error:
            raise unwritable(error, folder) from None
        while (place := next((i for i, file in enumerate(files) if _taken(file)), None)) is None:
            if time.monotonic() > end:
                raise TransientExhausted(f"no {name} was free for {timeout_s:g} s", cure="Another job holds it", where=folder)
            time.sleep(_LOOK_S)
        yield place


def _taken(file: object) -> bool:
    """Whether the lock on a file could be taken."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
