"""The open form of instrument and emissivity: ECSV tables with a unit on every column.

Instrument: one row per channel and wavelength, the scalars of each channel in ``meta``. Emissivity: one row per wavelength,
a vector over temperature. Both can be written from any tool that fills an Astropy table.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import numpy as np
from astropy import units as u
from astropy.table import Table, vstack

from helioreduce.aia import degradation
from helioreduce.aia.channels import EUV, VISIBLE
from helioreduce.aia.degradation import Row
from helioreduce.aia.response import solarsoft
from helioreduce.aia.response.instrument import (
    CURVES,
    SCALARS,
    UNITS,
    Channel,
    Instrument,
    choose,
    crosstalk,
    eve_correction,
    wavelength_response,
)
from helioreduce.aia.response.temperature import EMISSIVITY_UNIT, UNIT, ChiantiFix, Emissivity, temperature_response
from helioreduce.errors import InputError
from helioreduce.io.ecsv import numbers, read_table

T = TypeVar("T")


class Factors(NamedTuple):
    """What the date does to a channel: degradation d(t), and the EVE correction (None: not applied)."""

    degradation: float
    eve: float | None


def from_instrument(instrument: Instrument, meta: Mapping[str, object] | None = None) -> Table:
    """Return the table of an instrument; ``meta`` says where it comes from."""
    parts = []
    for number, telescope in sorted(instrument.items()):
        columns = {name: getattr(telescope, name) for name in ("wavelength", *CURVES)}
        parts.append(Table({"channel": np.full(telescope.wavelength.size, number), **columns}))
    table = vstack(parts, metadata_conflicts="silent")
    for name in ("wavelength", *CURVES):
        table[name].unit = UNITS[name]
    table.meta = dict(meta or {})
    table.meta["scalar_units"] = {name: UNITS[name] for name in SCALARS}
    table.meta["scalars"] = {
        int(number): {name: float(getattr(telescope, name)) for name in SCALARS} for number, telescope in instrument.items()
    }
    return table


def to_instrument(table: Table) -> dict[int, Channel]:
    """Return the inverse of :func:`from_instrument`.

    Raises
    ------
    InputError
        If a column or scalar is missing.
    """
    _need(table, ("channel", "wavelength", *CURVES), "instrument")
    scalars = {int(number): values for number, values in table.meta.get("scalars", {}).items()}
    instrument = {}
    for number in sorted(set(table["channel"].tolist())):
        missing = [name for name in SCALARS if name not in scalars.get(number, {})]
        if missing:
            raise InputError(f"meta.scalars of {number} Å lacks {', '.join(missing)}", cure="Add it to the table's meta")
        rows = table[table["channel"] == number]
        values: dict[str, Any] = {name: _in(rows, name, UNITS[name]) for name in ("wavelength", *CURVES)}
        values |= {name: float(scalars[number][name]) for name in SCALARS}
        instrument[number] = Channel(number, **values)
    return instrument


def from_emissivity(emissivity: Emissivity) -> Table:
    """Return the table of an emissivity: columns ``wavelength`` and ``emissivity`` (a vector over temperature)."""
    table = Table({"wavelength": emissivity.wavelength, "emissivity": emissivity.values})
    table["wavelength"].unit, table["emissivity"].unit = "Angstrom", EMISSIVITY_UNIT
    table.meta = {**emissivity.meta, "log_temperature": [float(value) for value in emissivity.log_temperature]}
    return table


def to_emissivity(table: Table) -> Emissivity:
    """Return the inverse of :func:`from_emissivity`; units are converted.

    Raises
    ------
    InputError
        If a column or ``meta.log_temperature`` is missing.
    """
    _need(table, ("wavelength", "emissivity"), "emissivity")
    if "log_temperature" not in table.meta:
        raise InputError("meta.log_temperature is missing", cure="Add the temperatures of the emissivity's columns")
    meta = {key: value for key, value in table.meta.items() if key != "log_temperature"}
    temperatures = np.asarray(table.meta["log_temperature"], float)
    return Emissivity(temperatures, _in(table, "wavelength", "Angstrom"), _in(table, "emissivity", EMISSIVITY_UNIT), meta)


def to_chiantifix(table: Table) -> ChiantiFix:
    """Return the columns ``chiantifix_<channel>`` beside ``temperature`` (K)."""
    names = [name for name in table.colnames if name.startswith("chiantifix_")]
    _need(table, ("temperature", *(names or ["chiantifix_94"])), "chiantifix")
    values = {int(name.removeprefix("chiantifix_")): _in(table, name, UNIT) for name in names}
    return ChiantiFix(np.log10(_in(table, "temperature", "K")), values)


def of_wavelength(instrument: Instrument, channel: int, factors: Factors, *, blend: bool, meta: Mapping[str, object]) -> Table:
    """Return the product of a channel: every component, effective area, crosstalk and gain with unit, and the response twice.

    ``at_launch`` belongs to images that have been corrected for degradation, ``at_date`` to images that have not.
    """
    own = choose(instrument, channel)
    columns = {name: getattr(own, name) for name in ("wavelength", *CURVES, "effective_area")}
    columns |= {"crosstalk": crosstalk(instrument, channel), "gain": own.gain}
    launch = wavelength_response(instrument, channel, eve=factors.eve or 1.0, blend=blend)
    table = Table(columns | {"at_launch": launch, "at_date": launch * factors.degradation})
    for name in table.colnames:
        table[name].unit = UNITS.get(name, UNITS["response"])
    scalars = {name: f"{getattr(own, name):.9g} {UNITS[name]}" for name in SCALARS}
    table.meta = {"channel": channel, **scalars, **factors._asdict(), "crosstalk": blend, **meta}
    return table


def of_temperature(
    instrument: Instrument,
    emissivity: Emissivity,
    factors: Mapping[int, Factors],
    *,
    blend: bool,
    fix: ChiantiFix | None,
    meta: Mapping[str, object],
) -> Table:
    """Return the product of several channels: ``temperature`` (K) and for each ``at_launch_N`` and ``at_date_N``.

    Units DN cm⁵ s⁻¹ pixel⁻¹; which of the two belongs to an image, see :func:`of_wavelength`.
    """
    table = Table({"temperature": 10.0**emissivity.log_temperature})
    table["temperature"].unit = "K"
    for channel, (degraded, eve) in sorted(factors.items()):
        launch = temperature_response(instrument, channel, emissivity, eve=eve, blend=blend, fix=fix)
        for name, values in ((f"at_launch_{channel}", launch), (f"at_date_{channel}", launch * degraded)):
            table[name] = values
            table[name].unit = UNIT
    by_channel = {channel: values._asdict() for channel, values in sorted(factors.items())}
    table.meta = {"factors": by_channel, "crosstalk": blend, "chiantifix": fix is not None, **emissivity.meta, **meta}
    return table


def factors(instrument: Instrument, channel: int, rows: Sequence[Row], version: int, time: datetime, *, eve: bool) -> Factors:
    """Return degradation and EVE correction of a channel; 1 and none for 4500 Å, which no table covers.

    Raises
    ------
    InputError
        No row for channel, version and time.
    """
    if channel in VISIBLE:
        return Factors(1.0, None)
    degraded, _ = degradation.factor(rows, channel, version, time)
    return Factors(degraded, eve_correction(choose(instrument, channel), rows, version, time) if eve else None)


def euv_factors(instrument: Instrument, rows: Sequence[Row], version: int, time: datetime, *, eve: bool) -> dict[int, Factors]:
    """Return the factors of every EUV channel that both the instrument and the degradation table hold.

    Raises
    ------
    InputError
        If there is none.
    """
    dated = {str(row["WAVE_STR"]) for row in rows if int(row["VER_NUM"]) == version}
    held = [channel for channel in EUV if channel in instrument and f"{channel}_THIN" in dated]
    if not held:
        raise InputError(
            f"no EUV channel is both in the instrument and in version {version} of the degradation table",
            cure="Set aia.calibration.version and aia.response.instrument to tables that belong together",
        )
    return {channel: factors(instrument, channel, rows, version, time, eve=eve) for channel in held}


def read_instrument(path: str | Path) -> dict[int, Channel]:
    """Return an instrument from SolarSoft's ``.genx``, an IDL ``.sav`` or the open form, by suffix."""
    if Path(path).suffix in (".genx", ".sav"):
        return solarsoft.read_instrument(path)
    return _named(to_instrument, path)


