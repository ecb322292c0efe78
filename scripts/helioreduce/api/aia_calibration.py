"""SDO/AIA: calibration tables, by one call each."""

from __future__ import annotations

import reprlib
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np

from helioreduce import times
from helioreduce.aia import degradation, tables
from helioreduce.api.values import ChannelLike, is_scalar, to_channel, to_times
from helioreduce.archive import records as archive_records
from helioreduce.errors import InputError
from helioreduce.io import ecsv

#: The pointing of the images' own headers.
HEADERS: ecsv.Calibration = ([], {"origin": "the images' headers", "version": "none", "sha256": "none"})

#: Versions of the degradation table.
VERSIONS = (8, 9, 10)


@dataclass(frozen=True, slots=True)
class Calibration:
    """The tables that AIA's steps need.

    Parameters
    ----------
    error
        Error table: rows, and ``origin``, ``version`` and ``sha256``.
    degradation
        Degradation table, likewise.
    pointing
        Master pointing table, see :func:`pointing_table`; without rows the images keep the pointing of their headers.
    version
        Of the degradation table: 8, 9 or 10.

    Examples
    --------
    >>> from helioreduce import aia
    >>> aia.calibration().error[1]["version"]
    '3'
    """

    error: ecsv.Calibration
    degradation: ecsv.Calibration
    pointing: ecsv.Calibration = HEADERS
    version: int = 10

    def __repr__(self) -> str:
        """Return where the tables come from, in one line each."""
        held = {"error": self.error, "degradation": self.degradation, "pointing": self.pointing}
        lines = "".join(f"\n  {name}: {ecsv.reference(meta)}" for name, (_, meta) in held.items())
        return f"<Calibration, version {self.version} of the degradation{lines}>"


def calibration(
    source: str | Path = "simulated", *, version: int = 10, pointing: str | Path | ecsv.Calibration | None = None
) -> Calibration:
    """Return the calibration tables from files, from SolarSoft and JSOC, or the stand-ins of the embedded archive.

    Parameters
    ----------
    source
        Folder of SolarSoft's tables (``aia_V10_…_response_table.txt``, ``aia_V3_error_table.txt``), or of those that
        ``helioreduce tables`` wrote (``degradation.ecsv``, ``error.ecsv``); what the folder lacks is stood in for. ``jsoc``:
        the published tables, checked by their SHA-256; needs the network. ``simulated``: stand-ins: the degradation like
        version 10 to three figures, which a product says, and the errors of version 3.
    version
        Of the degradation table: 8, 9 or 10.
    pointing
        Master pointing table, or its file; default: the pointing of the images' headers.

    Returns
    -------
    Calibration
        Pass it to every step: each image then names the same tables, with version and SHA-256.

    Raises
    ------
    InputError
        If a table cannot be read, or differs from the published one.

    Examples
    --------
    >>> from helioreduce import aia
    >>> calibration = aia.calibration()
    >>> calibration.degradation[1]["origin"]
    'embedded archive, response.json'
    """
    if version not in VERSIONS:
        raise InputError(f"there is no version {version!r} of the degradation table", cure="Take 8, 9 or 10")
    if isinstance(pointing, str | Path):
        pointing = tables.read(Path(pointing), "pointing")
    found = _published(version) if source == "jsoc" else _of_folder(source, version)
    return Calibration(*found, pointing or HEADERS, version)


def _of_folder(source: str | Path, version: int) -> tuple[ecsv.Calibration, ecsv.Calibration]:
    """Return error and degradation table of a folder, or their stand-ins."""
    folder = None if source == "simulated" else Path(source)
    if folder and not folder.is_dir():
        raise InputError("there is no such folder", cure="Give jsoc, simulated, or a folder with SolarSoft's", where=folder)
    files = {kind: tables.in_folder(folder, kind, version) if folder else None for kind in ("error", "degradation")}
    error, degraded = (tables.read(file, kind) if file else _stand_in(kind) for kind, file in files.items())
    return error, degraded


def _stand_in(kind: str) -> ecsv.Calibration:
    """Return a table of the embedded archive."""
    from helioreduce.sun import calibration as simulated

    name, rows = {
        "error": ("error", simulated.error_records),
        "degradation": ("response", simulated.response_records),
    }[kind]
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, f"{name}.json")
        archive_records.write(file, archive_records.series(f"aia.{name}", rows()))
        return tables.read(file, kind)


def _published(version: int) -> tuple[ecsv.Calibration, ecsv.Calibration]:
    """Return error and degradation table as SolarSoft publishes them; versions that it does not have from JSOC's series."""
    from helioreduce.jsoc import transfer
    from helioreduce.jsoc.client import JSOC, Client

    found: list[ecsv.Calibration] = []
    with tempfile.TemporaryDirectory() as folder:
        for kind in ("error", "degradation"):
            if name := tables.published(kind, version):
                file = Path(folder, name)
                transfer.mirrored([f"{mirror}{name}" for mirror in tables.MIRRORS], file)
                found.append(tables.read(file, kind))
            else:
                rows: ecsv.Rows = [dict(record.keywords) for record in Client.at(JSOC).records("aia.response[][!1=1!]")]
                tables.check(rows, kind)
                found.append((rows, tables.queried(rows, "aia.response", str(version))))
    return found[0], found[1]


