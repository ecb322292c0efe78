"""Degradation as a history: the curve of one version, its epochs and jumps, and how image means bear it out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from helioreduce import times
from helioreduce.aia import degradation
from helioreduce.errors import InputError

if TYPE_CHECKING:
    from astropy.table import Table

_DAYS_PER_YEAR = 365.25


@dataclass(frozen=True, slots=True, eq=False)
class History:
    """d(t) of one channel in one version of the table.

    Parameters
    ----------
    channel, version
        What it belongs to.
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
    """The curve through all epochs of a version, ``samples`` points in each.

    Raises
    ------
    InputError
        If the table has no row for channel and version.
    """
    epochs = degradation.epochs(rows, channel, version)
    starts = [times.parse(str(row["T_START"])) for row in epochs]
    stops = [times.parse(str(row["T_STOP"])) for row in epochs]
    launch = float(epochs[0]["EFF_AREA"])  # type: ignore[arg-type]
    stamps, values = [], []
    for row, start, stop in zip(epochs, starts, stops, strict=True):
        days = np.linspace(0, (stop - start).total_seconds() / 86400, samples)
        stamps += [start + timedelta(days=day) for day in days]
        values.append(float(row["EFF_AREA"]) / launch * np.polynomial.Polynomial([1, *_slopes(row)])(days))  # type: ignore[arg-type]
    jumps = np.array([after[0] / before[-1] - 1 for before, after in pairwise(values)])
    frozen = _frozen_from(epochs, starts)
    return History(channel, version, np.array(stamps), np.concatenate(values), starts, jumps, frozen)


def trend(rows: Sequence[degradation.Row], channel: int, version: int, when: Sequence[datetime], means: np.ndarray) -> Trend:
    """Whether image means lose their decline once divided by d(t): an independent check of a table.

    A straight line is fitted to ln(mean) against time by least squares; its slope is the relative change per year. Solar
    activity has its own trend: compare versions over months of one phase of the cycle, or quiet-Sun means.

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
    """Slope of a least-squares line and its standard error from the residuals."""
    x, y = x - x.mean(), y - y.mean()
    slope = (x @ y) / (x @ x)
    residual = y - slope * x
    return float(slope), float(np.sqrt(residual @ residual / (x.size - 2) / (x @ x)))


def _slopes(row: degradation.Row) -> list[float]:
    return [float(row[f"EFFA_P{n}"]) for n in (1, 2, 3)]  # type: ignore[arg-type]


def _frozen_from(epochs: Sequence[degradation.Row], starts: Sequence[datetime]) -> datetime | None:
    """Start of the last run of epochs without a trend and of one area."""
    since = None
    for row, start in zip(reversed(epochs), reversed(starts), strict=True):
        if any(_slopes(row)) or row["EFF_AREA"] != epochs[-1]["EFF_AREA"]:
            break
        since = start
    return since


def to_table(histories: Sequence[History]) -> Table:
    """The curves of one channel in several versions: ``version``, ``time`` (ISO) and ``factor``; epochs in ``meta``."""
    from astropy.table import Table

    rows = [(h.version, times.iso(time), value) for h in histories for time, value in zip(h.times, h.factor, strict=True)]
    table = Table(rows=rows, names=("version", "time", "factor"))
    epochs = {
        h.version: {
            "starts": [times.iso(start) for start in h.starts],
            "jumps": [float(jump) for jump in h.jumps],
            "frozen_from": h.frozen_from and times.iso(h.frozen_from),
        }
        for h in histories
    }
    table.meta = {"channel": histories[0].channel, "epochs": epochs}
    return table


def from_table(table: Table) -> list[History]:
    """Inverse of :func:`to_table`."""
    found = []
    for version, told in table.meta["epochs"].items():
        rows = table[table["version"] == int(version)]
        stamps = np.array([times.parse(str(time)) for time in rows["time"]])
        starts = [times.parse(start) for start in told["starts"]]
        frozen = told["frozen_from"] and times.parse(told["frozen_from"])
        factor, jumps = np.asarray(rows["factor"]), np.array(told["jumps"])
        found.append(History(table.meta["channel"], int(version), stamps, factor, starts, jumps, frozen))
    return found
