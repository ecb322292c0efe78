"""The open form of instrument and emissivity: ECSV tables with a unit on every column.

Instrument: one row per channel and wavelength, the scalars of each channel in ``meta``. Emissivity: one row per wavelength,
a vector over temperature. Both can be written from any tool that fills an Astropy table.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar

import numpy as np
from astropy import units as u
from astropy.table import Table, vstack

from helioreduce.aia.response import solarsoft
from helioreduce.aia.response.instrument import (
    CURVES,
    SCALARS,
    UNITS,
    Channel,
    Instrument,
    choose,
    crosstalk,
    wavelength_response,
)
from helioreduce.aia.response.temperature import EMISSIVITY_UNIT, UNIT, ChiantiFix, Emissivity
from helioreduce.ecsv import read_table
from helioreduce.errors import InputError

T = TypeVar("T")


def from_instrument(instrument: Instrument, meta: Mapping[str, object] | None = None) -> Table:
    """The table of an instrument; ``meta`` says where it comes from."""
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
    """Inverse of :func:`from_instrument`.

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
        curves = {name: _in(rows, name, UNITS[name]) for name in ("wavelength", *CURVES)}
        instrument[number] = Channel(number, **curves, **{name: float(scalars[number][name]) for name in SCALARS})
    return instrument


def from_emissivity(emissivity: Emissivity) -> Table:
    """The table of an emissivity: columns ``wavelength`` and ``emissivity`` (a vector over temperature)."""
    table = Table({"wavelength": emissivity.wavelength, "emissivity": emissivity.values})
    table["wavelength"].unit, table["emissivity"].unit = "Angstrom", EMISSIVITY_UNIT
    table.meta = {**emissivity.meta, "log_temperature": [float(value) for value in emissivity.log_temperature]}
    return table


def to_emissivity(table: Table) -> Emissivity:
    """Inverse of :func:`from_emissivity`; units are converted.

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
    """The columns ``chiantifix_<channel>`` beside ``temperature`` (K)."""
    names = [name for name in table.colnames if name.startswith("chiantifix_")]
    _need(table, ("temperature", *(names or ["chiantifix_94"])), "chiantifix")
    values = {int(name.removeprefix("chiantifix_")): _in(table, name, UNIT) for name in names}
    return ChiantiFix(np.log10(_in(table, "temperature", "K")), values)


def of_wavelength(instrument: Instrument, channel: int, factors: Mapping[str, object], *, degraded: float, eve: float) -> Table:
    """The product of a channel: every component, effective area, crosstalk, gain and response, with unit.

    ``factors`` is written to ``meta`` beside the channel's scalars.
    """
    own = choose(instrument, channel)
    columns = {name: getattr(own, name) for name in ("wavelength", *CURVES, "effective_area")}
    columns |= {"crosstalk": crosstalk(instrument, channel), "gain": own.gain}
    columns["response"] = wavelength_response(instrument, channel, degraded=degraded, eve=eve)
    table = Table(columns)
    for name in table.colnames:
        table[name].unit = UNITS[name]
    scalars = {name: f"{getattr(own, name):.9g} {UNITS[name]}" for name in SCALARS}
    table.meta = {"channel": channel, **scalars, "degradation": degraded, "eve_correction": eve, **factors}
    return table


def of_temperature(log_temperature: np.ndarray, responses: Mapping[int, np.ndarray], meta: Mapping[str, object]) -> Table:
    """The product of all channels: ``temperature`` (K) and ``response_<channel>`` (DN cm⁵ s⁻¹ pixel⁻¹)."""
    table = Table({"temperature": 10.0 ** np.asarray(log_temperature)})
    table["temperature"].unit = "K"
    for channel, values in responses.items():
        table[f"response_{channel}"] = values
        table[f"response_{channel}"].unit = UNIT
    table.meta = dict(meta)
    return table


def read_instrument(path: str | Path) -> dict[int, Channel]:
    """An instrument from SolarSoft's ``.genx``, an IDL ``.sav`` or the open form, by suffix."""
    if Path(path).suffix in (".genx", ".sav"):
        return solarsoft.read_instrument(path)
    return _named(to_instrument, path)


def read_emissivity(path: str | Path) -> Emissivity:
    """An emissivity from SolarSoft's ``.genx``, an IDL ``.sav`` or the open form, by suffix."""
    if Path(path).suffix in (".genx", ".sav"):
        return solarsoft.read_emissivity(path)
    return _named(to_emissivity, path)


def read_chiantifix(path: str | Path) -> ChiantiFix:
    """A chiantifix from SolarSoft's ``.genx`` or the open form, by suffix."""
    if Path(path).suffix == ".genx":
        return solarsoft.read_chiantifix(path)
    return _named(to_chiantifix, path)


def _named(convert: Callable[[Table], T], path: str | Path) -> T:
    """``convert`` of the table at ``path``; errors name the file."""
    try:
        return convert(read_table(path))
    except InputError as error:
        raise error.at(path) from None


def _need(table: Table, names: tuple[str, ...], kind: str) -> None:
    """Refuse a table without these columns."""
    missing = [name for name in names if name not in table.colnames]
    if missing:
        raise InputError(f"is no {kind} table: column {', '.join(missing)} missing", cure="See the README for its columns")


def _in(table: Table, name: str, unit: str) -> np.ndarray:
    """A column as float64 in ``unit``."""
    column = table[name]
    scale = u.Unit(column.unit or unit).to(unit) if column.unit else 1.0
    return np.asarray(column, float) * scale