def pointing_table(at: Any, source: str = "jsoc", *, margin_hours: float = 12, **sun: Any) -> ecsv.Calibration:
    """Return the rows of the master pointing table around some times.

    Parameters
    ----------
    at
        One or several times: text, datetime or :class:`astropy.time.Time`, UTC.
    source
        ``jsoc``, or the address of an archive that speaks its protocol (``helioreduce archive serve``); or
        ``simulated``: the table of the embedded Sun, for its frames.
    margin_hours
        How far the table reaches beyond the first and the last time, h.
    **sun
        Settings of the embedded Sun, as they were given to :func:`fetch`: the table belongs to its frames.

    Returns
    -------
    tuple
        Rows (one for three hours, 0-based Sun centre of each channel in pixels, scale, roll), and where they come from.

    Raises
    ------
    InputError
        If a time is none, or the archive cannot be reached.

    References
    ----------
    Series ``aia.master_pointing3h`` of JSOC.

    Examples
    --------
    >>> from helioreduce import aia
    >>> rows, origin = aia.pointing_table("2014-01-01T12:00:00", "simulated")
    >>> len(rows), rows[0]["T_START"]
    (11, '2013-12-31T21:00:00Z')
    """
    from helioreduce.jsoc.client import JSOC, Client
    from helioreduce.sun import calibration as simulated
    from helioreduce.sun.scenario import Scenario

    wanted, margin = sorted(to_times(at)), timedelta(hours=margin_hours)
    start, end = wanted[0] - margin, wanted[-1] + margin
    if source == "simulated":
        rows: ecsv.Rows = [dict(row) for row in simulated.pointing_records(Scenario.from_mapping(sun), start, end)]
    else:
        client = Client.at(JSOC if source == "jsoc" else source)
        query = f"aia.master_pointing3h[{times.iso(start)}-{times.iso(end)}]"
        rows = [dict(record.keywords) for record in client.records(query)]
    tables.check(rows, "pointing")
    origin = "simulated, aia.master_pointing3h" if source == "simulated" else "aia.master_pointing3h"
    return rows, tables.queried(rows, origin, "3h")


def sensitivity(channel: ChannelLike, at: Any, table: Calibration | None = None) -> float | np.ndarray:
    r"""Return the sensitivity of a channel relative to launch.

    .. math:: d(t) = \frac{A(t_e)}{A(t_0)} \left(1 + p_1 \Delta t + p_2 \Delta t^2 + p_3 \Delta t^3\right),

    with the effective area A at the start of the epoch and at launch, and Δt in days since the start of the epoch.

    Parameters
    ----------
    channel
        Å: a number, or a Quantity.
    at
        One time, or n: text, datetime or :class:`astropy.time.Time`, UTC.
    table
        :func:`calibration`; default: the stand-ins.

    Returns
    -------
    float or numpy.ndarray
        Factor d(t), 1 at launch; (n,) for several times. Divide an image by it.

    Raises
    ------
    InputError
        If there is no such channel, or a time is outside the table.

    References
    ----------
    Boerner et al. 2014, Solar Physics 289, 2377; SolarSoft's ``aia_bp_corrections``.

    Examples
    --------
    >>> from astropy import units as u
    >>> from astropy.time import Time
    >>> from helioreduce import aia
    >>> aia.sensitivity(335 * u.angstrom, Time(["2010-06-01", "2014-01-01"])).round(2)
    array([0.95, 0.44])
    """
    used = tables_of(table)
    values, _ = degradation.factors(used.degradation[0], to_channel(channel), used.version, to_times(at))
    return float(values[0]) if is_scalar(at) else values


def rows_of(table: ecsv.Calibration | Calibration | Sequence[Any] | None) -> ecsv.Calibration:
    """Return a pointing table from a table, from a calibration that has one, or the headers' for None."""
    if table is None:
        return HEADERS
    if isinstance(table, Calibration):
        return table.pointing
    if not (isinstance(table, tuple) and len(table) == 2):
        cure = "Give pointing_table(times), or a calibration(…) that has one"
        raise InputError(f"{type(table).__name__} is no pointing table", cure=cure)
    return table


def tables_of(table: Calibration | None) -> Calibration:
    """Return the tables that are given, or the stand-ins for None.

    Raises
    ------
    InputError
        If something else is given, such as the name of a folder.
    """
    if table is None:
        return calibration()
    if not isinstance(table, Calibration):
        raise InputError(f"{reprlib.repr(table)} is no calibration", cure="Give calibration('jsoc'), or that of a folder")
    return table
