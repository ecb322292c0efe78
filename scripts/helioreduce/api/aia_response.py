"""SDO/AIA: wavelength and temperature responses."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from astropy.table import Table

from helioreduce import times
from helioreduce.aia.channels import VISIBLE
from helioreduce.aia.response import model, tables
from helioreduce.aia.response.instrument import Channel
from helioreduce.api.aia_calibration import Calibration, tables_of
from helioreduce.api.values import ChannelLike, to_channel, to_time
from helioreduce.errors import InputError
from helioreduce.io import ecsv, origin

Files = str | Path | Sequence[str | Path]
#: The embedded archive's analytic models of telescopes and plasma.
SIMULATED = "simulated"


def wavelength_response(
    channel: ChannelLike,
    instrument: Files = SIMULATED,
    at: Any = None,
    table: Calibration | None = None,
    *,
    eve: bool = False,
    crosstalk: bool = True,
) -> Table:
    r"""Return the wavelength response of a channel, and every component of the telescope.

    .. math:: R(\lambda, t) = [A(\lambda) + X(\lambda)]\,g(\lambda)\,d(t)\,e

    Parameters
    ----------
    channel
        Å: a number, or a Quantity.
    instrument
        File or files of the components: SolarSoft's ``.genx`` or ``.sav``, or ECSV. ``simulated``: an analytic model of them.
    at
        Time of the degradation d(t): text, datetime or :class:`astropy.time.Time`; None: at launch.
    table
        :func:`calibration`; default: the stand-ins.
    eve
        Normalise to SDO/EVE: e. It needs a time.
    crosstalk
        With the light X of the other channel of the telescope.

    Returns
    -------
    astropy.table.QTable
        (n,) rows by ``wavelength``: mirrors, filters, contamination, quantum efficiency, effective area, crosstalk and gain,
        with units; ``at_launch`` for images that have been corrected for degradation, ``at_date`` for those that have not.

    Raises
    ------
    InputError
        If the files lack the channel, the time is outside the degradation table, or ``eve`` has none.

    References
    ----------
    Boerner et al. 2012, Solar Physics 275, 41, section 2; SolarSoft's ``aia_get_response``.

    Examples
    --------
    >>> from helioreduce import aia
    >>> response = aia.wavelength_response(171)
    >>> response["wavelength"][response["at_launch"].argmax()].round()
    <Quantity 171. Angstrom>
    """
    number, telescopes = to_channel(channel), _instrument(_paths(instrument))
    factors, meta = _factors(telescopes, number, at, table, eve)
    found = tables.of_wavelength(telescopes, number, factors, blend=crosstalk, meta=meta | _simulated(instrument))
    return _quantities(found)


def temperature_response(
    instrument: Files = SIMULATED,
    emissivity: str | Path = SIMULATED,
    at: Any = None,
    table: Calibration | None = None,
    *,
    chiantifix: str | Path | None = None,
    eve: bool = False,
    crosstalk: bool = True,
) -> Table:
    r"""Return the temperature responses of the EUV channels.

    .. math:: K(T) = \int R(\lambda)\,\epsilon(\lambda, T)\,d\lambda \cdot \Omega

    Parameters
    ----------
    instrument
        File or files of the components, as for :func:`wavelength_response`.
    emissivity
        File of the plasma's emissivity: SolarSoft's ``.genx`` or ``.sav``, or ECSV. ``simulated``: an analytic model.
    at, table
        As for :func:`wavelength_response`.
    chiantifix
        File of empirical corrections; needs ``eve``.
    eve, crosstalk
        As for :func:`wavelength_response`.

    Returns
    -------
    astropy.table.QTable
        By ``temperature`` (K), in DN cm⁵ s⁻¹ pixel⁻¹: ``at_launch_171`` for images that have been corrected for degradation,
        ``at_date_171`` for those that have not.

    Raises
    ------
    InputError
        If the files lack a channel, or the time is outside the degradation table.

    References
    ----------
    Boerner et al. 2012 and 2014; SolarSoft's ``aia_get_response, /temperature``.

    Examples
    --------
    >>> from helioreduce import aia
    >>> response = aia.temperature_response("aia_V9.sav", "aia_V9.sav", "2011-02-15")  # doctest: +SKIP
    """
    telescopes = _instrument(_paths(instrument))
    light = model.emissivity() if emissivity == SIMULATED else tables.read_emissivity(emissivity)
    channels = [number for number in telescopes if number < 1000]
    factors = {number: _factors(telescopes, number, at, table, eve)[0] for number in channels}
    meta = _factors(telescopes, channels[0], at, table, eve)[1] | _simulated(instrument, emissivity)
    fix = tables.read_chiantifix(chiantifix) if chiantifix else None
    return _quantities(tables.of_temperature(telescopes, light, factors, blend=crosstalk, fix=fix, meta=meta))


def _factors(
    telescopes: dict[int, Channel], channel: int, at: Any, table: Calibration | None, eve: bool
) -> tuple[tables.Factors, dict[str, str]]:
    """Return what a date does to a channel, and what to say of it."""
    if (at is None and not eve) or channel in VISIBLE:
        return tables.Factors(1.0, None), {"time": "launch"}
    if at is None:
        raise InputError("eve needs a time", cure="Give at, the time of the images")
    used, when = tables_of(table), to_time(at)
    found = tables.factors(telescopes, channel, used.degradation[0], used.version, when, eve=eve)
    return found, {"time": times.iso(when), "degradation_table": ecsv.reference(used.degradation[1])}


def _simulated(*files: object) -> dict[str, str]:
    """Return what a table says of itself if a part of it is the analytic model."""
    return {origin.KEY: origin.WORDS} if SIMULATED in files else {}


def _paths(files: Files) -> tuple[Path, ...]:
    return (Path(files),) if isinstance(files, str | Path) else tuple(map(Path, files))


@lru_cache(maxsize=2)
def _instrument(files: tuple[Path, ...]) -> dict[int, Channel]:
    """Return the telescopes of all files, the later ones adding channels."""
    if files == (Path(SIMULATED),):
        return model.instrument()
    return {number: channel for file in files for number, channel in tables.read_instrument(file).items()}


def _quantities(table: Table) -> Table:
    """Return a table whose columns are Quantities."""
    from astropy.table import QTable

    return QTable(table)
