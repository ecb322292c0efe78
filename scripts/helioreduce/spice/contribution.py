"""Contribution functions as they are passed around: one table out of files that hold one CHIANTI line each.

The package gofchianti fetches such files, made with CHIANTI 11; each has ``densities`` (n,) in cm⁻³, ``temperature`` (T,) in K,
``gofnt`` (n, T) without abundance, and ``meta``, JSON with the ion, the wavelength and the unit.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from helioreduce.errors import InputError
from helioreduce.spice.composition import Table

_LAYOUT = "Expected an .npz of gofchianti: densities, temperature, gofnt and meta"


class Function(NamedTuple):
    """G (n, T) of one line over densities (cm⁻³) and temperatures (K), its name and its unit."""

    name: str
    densities: np.ndarray
    temperatures: np.ndarray
    values: np.ndarray
    unit: str


def read(path: str | Path) -> Function:
    """One line from a file of gofchianti; no pickles.

    Raises
    ------
    InputError
        If the file is none, or its values contain an abundance.
    """
    try:
        with np.load(path, allow_pickle=False) as stored:
            meta = json.loads(str(stored["meta"]))
            grids = [np.asarray(stored[key], float) for key in ("densities", "temperature", "gofnt")]
            name, unit, applied = (
                f"{meta['ion']} {float(meta['wavelength']):.3f}",
                str(meta["units"]),
                meta["abundance_applied"],
            )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(f"is not a contribution function ({error})", cure=_LAYOUT, where=path) from error
    if applied:
        raise InputError("contains an elemental abundance", cure="Give contribution functions without it", where=path)
    if grids[2].shape != (grids[0].size, grids[1].size):
        raise InputError(f"gofnt has shape {grids[2].shape}, not (densities, temperatures)", cure=_LAYOUT, where=path)
    return Function(name, *grids, unit)


def join(functions: Sequence[Function]) -> Table:
    """One table of lines that have the same grids and unit.

    Raises
    ------
    InputError
        If they have not.
    """
    first = functions[0]
    for other in functions[1:]:
        same = other.unit == first.unit and all(np.array_equal(*pair) for pair in zip(other[1:3], first[1:3], strict=True))
        if not same:
            raise InputError(f"{other.name} and {first.name} differ in grid or unit", cure="Give files of one release")
    values = {function.name: function.values for function in functions}
    return Table(np.log10(first.temperatures), np.log10(first.densities), values)


def arrays(table: Table) -> dict[str, np.ndarray]:
    """Arrays of the .npz that :func:`helioreduce.spice.composition.load` reads."""
    return {"logT": table.log_t, "logn": table.log_n, **{name.replace(" ", "_"): g for name, g in table.functions.items()}}
