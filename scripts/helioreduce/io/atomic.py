"""Atomic writing: a file is complete, or absent."""

from __future__ import annotations

import contextlib
import os
import secrets
import tempfile
from collections.abc import Iterator
from pathlib import Path

from helioreduce.errors import unwritable


@contextlib.contextmanager
def replaced(path: str | Path) -> Iterator[Path]:
    """Yield a temporary name beside ``path`` to write to, and rename it to ``path`` at the end.

    The folder is made if missing. If the block fails, the temporary file is removed and ``path`` stays as it was.

    Raises
    ------
    OSError
        If the folder cannot be made, or the file not renamed.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    # processes of several machines, or containers, may have one number
    temporary = path.with_name(f".{path.name}.{os.getpid()}-{secrets.token_hex(4)}.part")
    try:
        yield temporary
        temporary.replace(path)
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)


def made(folder: Path) -> Path:
    """Make a folder where it is missing, and return it.

    Raises
    ------
    InputError
        If it cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise unwritable(error, folder) from None
    return folder


def check_writable(folder: Path) -> None:
    """Refuse a folder that cannot be written, or cannot be made; it is not made here.

    Raises
    ------
    InputError
        If a file cannot be made in the folder, or in its nearest parent that exists.
    """
    folder = folder.absolute()
    existing = next(path for path in (folder, *folder.parents) if path.exists())
    try:
        with tempfile.TemporaryFile(dir=existing):
            pass
    except OSError as error:
        raise unwritable(error, existing) from None
