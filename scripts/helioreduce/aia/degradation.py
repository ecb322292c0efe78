"""Degradation: the loss of sensitivity since launch, from the response tables of the AIA team."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import numpy as np

from helioreduce import times
from helioreduce.aia import cards, tables
from helioreduce.errors import InputError
from helioreduce.image import Image
from helioreduce.io import ecsv
from helioreduce.io.provenance import caveat, is_simulated, record, refuse_twice

#: A row of a response table: text or numbers by column.
Row = Mapping[str, Any]


def epochs(rows: Sequence[Row], channel: int, version: int) -> list[Row]:
    """Return the channel's epochs in one version of the table, in order of T_START.

    Of epochs that were published twice, the one with the later DATE counts: mixing versions or issues gives wrong factors.

    Raises
    ------
    InputError
        If the table has none, or is another table.
    """
    tables.check(rows, "degradation")
    name = f"{channel}_THIN" if channel < 1000 else str(channel)
    mine = [row for row in rows if str(row["WAVE_STR"]) == name and int(row["VER_NUM"]) == version]
    found = {str(row["T_START"]): row for row in sorted(mine, key=lambda row: str(row["DATE"]))}
    if not found:
        have = sorted({int(row["VER_NUM"]) for row in rows})
        raise InputError(
            f"the degradation table has no row for {channel} Å in version {version}",
            cure=f"Set aia.calibration.version to one of {have}, or aia.steps.degradation to false",
        )
    return [found[start] for start in sorted(found)]


def factor(rows: Sequence[Row], channel: int, version: int, time: datetime) -> tuple[float, Row]:
    """Return the sensitivity relative to launch, and the epoch's row; see :func:`factors`.

    Raises
    ------
    InputError
        If the time is outside every epoch.
    """
    values, (row,) = factors(rows, channel, version, [time])
    return float(values[0]), row


def factors(rows: Sequence[Row], channel: int, version: int, at: Sequence[datetime]) -> tuple[np.ndarray, list[Row]]:
    """Return the sensitivity relative to launch at several times (n,), and the row of the epoch of each.

    d(t) = A_eff(epoch)/A_eff(first epoch) · (1 + p₁Δt + p₂Δt² + p₃Δt³), Δt in days since the epoch's T_START (SolarSoft,
    ``aia_bp_corrections``).

    Raises
    ------
    InputError
        If a time is outside every epoch.
    """
    table = epochs(rows, channel, version)
    limits = [tuple(times.parse(str(row[key])) for key in ("T_START", "T_STOP")) for row in table]
    chosen = [_epoch(limits, time) for time in at]
    if (outside := chosen.index(None) if None in chosen else -1) >= 0:
        raise InputError(
            f"{times.iso(at[outside])} is outside the degradation table ({table[0]['T_START']} to {table[-1]['T_STOP']})",
            cure="Check T_OBS, or give a table that covers it",
        )
    areas = [tables.number(row, "EFF_AREA") / tables.number(table[0], "EFF_AREA") for row in table]
    slopes = [[tables.number(row, f"EFFA_P{n}") for n in (1, 2, 3)] for row in table]
    found = [k for k in chosen if k is not None]
    days = ((time - limits[k][0]).total_seconds() / 86400 for time, k in zip(at, found, strict=True))
    values = [areas[k] * (1 + sum(p * day**n for n, p in enumerate(slopes[k], 1))) for k, day in zip(found, days, strict=True)]
    return np.array(values), [table[k] for k in found]


def _epoch(limits: Sequence[tuple[datetime, ...]], time: datetime) -> int | None:
    """Return the number of the first epoch, of starts and ends, that a time falls into."""
    return next((k for k, (start, stop) in enumerate(limits) if start <= time < stop), None)


def is_frozen(rows: Sequence[Row], channel: int, version: int, time: datetime) -> bool:
    """Return whether the table has no trend for this time: a constant epoch that no later epoch with a trend follows."""
    _, current = factor(rows, channel, version, time)
    later = [row for row in epochs(rows, channel, version) if str(row["T_START"]) >= str(current["T_START"])]
    return not any(float(row[f"EFFA_P{n}"]) for row in later for n in (1, 2, 3))


def correct(image: Image, rows: Sequence[Row], version: int, *, reference: str = "") -> Image:
    """Return the image with data and sigma divided by d(T_OBS).

    An image of the Sun that is corrected by a simulated table gets a caveat in its header.

    Raises
    ------
    AlreadyDone
        If the image has been corrected.
    InputError
        If the table has no row for the channel, version and time.
    """
    refuse_twice(image, "degradation")
    channel, time = cards.channel(image.header), cards.time(image.header)
    value, row = factor(rows, channel, version, time)
    if value <= 0:
        raise InputError(
            f"degradation table V{version} gives {value:.3f} for {channel} Å at {times.iso(time)}: extrapolated too far",
            cure="Take a newer version of the table",
        )
    parameters = {
        "factor": f"{value:.9f}",
        "version": tables.version(row),
        "epoch": row["T_START"],
        **_limitations(rows, channel, version, time),
    }
    new = image / value
    cards.remove_statistics(new.header)
    new.header["DEGFACT"] = (value, "sensitivity relative to launch")
    record(new.header, "degradation", parameters, reference)
    if is_simulated(row) and not is_simulated(image.header):
        caveat(new.header, f"corrected by a stand-in of the degradation table, {tables.version(row)}")
    return new


def from_table(image: Image, degradation_table: ecsv.Calibration, version: int) -> Image:
    """Correct by one version of a table that names its origin."""
    rows, meta = degradation_table
    return correct(image, rows, version, reference=ecsv.reference(meta))


def _limitations(rows: Sequence[Row], channel: int, version: int, time: datetime) -> dict[str, object]:
    """Warn where the factor was not measured; return what to record of that."""
    _, row = factor(rows, channel, version, time)
    limitations: dict[str, object] = {}
    if is_frozen(rows, channel, version, time):
        limitations["frozen_since"] = row["T_START"]
        warnings.warn(f"degradation table V{version} is frozen for {channel} Å since {row['T_START']}", stacklevel=3)
    if time > times.parse(str(row["DATE"])):
        limitations["extrapolated_since"] = row["DATE"]
        warnings.warn(f"degradation table V{version} was fitted before {row['DATE']}; {times.iso(time)} is later", stacklevel=3)
    return limitations