def origin(path: Path) -> str:
    """Return the name of a file's contents: its own word for it in the open form, else its name."""
    if path.suffix == ".ecsv":
        return str(read_table(path).meta.get("origin", path.name))
    return path.name


def read_emissivity(path: str | Path) -> Emissivity:
    """Return an emissivity from SolarSoft's ``.genx``, an IDL ``.sav`` or the open form, by suffix."""
    if Path(path).suffix in (".genx", ".sav"):
        return solarsoft.read_emissivity(path)
    return _named(to_emissivity, path)


def read_chiantifix(path: str | Path) -> ChiantiFix:
    """Return a chiantifix from SolarSoft's ``.genx`` or the open form, by suffix."""
    if Path(path).suffix == ".genx":
        return solarsoft.read_chiantifix(path)
    return _named(to_chiantifix, path)


def _named(convert: Callable[[Table], T], path: str | Path) -> T:
    """Return ``convert`` of the table at ``path``; errors name the file."""
    try:
        return convert(read_table(path))
    except InputError as error:
        raise error.at(path) from None


def _need(table: Table, names: tuple[str, ...], kind: str) -> None:
    """Refuse a table without these columns."""
    missing = [name for name in names if name not in table.colnames]
    if missing:
        raise InputError(
            f"is no {kind} table: column {', '.join(missing)} missing", cure=f"Give a table with the columns {', '.join(names)}"
        )


def _in(table: Table, name: str, unit: str) -> np.ndarray:
    """Return a column as float64 in ``unit``; see :func:`helioreduce.io.ecsv.numbers`."""
    own = table[name].unit
    return numbers(table, name) * (u.Unit(own).to(unit) if own else 1.0)
