"""Settings of SPICE that cannot be meant: refused before the first job, with the key and the cure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from helioreduce.errors import InputError
from helioreduce.plan.paths import located
from helioreduce.spice import saffron
from helioreduce.spice.catalogue import Catalogue
from helioreduce.spice.naming import Names
from helioreduce.spice.selection import Raster


def check(settings: Mapping[str, Any], lines: Catalogue, rasters: Iterable[Raster], tables: Sequence[str]) -> None:
    """Refuse values without a meaning, names that occur nowhere, and lines or a density that the tables have not.

    Parameters
    ----------
    settings
        The section ``spice``.
    lines, rasters
        Among whose lines and windows every name must be.
    tables
        The user's files of contribution functions.

    Raises
    ------
    InputError
        With the key, and the nearest name or the cure.
    """
    _check_values(settings)
    _check_names(settings, lines, rasters)
    _check_composition(settings["composition"], tables)


def _check_values(settings: Mapping[str, Any]) -> None:
    """Refuse limits without room, and names of files that are none."""
    limits = {f"model.limits.{name}": pair for name, pair in settings["model"]["limits"].items()}
    limits |= {f"windows.trim of {name}": pair for name, pair in settings["windows"]["trim"].items()}
    for name, (low, high) in limits.items():
        if not low < high:
            raise InputError(f"spice.{name} is [{low:g}, {high:g}]", cure="Give the lower limit first")
    for axis, (first, end) in zip("yxt", settings["area"], strict=False):
        if first is not None and end is not None and first >= 0 and 0 <= end <= first:
            raise InputError(f"spice.area is [{first}, {end}] along {axis}", cure="Give the lower limit first")
    titles = [group["name"] for group in settings["groups"] if isinstance(group, Mapping)]
    if twice := [name for name, count in Counter(titles).items() if count > 1]:
        raise InputError(f"spice.groups: two groups are called {twice[0]!r}", cure="Give each a name of its own")
    bins = settings["binning"]
    try:
        saffron.FileNames(settings["legacy"]["name"], "", bins["extents"], bins["times"], datetime.min)
    except InputError as error:
        raise error.at("spice.legacy.name") from None


def _check_names(settings: Mapping[str, Any], lines: Catalogue, rasters: Iterable[Raster]) -> None:
    """Refuse names of windows, lines and parameters that occur nowhere."""
    Names(lines, list(dict.fromkeys(window.name for raster in rasters for window in raster.windows))).check(settings)


def _check_composition(given: Mapping[str, Any], paths: Sequence[str]) -> None:
    """Refuse lines without a contribution function, and a density outside of the table."""
    if not (given["lines"] and (given["dems"] or paths)):
        return
    from helioreduce.spice import contribution, files  # with the kernels, which a plan of other instruments need not load

    files.read_dems([located(path, "spice.composition.dems") for path in given["dems"]])
    if not paths:
        return
    own = [files.read_contribution(path) for path in paths] if len(paths) > 1 else []
    table = contribution.join(own) if own else files.read_table(paths[0])
    for line in given["lines"]:
        try:
            table.at(line, given["log_n"])
        except InputError as error:
            raise error.at("spice.composition") from None
