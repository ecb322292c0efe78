"""The files that a command line names: a folder stands for the files in it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from helioreduce.errors import InputError

#: Endings of FITS files, and of tables.
FITS, TABLES = {".fits", ".fit", ".fts"}, {".ecsv", ".npz"}


def is_fits(file: Path) -> bool:
    """Return whether a file is FITS by its name, compressed or not."""
    return not FITS.isdisjoint(Path(file.name.lower()).suffixes)


def is_described(file: Path) -> bool:
    """Return whether a file can be described: FITS, or a table."""
    return is_fits(file) or file.suffix in TABLES


def named(given: Iterable[str], wanted: Callable[[Path], bool] = is_fits) -> list[Path]:
    """Return files as they are given, and in place of a folder those in it that are wanted, by name.

    Raises
    ------
    InputError
        If a folder has none.
    """
    found: list[Path] = []
    for path in map(Path, given):
        inside = sorted(file for file in path.iterdir() if file.is_file() and wanted(file)) if path.is_dir() else [path]
        if not inside:
            below = sorted(f"{folder.name}/" for folder in path.iterdir() if folder.is_dir())
            cure = f"Give files, or one of the folders in it: {', '.join(below[:8])}" if below else "Give files"
            raise InputError("the folder holds no file of this kind", cure=cure, where=path)
        found += inside
    return found
