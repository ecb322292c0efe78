"""Which level-2 files are reduced: a list, a folder, or a tree of days, filtered by name and header."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from helioreduce.errors import InputError
from helioreduce.io import fits
from helioreduce.spice import level2
from helioreduce.spice.level2 import is_spectral, value
from helioreduce.spice.naming import Seen

if TYPE_CHECKING:
    from astropy.io.fits import Header


class Filter(NamedTuple):
    """A card of the header, and whether a part of its value is enough (upper and lower case alike)."""

    card: str
    partial: bool


FILTERS = {
    "study": Filter("STUDY", True),
    "misostud": Filter("MISOSTUD", False),
    "soop": Filter("SOOPNAME", True),
    "stp": Filter("STP", False),
}


class Raster(NamedTuple):
    """A level-2 file: its name in the products, path (None if the workflow makes it), and what its windows' headers say."""

    name: str
    file: Path | None
    windows: tuple[Seen, ...]


class Selection(NamedTuple):
    """Rasters that can be reduced, and the reason for each file (by name) that cannot."""

    rasters: tuple[Raster, ...]
    refused: Mapping[str, str]


def in_folder(folder: Path) -> list[Path]:
    """Return every FITS file of a folder and its subfolders, in order of name."""
    if not folder.is_dir():
        raise InputError("there is no such folder", cure="Set spice.folder", where=folder)
    return sorted(path for path in folder.rglob("*") if path.name.lower().endswith((".fits", ".fits.gz")))


def on_days(folder: Path, year: Any, month: Any, day: Any) -> list[Path]:
    """Return the files of the tree ``folder/YYYY/MM/DD``, for years, months and days given as a number, a list or ``all``."""
    chosen = []
    for path in in_folder(folder):
        parts = path.relative_to(folder).parts
        is_dated = len(parts) == 4 and all(part.isdigit() for part in parts[:3])
        if is_dated and all(_includes(choice, int(part)) for choice, part in zip((year, month, day), parts[:3], strict=True)):
            chosen.append(path)
    return chosen


def _includes(choice: Any, number: int) -> bool:
    """Return whether a number is the choice, or one of a list; ``all`` and None include every number."""
    if choice in ("all", None):
        return True
    numbers = choice if isinstance(choice, Sequence) and not isinstance(choice, str) else [choice]
    return number in [int(entry) for entry in numbers]


def matches(header: Header, name: str, filters: Mapping[str, Any]) -> bool:
    """Return whether a file passes all filters: ``name`` (one or more parts of the file's name), and :data:`FILTERS`.

    Filters that are null, empty or ``all`` let everything through.
    """
    for key, wanted in filters.items():
        if wanted in (None, "", "all", []):
            continue
        choices = [str(choice) for choice in (wanted if isinstance(wanted, list) else [wanted])]
        passes = any(choice in name for choice in choices) if key == "name" else _has(header, FILTERS[key], choices)
        if not passes:
            return False
    return True


def _has(header: Header, wanted: Filter, choices: Sequence[str]) -> bool:
    """Return whether a card has one of the values, or contains it where a part is enough."""
    found = str(value(header, wanted.card, "")).upper()
    if wanted.partial:
        return any(choice.upper() in found for choice in choices)
    return found in [choice.upper() for choice in choices]


def stem(path: Path) -> str:
    """Return the name of a file without its suffixes."""
    return path.name.partition(".fits")[0]


def rasters(paths: Iterable[Path], filters: Mapping[str, Any], called: Callable[[Path], str] = stem) -> Selection:
    """Select the level-2 files that pass the filters, each once.

    Parameters
    ----------
    paths, filters
        Files, and what :func:`matches` lets through.
    called
        What the products of a file are called; a file for which it raises :class:`InputError` is refused.

    Raises
    ------
    InputError
        If two files have one name, or nothing is left.
    """
    found: dict[str, Raster] = {}
    refused: dict[str, str] = {}
    paths = list(dict.fromkeys(paths))
    for path in paths:
        try:
            name, headers = called(path), spectral_headers(path)
        except InputError as error:
            refused[path.name] = str(error)
            continue
        if not matches(headers[0], path.name, filters):
            continue
        if name in found:
            problem = f"{found[name].file} and {path} have one name in the products, {name}"
            raise InputError(problem, cure="Keep one of them, or rename it")
        found[name] = Raster(name, path, tuple(level2.seen(headers)))
    if not found:
        reasons = f" ({next(iter(refused.values()))})" if refused else ""
        raise InputError(
            f"none of {len(paths)} files can be reduced{reasons}", cure="Check spice.files, spice.folder and spice.filters"
        )
    return Selection(tuple(found.values()), refused)


def spectral_headers(path: Path) -> list[Header]:
    """Return the headers of a file's spectral windows."""
    headers = [header for header in fits.read_headers(path) if is_spectral(header)]
    if not headers:
        raise InputError("holds no spectral window of SPICE", cure="Give a level-2 file", where=path)
    reasons = []
    for header in headers:
        try:
            level2.check(header)
        except InputError as error:
            reasons.append(error)
    if len(reasons) == len(headers):  # a file with one good window is reduced
        raise reasons[0].at(path)
    return headers
