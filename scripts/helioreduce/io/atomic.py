"""Files that are there as a whole, or not at all."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def replaced(path: str | Path) -> Iterator[Path]:
    """A hidden name beside ``path``, of this process, to write to; at the end it takes the place of ``path``.

    The folder is made. Where the block fails nothing is left behind, and ``path`` stays as it was.

    Raises
    ------
    OSError
        If the folder cannot be made, or the file not renamed.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        yield temporary
        temporary.replace(path)
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
