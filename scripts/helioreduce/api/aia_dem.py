"""SDO/AIA: differential emission measures."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from astropy.io.fits import Header

from helioreduce.aia.dem import product, sets
from helioreduce.aia.dem.inversion import BANDS, with_relative
from helioreduce.aia.dem.value import DEM
from helioreduce.api.values import ImageLike, to_image, use_threads
from helioreduce.errors import InputError
from helioreduce.io import origin
from helioreduce.io.provenance import is_simulated


def differential_emission_measure(
    images: Iterable[ImageLike],
    response: Any,
    method: str = "logsmooth",
    *,
    log_temperature: Sequence[float] = (5.5, 7.5),
    bins: int = 30,
    bands: Sequence[float] = BANDS,
    relative_error: float = 0.1,
    bin_px: int = 1,
    tolerance_s: float = 12.0,
    chi2: float = 1.0,
    smooth: float = 8.0,
    mask: Any = None,
    threads: int | None = None,
) -> DEM:
    r"""Return the differential emission measure of every pixel of six images.

    .. math:: d_i = \sum_T K_i(T)\,\mathrm{DEM}(T)\,\Delta T

    Parameters
    ----------
    images
        One image each of 94, 131, 171, 193, 211 and 335 Å (ny, nx), DN/s with σ, on one grid; all corrected for degradation,
        or none.
    response
        Table of :func:`temperature_response` at the time of the images; their headers decide which of its responses applies.
        That of the analytic model belongs to simulated images only.
    method
        ``logsmooth`` (Plowman & Caspi), ``tikhonov`` (Hannah & Kontar) or ``sparse`` (Cheung et al.).
    log_temperature
        First and last edge of the temperature bins, log10 of K.
    bins
        Number of temperature bins.
    bands
        Edges of the bands of emission measure, log10 of K.
    relative_error
        Error of response and calibration relative to the counts, added to σ in quadrature.
    bin_px
        Pixels a side that become one.
    tolerance_s
        The exposures span less than this, s.
    chi2
        What χ² per channel should be (not of ``sparse``).
    smooth
        Change of ln DEM per dex that counts as smooth (``logsmooth``).
    mask
        Array (ny, nx) of the binned pixels: True, or not 0, where nothing is wanted.
    threads
        Default: all cores. The result does not depend on it.

    Returns
    -------
    DEM
        DEM with σ, emission measure of the bands with covariance, EM-weighted log T, χ², status and model.

    Raises
    ------
    InputError
        If the images are no set or not of one time, or the response lacks a channel or is simulated and they are not.

    References
    ----------
    Plowman & Caspi 2020, ApJ 905, 17; Hannah & Kontar 2012, A&A 539, A146; Cheung et al. 2015, ApJ 807, 143.

    Examples
    --------
    >>> from helioreduce import aia
    >>> response = aia.temperature_response("aia_V9.sav", "aia_V9.sav", "2011-02-15")  # doctest: +SKIP
    >>> dem = aia.differential_emission_measure(images, response)  # doctest: +SKIP
    >>> hot, sigma = dem.em(6.8, 7.1)  # doctest: +SKIP
    """
    counts, headers = _joined(images, bin_px, tolerance_s)
    _check_response(response, headers)
    settings = {"method": method, "log_temperature": log_temperature, "bins": bins, "bands": bands}
    settings |= {"chi2": chi2, "smooth": smooth}
    asked = product.inversion(response, counts.header["DEMRESP"], settings)
    with use_threads(threads):
        return DEM.of(counts._replace(sigma=with_relative(counts.sigma, counts.data, relative_error)), asked, mask)


def _joined(images: Iterable[ImageLike], bin_px: int, tolerance_s: float) -> tuple[sets.Set, list[Header]]:
    """Return images of one time as a set, and their headers."""
    held = [to_image(image) for image in images]
    headers = [image.header.copy() for image in held]
    for header, image in zip(headers, held, strict=True):
        header["NAXIS1"], header["NAXIS2"] = image.data.shape[::-1]
    counts = sets.join(held, headers, bin_px)
    sets.check_times(headers, tolerance_s)
    return counts, headers


def _check_response(response: Any, headers: Sequence[Header]) -> None:
    """Refuse the response of the analytic model for images of the Sun."""
    if origin.KEY in getattr(response, "meta", {}) and not any(map(is_simulated, headers)):
        raise InputError(
            "the response is that of the analytic model, the images are observations",
            cure="Give temperature_response() SolarSoft's files of instrument and emissivity",
        )
