"""Degradation histories: the curve of one version of the table, its epochs and jumps, and a check against image means."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from helioreduce import times
from helioreduce.aia import degradation, tables
from helioreduce.errors import InputError
from helioreduce.io.provenance import is_simulated

if TYPE_CHECKING:
    from astropy.table import Table

_DAYS_PER_YEAR = 365.25

Key = TypeVar("Key", bound=Hashable)


@dataclass(frozen=True, slots=True, eq=False)
class History:
    """d(t) of one channel in one version of the table.

    Parameters
    ----------
    channel, version, name
        Channel, version of the table, and its name: that of a simulated table is another than the version's.
    times, factor
        Samples (n,), both ends of each epoch among them; a jump has two samples at one time.
    starts
        T_START of the epochs.
    jumps
        d just after each later start over d just before, minus 1.
    frozen_from
        Start of the final epochs without a trend; None if the last epoch has one.
    """

    channel: int
    version: int
    name: str
    times: np.ndarray
    factor: np.ndarray
    starts: list[datetime]
    jumps: np.ndarray
    frozen_from: datetime | None


@dataclass(frozen=True, slots=True)
class Trend:
    """Relative change per year of image means, with its standard error: as they are, and divided by d(t)."""

    raw: float
    raw_error: float
    corrected: float
    corrected_error: float


def history(rows: Sequence[degradation.Row], channel: int, version: int, *, samples: int = 33) -> History:
    """Return the curve through all epochs of a version, ``samples`` points in each.

    Raises
    ------
    InputError
        If the table has no row for channel and version.
    """
    epochs = degradation.epochs(rows, channel, version)
    starts = [times.parse(str(row["T_START"])) for row in epochs]
    stops = [times.parse(str(row["T_STOP"])) for row in epochs]
    launch = float(epochs[0]["EFF_AREA"])
    stamps, values = [], []
    for row, start, stop in zip(epochs, starts, stops, strict=True):
        days = np.linspace(0, (stop - start).total_seconds() / 86400, samples)
        stamps += [start + timedelta(days=day) for day in days]
        values.append(float(row["EFF_AREA"]) / launch * np.polynomial.Polynomial([1, *_slopes(row)])(days))
    jumps = np.array([after[0] / before[-1] - 1 for before, after in pairwise(values)])
    frozen = _frozen_from(epochs, starts)
    return History(channel, version, name(epochs[0]), np.array(stamps), np.concatenate(values), starts, jumps, frozen)


def name(row: degradation.Row) -> str:
    """Return the name of the table that a row is of: ``V10``, or what a simulated one says that it is."""
    return tables.version(row) if is_simulated(row) else f"V{tables.version(row)}"


def trend(rows: Sequence[degradation.Row], channel: int, version: int, when: Sequence[datetime], means: np.ndarray) -> Trend:
    """Fit the trend of image means before and after division by d(t): an independent check of a table.

    A straight line is fitted to ln(mean) against time by least squares; its slope is the relative change per year. Solar
    activity has its own trend: compare versions over months of one phase of the cycle, or quiet-Sun means.

    Parameters
    ----------
    rows, channel, version
        Which curve d(t) of the degradation table.
    when, means
        Times and means (DN/s), (n,).

    Raises
    ------
    InputError
        Fewer than three means, or a mean that is not positive.
    """
    means = np.asarray(means, float)
    if means.size < 3 or not np.all(means > 0):
        raise InputError(f"{channel} Å: a trend needs three or more positive means", cure="Give daily image means in DN/s")
    factors = np.array([degradation.factor(rows, channel, version, time)[0] for time in when])
    years = np.array([(time - when[0]).total_seconds() for time in when]) / 86400 / _DAYS_PER_YEAR
    return Trend(*_slope(years, np.log(means)), *_slope(years, np.log(means / factors)))


def _slope(x: np.ndarray, y: np.ndarray) -> tuple[float, float]:
    """Return the slope of a least-squares line and its standard error from the residuals."""
    x, y = x - x.mean(), y - y.mean()
    slope = (x @ y) / (x @ x)
    residual = y - slope * x
    return float(slope), float(np.sqrt(residual @ residual / (x.size - 2) / (x @ x)))


def _slopes(row: degradation.Row) -> list[float]:
    return [float(row[f"EFFA_P{n}"]) for n in (1, 2, 3)]


def _frozen_from(epochs: Sequence[degradation.Row], starts: Sequence[datetime]) -> datetime | None:
    """Return the start of the final epochs that share one area and have no trend."""
    since = None
    for row, start in zip(reversed(epochs), reversed(starts), strict=True):
        if any(_slopes(row)) or row["EFF_AREA"] != epochs[-1]["EFF_AREA"]:
            break
        since = start
    return since


def sources(held: Mapping[Key, Sequence[degradation.Row]]) -> dict[int, Key]:
    """Return, for each version of the degradation table in order, the one of some tables that holds it.

    Raises
    ------
    InputError
        If two of them hold one version.
    """
    found: dict[int, Key] = {}
    for name, rows in held.items():
        versions = dict.fromkeys((int(row["VER_NUM"]) for row in rows), name)
        if both := sorted(versions.keys() & found.keys()):
            problem = f"holds version {both[0]}, as {found[both[0]]} does"
            raise InputError(problem, cure="Leave one of them out of aia.response.compare", where=name)
        found |= versions
    return dict(sorted(found.items()))


def to_table(histories: Sequence[History]) -> Table:
    """Return the histories of one channel as a table: ``version``, ``time`` (ISO) and ``factor``; epochs in ``meta``."""
    from astropy.table import Table

    rows = [(h.version, times.iso(time), value) for h in histories for time, value in zip(h.times, h.factor, strict=True)]
    table = Table(rows=rows, names=("version", "time", "factor"))
    epochs = {
        h.version: {
            "name": h.name,
            "starts": [times.iso(start) for start in h.starts],
            "jumps": [float(jump) for jump in h.jumps],
            "frozen_from": h.frozen_from and times.iso(h.frozen_from),
        }
        for h in histories
    }
    table.meta = {"channel": histories[0].channel, "epochs": epochs}
    return table


def from_table(table: Table) -> list[History]:
    """Return the histories in a table of :func:`to_table`."""
    found = []
    for version, entry in table.meta["epochs"].items():
        rows = table[table["version"] == int(version)]
        stamps = np.array([times.parse(str(time)) for time in rows["time"]])
        starts = [times.parse(start) for start in entry["starts"]]
        frozen = entry["frozen_from"] and times.parse(entry["frozen_from"])
        factor, jumps = np.asarray(rows["factor"]), np.array(entry["jumps"])
        found.append(History(table.meta["channel"], int(version), entry["name"], stamps, factor, starts, jumps, frozen))
    return found
