"""Contribution functions as they are passed around: one table out of files that hold one CHIANTI line each.

The package gofchianti fetches such files, made with CHIANTI 11; each has ``densities`` (n,) in cm⁻³, ``temperature`` (T,) in K,
``gofnt`` (n, T) without abundance, and ``meta``, JSON with the ion, the wavelength and the unit. A table is an ``.npz`` with
``logT``, ``logn``, one array (n, T) per line, named ``s_4_750.221``, and, where it is known, the ``origin`` of them all.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from helioreduce.errors import InputError
from helioreduce.spice.composition import Table


class Function(NamedTuple):
    """G (n, T) of one line over densities (cm⁻³) and temperatures (K), its name and its unit."""

    name: str
    densities: np.ndarray
    temperatures: np.ndarray
    values: np.ndarray
    unit: str


def function(stored: Mapping[str, np.ndarray]) -> Function:
    """Return the contribution function of one line from the arrays of a gofchianti file.

    Raises
    ------
    InputError
        If the arrays are none, or their values contain an abundance.
    """
    try:
        meta = json.loads(str(stored["meta"]))
        densities, temperatures, values = (np.asarray(stored[key], float) for key in ("densities", "temperature", "gofnt"))
        name = f"{meta['ion']} {float(meta['wavelength']):.3f}"
        unit, applied = str(meta["units"]), meta["abundance_applied"]
    except (ValueError, KeyError, TypeError) as error:
        cure = "Expected an .npz of gofchianti: densities, temperature, gofnt and meta"
        raise InputError(f"is not a contribution function ({error})", cure=cure) from error
    if applied:
        raise InputError("contains an elemental abundance", cure="Give contribution functions without it")
    if values.shape != (densities.size, temperatures.size):
        raise InputError(f"gofnt has shape {values.shape}, not (densities, temperatures)", cure="Fetch the file again")
    return Function(name, densities, temperatures, values, unit)


def join(functions: Sequence[Function]) -> Table:
    """Join lines that have the same grids and unit to one table.

    Raises
    ------
    InputError
        If they have not.
    """
    first = functions[0]
    for other in functions:
        same_grid = np.array_equal(other.densities, first.densities) and np.array_equal(other.temperatures, first.temperatures)
        if other.unit != first.unit or not same_grid:
            raise InputError(f"{other.name} and {first.name} differ in grid or unit", cure="Give files of one release")
    values = {function.name: function.values for function in functions}
    return Table(np.log10(first.temperatures), np.log10(first.densities), values)


def table(stored: Mapping[str, np.ndarray]) -> Table:
    """Return a table from its arrays.

    Raises
    ------
    InputError
        If they are no such table.
    """
    try:
        log_t, log_n = stored["logT"].astype(float), stored["logn"].astype(float)
        lines = {name: array.astype(float) for name, array in stored.items() if name not in ("logT", "logn", "origin")}
    except (ValueError, KeyError) as error:
        cure = "An .npz with logT, logn and arrays (n, T) named like s_4_750.221"
        raise InputError(f"is not a table of contribution functions ({error})", cure=cure) from error
    for name, array in lines.items():
        if array.shape != (log_n.size, log_t.size):
            raise InputError(f"{name} has not the shape (n, T)", cure="Make the table again")
    functions = {" ".join(name.rsplit("_", 1)): array for name, array in lines.items()}
    return Table(log_t, log_n, functions, str(stored.get("origin", "")))


def dem(text: str) -> np.ndarray:
    """Return log T (K) and log DEM (2, n) from CHIANTI's text form: two columns up to a line that begins with −1.

    Raises
    ------
    InputError
        If the text is none.
    """
    rows = []
    for line in text.splitlines():
        fields = line.split()
        if fields[:1] == ["-1"]:
            break
        if not fields or fields[0].startswith(("#", "%", ";")):
            continue
        try:
            rows.append((float(fields[0]), float(fields[1])))
        except (ValueError, IndexError):
            raise InputError(f"is no DEM: {line!r}", cure="Give CHIANTI's form: log T and log DEM, ended by -1") from None
    found = np.array(rows).T
    if len(rows) < 3 or not (np.diff(found[0]) > 0).all():
        raise InputError("is no DEM: fewer than three rows, or log T does not rise", cure="Give log T and log DEM, ended by -1")
    return found


def arrays(own: Table) -> dict[str, np.ndarray]:
    """Return the arrays of a table, as :func:`table` reads them."""
    origin = {"origin": np.array(own.origin)} if own.origin else {}
    return {"logT": own.log_t, "logn": own.log_n, **origin, **{name.replace(" ", "_"): g for name, g in own.functions.items()}}
