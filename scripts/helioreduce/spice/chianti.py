"""Contribution functions from the CHIANTI database, by the package fiasco where it is installed.

For each transition of an ion::

    G(T, n) = f(T) N_u(T, n) A hc/λ / n        erg cm³/s, into all directions

with the ionisation fraction f, the population N_u of the upper level, its decay rate A and the electron density n. fiasco
includes the abundance of the element, which is divided out here.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from helioreduce.errors import InputError
from helioreduce.spice.composition import Table

#: Transitions of one ion this close to a line (Å) are one line to SPICE: half of the width (FWHM) that its optics give a line.
BLEND = 0.2
#: Temperatures (K) and electron densities (cm⁻³) of a table, log10.
LOG_T, LOG_N = np.linspace(4.5, 7.5, 61), np.linspace(7.0, 12.0, 21)


def table(lines: Sequence[tuple[str, float]], database: str | Path = "") -> Table:
    """Return contribution functions without abundances: of each line, the sum over its ion's transitions within ``BLEND``.

    Parameters
    ----------
    lines
        Ions, ``s_4``, and wavelengths (Å).
    database
        CHIANTI as fiasco's HDF5 file; default: the one that fiasco is set to.

    Raises
    ------
    InputError
        If fiasco or the database is not there, or the database lacks what a line needs.
    """
    fiasco = _library()
    path = Path(database or fiasco.defaults["hdf5_dbase_root"])
    if not path.is_file():  # fiasco itself would ask whether to download it
        cure = "Name fiasco's HDF5 file with --database, or build it: docs/instruments/spice.md, Composition"
        raise InputError("there is no CHIANTI database", cure=cure, where=path)
    functions, versions = {}, set()
    with _each_once(fiasco.log):
        ions = {name: _transitions(fiasco, name, path) for name in dict.fromkeys(name for name, _ in lines)}
    for name, wavelength in lines:
        version, wavelengths, values = ions[name]
        near = np.abs(wavelengths - wavelength) <= BLEND
        if not near.any():
            nearest = wavelengths[np.argsort(np.abs(wavelengths - wavelength))[:3]]
            cure = f"Its nearest lines: {', '.join(f'{own:.3f}' for own in nearest)} Å"
            raise InputError(f"has no line of {name} within {BLEND} Å of {wavelength}", cure=cure, where=path)
        functions[f"{name} {wavelength}"] = values[:, :, near].sum(axis=-1).T
        versions.add(version)
    return Table(LOG_T, LOG_N, functions, f"CHIANTI {', '.join(sorted(versions))}, fiasco {fiasco.__version__}")


def _library() -> Any:
    try:
        import fiasco
    except ImportError as error:
        raise InputError(f"the package fiasco cannot be imported ({error})", cure="pip install fiasco") from None
    return fiasco


@contextmanager
def _each_once(log: logging.Logger) -> Iterator[None]:
    """Show each message once: fiasco says at every density that an ion has no proton rates."""
    said: set[str] = set()

    def is_new(record: logging.LogRecord) -> bool:
        """Return whether a message has not been shown before."""
        before = len(said)
        said.add(record.getMessage())
        return len(said) > before

    log.addFilter(is_new)
    try:
        yield
    finally:
        log.removeFilter(is_new)


def _transitions(fiasco: Any, name: str, path: Path) -> tuple[str, np.ndarray, np.ndarray]:
    """Return version, wavelengths (k,) and G (T, n, k) of the transitions of an ion between levels that have been observed."""
    from astropy import units as u

    try:
        ion = fiasco.Ion(name.replace("_", " "), 10**LOG_T * u.K, hdf5_dbase_root=path)
        version = fiasco.io.DataIndexer(path, f"{name.split('_')[0]}/{name}/wgfa").version
        bound, seen = ion.transitions.is_bound_bound, ion.transitions.is_observed
        values = ion.contribution_function(10**LOG_N / u.cm**3).to_value("erg cm3 / s") / ion.abundance.to_value("")
    except (OSError, KeyError, fiasco.util.exceptions.MissingIonError, fiasco.util.exceptions.MissingDatasetException) as error:
        cure = "Give a complete database of CHIANTI 8 to 10, as fiasco builds it"
        raise InputError(f"has not what {name} needs ({error})", cure=cure, where=path) from error
    if not np.isfinite(values).all():
        cure = "Give a database whose ionisation fractions reach from log T = 4.5 to 7.5"
        raise InputError(f"gives {name} no number at some temperatures", cure=cure, where=path)
    wavelengths = ion.transitions.wavelength[bound & seen].to_value("AA")
    return str(version or "of unknown version"), wavelengths, values[:, :, seen[bound]]
