"""SDO/AIA: the steps from level 1 to DN/s, each by one call.

Each takes a file, an Image, a Map, a CCDData or an NDCube and returns a new :class:`helioreduce.Image`; σ and flags go along,
and its header says what was done.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from helioreduce.aia import cards, degradation, error, exposure, level1, level15, pointing, steps, tables
from helioreduce.aia import spikes as spike_lists
from helioreduce.api.aia_calibration import Calibration, rows_of, tables_of
from helioreduce.api.values import ChannelLike, ImageLike, to_channel, to_counts, to_image, to_names, use_threads
from helioreduce.errors import InputError
from helioreduce.image import Image
from helioreduce.io import ecsv, jsoc_files
from helioreduce.quality import Policy

#: A list of spikes: a file, an array (3, N), or the array and its header.
SpikesLike = Any


def ready(source: ImageLike) -> Image:
    """Return an image to be calibrated: level 1 is checked and its unusable pixels are flagged."""
    image = to_image(source)
    return image if "PRSTEP1" in image.header else level1.ingest(image, Policy())


def read_spikes(spikes: SpikesLike, source: ImageLike) -> tuple[tuple[np.ndarray, Mapping[str, object]] | None, str | None]:
    """Return a list of spikes with its header, or why there is none."""
    if isinstance(spikes, str) and spikes == "beside":
        spikes = spikes_beside(Path(source)) if isinstance(source, str | Path) else None
    if spikes is None:
        return None, steps.NO_SPIKES_FILE
    if isinstance(spikes, str | Path):
        return jsoc_files.read_spikes(spikes), None
    return (spikes[0], spikes[1]) if isinstance(spikes, tuple) else (np.asarray(spikes), {}), None


def spikes_beside(image: Path) -> Path | None:
    """Return the file of spikes beside an image; None where there is none."""
    stem = jsoc_files.ENDING.sub("", image.name)
    beside = [image.with_name(name + image.name.removeprefix(stem)) for name in jsoc_files.spikes_names(stem)]
    return next(filter(Path.exists, beside), None)


def respike(source: ImageLike, spikes: SpikesLike = "beside") -> Image:
    """Put back the pixels that the ground pipeline's despiker replaced: level 0.5.

    Parameters
    ----------
    source
        Level 1 (ny, nx), DN, full frame or cut-out.
    spikes
        File, or array (3, N) of index ``y · 4096 + x`` on the detector, value before and after. ``beside``: the file beside
        that of the image.

    Returns
    -------
    Image
        With the flag SPIKE where a pixel was put back.

    Raises
    ------
    InputError
        If the list is of another image, or a later step has been applied.

    References
    ----------
    Young et al. 2021, Solar Physics 296, 181.

    Examples
    --------
    >>> from helioreduce import aia
    >>> image = aia.respike("aia.171.image_lev1.fits", "aia.171.spikes.fits")  # doctest: +SKIP
    """
    found, reason = read_spikes(spikes, source)
    if found is None:
        raise InputError(str(reason), cure="Give the spikes of the image's own record")
    return spike_lists.from_list(ready(source), found)


def locate_spikes(source: ImageLike, spikes: SpikesLike = "beside") -> Any:
    """Return where on the Sun the pixels are that the ground pipeline's despiker replaced.

    Parameters
    ----------
    source
        Level 1 (ny, nx), full frame or cut-out.
    spikes
        As for :func:`respike`.

    Returns
    -------
    astropy.coordinates.SkyCoord
        Helioprojective, (n,): of those inside the image.

    Raises
    ------
    InputError
        If there is no list of spikes, or the image is registered.

    Examples
    --------
    >>> from helioreduce import aia
    >>> aia.locate_spikes("aia.171.image_lev1.fits").Tx  # doctest: +SKIP
    """
    from astropy import units as u
    from astropy.coordinates import SkyCoord

    image, (found, reason) = to_image(source), read_spikes(spikes, source)
    level1.check_unregistered(image.header)
    if found is None:
        raise InputError(str(reason), cure="Give the spikes of the image's own record")
    inside = spike_lists.positions(image, found[0])[2]
    longitude, latitude = spike_lists.coordinates(image, found[0])[:, inside]
    return SkyCoord(longitude * u.arcsec, latitude * u.arcsec, frame=image.to_map().coordinate_frame)


def estimate_error(
    source: ImageLike,
    table: Calibration | None = None,
    *,
    systematic: Collection[str] = (),
    n_sample: float = 1,
    channel: ChannelLike | None = None,
    threads: int | None = None,
) -> Any:
    r"""Estimate the standard error of counts: shot, dark, read, quantisation and compression noise.

    .. math:: \sigma^2 = \sigma_d^2 + \frac{1}{n}\left(g\,\max(c, 0) + \sigma_r^2 + \sigma_q^2 + \sigma_c^2(c)\right)

    with the counts c, g the DN per photon of the error table, and n measurements averaged in each value. σ_c, from 25 DN on, is
    the shot noise √(g c/n) over the ratio of the table, and at least rounding, as in ``aia_bp_estimate_error``.

    Parameters
    ----------
    source
        Level 1 (ny, nx), DN; or an array of counts of any shape, with ``channel``: numbers, a masked array, or a Quantity.
    table
        :func:`calibration`; default: the stand-in, whose numbers are those of SolarSoft's version 3.
    systematic
        Errors common to all pixels of an image, added to the noise: ``preflight`` or ``eve``, ``chianti``.
    n_sample
        Number of measurements averaged in each value.
    channel
        Of an array, Å.
    threads
        Default: all cores.

    Returns
    -------
    Image or numpy.ndarray
        The image with its error plane; for an array its σ, DN, in the same shape.

    Raises
    ------
    InputError
        If the image is not in counts, a term is unknown, or a later step has been applied.

    References
    ----------
    Boerner et al. 2012, Solar Physics 275, 41; ``aia_bp_estimate_error``.

    Examples
    --------
    >>> import numpy as np
    >>> from helioreduce import aia
    >>> aia.estimate_error(np.array([0.0, 100.0, 10000.0]), channel=171).round(1)
    array([  1.2,  10.7, 106.2])
    """
    rows, meta = tables_of(table).error
    terms = to_names(systematic)
    if channel is not None:
        number, (counts, mask) = to_channel(channel), to_counts(source)
        parts = error.components(counts, number, tables.error_row(rows, number), systematic=terms, n_sample=n_sample)
        return error.total(parts) if mask is None else np.ma.array(error.total(parts), mask=mask)
    image = ready(source)
    row = tables.error_row(rows, cards.channel(image.header))
    with use_threads(threads):
        return error.estimate(image, row, systematic=terms, n_sample=n_sample, reference=ecsv.reference(meta))


def update_pointing(source: ImageLike, table: Any) -> Image:
    """Set the pointing keywords from the master pointing table; no pixel changes.

    Parameters
    ----------
    source
        Level 1 (ny, nx), full frame or cut-out.
    table
        :func:`pointing_table`, or a :func:`calibration` with one.

    Returns
    -------
    Image
        CRPIX, CDELT, CROTA2 of the row that covers T_OBS.

    Raises
    ------
    InputError
        If no row covers the time, or the image is registered.

    Examples
    --------
    >>> from helioreduce import aia
    >>> image = aia.update_pointing("aia.171.image_lev1.fits", aia.pointing_table("2014-01-01"))  # doctest: +SKIP
    """
    image, (rows, _) = to_image(source), rows_of(table)
    level1.check_unregistered(image.header)
    return pointing.update(image, pointing.select(rows, cards.time(image.header)))[0]


def prep(source: ImageLike, table: Any = None, *, threads: int | None = None) -> Image:
    """Update the pointing and register to the common grid: level 1.5.

    Parameters
    ----------
    source
        Level 1 (ny, nx), full frame or cut-out, deconvolved or not.
    table
        :func:`pointing_table`, or a :func:`calibration` with one; default: the pointing of the header.
    threads
        Default: all cores. The result does not depend on it.

    Returns
    -------
    Image
        0.6″ pixels, roll 0, the Sun's centre of a full frame at CRPIX 2048.5; a cubic B-spline interpolates, σ² by its squared
        weights. A cut-out lies on the full frame's grid.

    Raises
    ------
    InputError
        If the image is registered already, or no row covers the time.

    References
    ----------
    ``aia_prep`` of SolarSoft; SDO Analysis Guide.

    Examples
    --------
    >>> from helioreduce import aia
    >>> image = aia.prep("aia.171.image_lev1.fits")  # doctest: +SKIP
    >>> image.header["CDELT1"], image.header["CROTA2"], image.header["LVL_NUM"]  # doctest: +SKIP
    (0.6, 0.0, 1.5)
    """
    with use_threads(threads):
        return level15.from_table(ready(source), rows_of(table))


def correct_degradation(source: ImageLike, table: Calibration | None = None) -> Image:
    """Divide by the sensitivity relative to launch, see :func:`sensitivity`.

    Parameters
    ----------
    source
        An image of AIA (ny, nx) of any level.
    table
        :func:`calibration`; default: the stand-in, which the product says.

    Returns
    -------
    Image
        Data and σ divided by d(T_OBS), which is the card DEGFACT.

    Raises
    ------
    AlreadyDone
        If the image has been corrected.
    InputError
        If the table has no row for channel and time.

    Examples
    --------
    >>> from helioreduce import aia
    >>> aia.correct_degradation("aia.335.image_lev1.fits").header["DEGFACT"]  # doctest: +SKIP
    0.43
    """
    used = tables_of(table)
    return degradation.from_table(to_image(source), used.degradation, used.version)


def normalise_exposure(source: ImageLike, exposure_time: str = "auto", *, exposure_error: bool = False) -> Image:
    """Divide by the exposure time: DN/s.

    Parameters
    ----------
    source
        An image of AIA (ny, nx) in DN.
    exposure_time
        ``measured`` (EXPTIME), ``commanded``, or ``auto``: measured where its spread and the command agree.
    exposure_error
        Add the uncertainty of the exposure time to σ; it is common to all pixels.

    Returns
    -------
    Image
        Data and σ divided by the exposure time, which is the card EXPUSED.

    Raises
    ------
    AlreadyDone
        If it is in DN/s already.
    InputError
        If there is no exposure time to be believed.

    Examples
    --------
    >>> from helioreduce import aia
    >>> aia.normalise_exposure("aia.171.image_lev1.fits").header["BUNIT"]  # doctest: +SKIP
    'DN/s'
    """
    return exposure.normalise(to_image(source), exposure_time, error=exposure_error)
