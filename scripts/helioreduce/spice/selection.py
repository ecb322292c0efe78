"""Which level-2 files are reduced: a list, a folder, or a tree of days, filtered by name and header."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from helioreduce.errors import InputError
from helioreduce.io import fits
from helioreduce.spice.level2 import is_spectral, value

#: Filter: card, and whether a part of its value is enough (upper and lower case alike).
FILTERS = {"study": ("STUDY", True), "misostud": ("MISOSTUD", False), "soop": ("SOOPNAME", True), "stp": ("STP", False)}


class Raster(NamedTuple):
    """A level-2 file: its name without ending, where it is, and the names of its spectral windows."""

    name: str
    file: Path
    windows: tuple[str, ...]


def in_folder(folder: Path) -> list[Path]:
    """Every FITS file of a folder and the folders in it, in order of name."""
    if not folder.is_dir():
        raise InputError("there is no such folder", cure="Set spice.folder", where=folder)
    return sorted(path for path in folder.rglob("*") if path.name.lower().endswith((".fits", ".fits.gz")))


def on_days(folder: Path, year: object, month: object, day: object) -> list[Path]:
    """Files of the tree ``folder/YYYY/MM/DD``, for years, months and days given as a number, a list or ``all``."""

    def wanted(part: str, choice: object) -> bool:
        if choice in ("all", None):
            return True
        numbers = choice if isinstance(choice, Sequence) and not isinstance(choice, str) else [choice]
        return int(part) in {int(n) for n in numbers}

    chosen = []
    for path in in_folder(folder):
        parts = path.relative_to(folder).parts
        if len(parts) == 4 and all(part.isdigit() for part in parts[:3]):
            chosen += [path] if all(map(wanted, parts[:3], (year, month, day))) else []
    return chosen


def matches(header: Mapping[str, object], name: str, filters: Mapping[str, object]) -> bool:
    """Whether a file passes all filters: ``name`` (one or more parts of the file's name), and :data:`FILTERS`.

    Filters that are null, empty or ``all`` let everything through.
    """
    for key, wanted in filters.items():
        if wanted in (None, "", "all", []):
            continue
        if key == "name":
            parts = [wanted] if isinstance(wanted, str) else list(wanted)  # type: ignore[call-overload]
            if not any(str(part) in name for part in parts):
                return False
            continue
        card, part = FILTERS[key]
        found = str(value(header, card, "")).upper()  # type: ignore[arg-type]
        choices = [str(choice).upper() for choice in (wanted if isinstance(wanted, list) else [wanted])]
        if not any(choice in found if part else choice == found for choice in choices):
            return False
    return True


def rasters(paths: Iterable[Path], filters: Mapping[str, object]) -> tuple[list[Raster], dict[str, str]]:
    """The level-2 files that pass the filters, each once, and those that cannot be used, with the reason.

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
            headers = fits.read_headers(path)
            spectral = [header for header in headers if is_spectral(header)]
            if not spectral:
                raise InputError("holds no spectral window of SPICE", cure="Give a level-2 file", where=path)
        except InputError as error:
            refused[path.name] = str(error)
            continue
        if not matches(spectral[0], path.name, filters):
            continue
        raster = Raster(path.name.partition(".fits")[0], path, tuple(str(header.get("EXTNAME", "")) for header in spectral))
        if raster.name in found:
            raise InputError(f"{found[raster.name].file} and {path} have one name", cure="Keep one of them")
        found[raster.name] = raster
    if not found:
        reasons = f" ({next(iter(refused.values()))})" if refused else ""
        raise InputError(
            f"none of {len(paths)} files can be reduced{reasons}", cure="Check spice.files, spice.folder and spice.filters"
        )
    return list(found.values()), refused
