"""Solar Orbiter/SPICE: from level 2 to fitted lines and maps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from helioreduce.api.values import to_list, to_names, use_threads
from helioreduce.spice import binning, files, group, initial, maps, prepare
from helioreduce.spice.catalogue import read_catalogue
from helioreduce.spice.composition import Table
from helioreduce.spice.fitted import Fitted
from helioreduce.spice.fitted_raster import FittedRaster
from helioreduce.spice.group import Group
from helioreduce.spice.level2 import Window
from helioreduce.spice.maps import FipBias, LineMap, Radiances
from helioreduce.spice.naming import Names


def read_level2(path: str | Path) -> list[Window]:
    """Read the spectral windows of a level-2 file.

    Parameters
    ----------
    path
        FITS file of a raster or a sit-and-stare, as ESA's archive has it.

    Returns
    -------
    list
        A :class:`Window` each: radiance (t, λ, y, x), W/m²/sr/nm, wavelengths (λ,) in Å, header and flags.

    Raises
    ------
    InputError
        If it is no calibrated level-2 file.

    Examples
    --------
    >>> from helioreduce import spice
    >>> [window.name for window in spice.read_level2("solo_L2_spice.fits")]  # doctest: +SKIP
    ['Ne VIII 770']
    """
    return files.read_level2(path)


def read_level3(path: str | Path) -> FittedRaster:
    """Read a fitted raster, a product of the workflow, and find its lines by name.

    Parameters
    ----------
    path
        FITS file of ``results/spice/level3``.

    Returns
    -------
    FittedRaster
        ``raster["ne_8 770.42"]`` has ``radiance`` (W/m²/sr), ``velocity`` (km/s) and ``width`` (FWHM, Å) as NDCubes (t, y, x)
        with errors, and ``plot()``; ``raster.groups`` are the fits with their covariances.

    Raises
    ------
    InputError
        If the file holds no fits, or the raster not the line; if the package ndcube is not installed, for a cube.

    Examples
    --------
    >>> from helioreduce import spice
    >>> raster = spice.read_level3("solo_L3_spice.fits")  # doctest: +SKIP
    >>> part = raster["Mg IX 706.02"].velocity[0, 2:6]  # doctest: +SKIP
    >>> raster["Mg IX 706.02"].plot().savefig("magnesium.pdf")  # doctest: +SKIP
    """
    return FittedRaster(files.read_fitted(path))


def prepare_windows(
    windows: Sequence[Window],
    *,
    frames: int = 2,
    factor: float = 1.0,
    area: Sequence[Sequence[int | None]] = (),
    rotation: str = "none",
    despike: float | None = 4.5,
    denoise: bool = False,
    model: initial.Settings | None = None,
    catalogue: str | Path = "",
) -> Group:
    r"""Join windows that are fitted together, with their noise; take spikes out, and smooth if asked.

    The variance of a sample is :math:`a + b \max(L, 0)`.

    Parameters
    ----------
    windows
        One or more, of one shape (t, y, x).
    frames
        2: a dark frame was subtracted, its noise counts; 1: it does not.
    factor
        Multiplies the noise; above 0.
    area
        ``[[y0, y1], [x0, x1]]``: pixels from 0, None for the end; all by default.
    rotation
        Law of the solar rotation that is taken out of the coordinates: ``howard``, ``snodgrass``, ``snodgrass_ulrich``,
        ``rigid``, or ``none``.
    despike
        Threshold of a spike, in errors of its residual, 3 or more; None leaves spikes in.
    denoise
        Smooth with wavelets; the errors of the fit are upper limits then.
    model
        Ties and limits: :class:`helioreduce.spice.initial.Settings`.
    catalogue
        Line catalogue in SAFFRON's JSON form; the built-in one by default.

    Returns
    -------
    Group
        Ready for :func:`fit_lines`.

    Raises
    ------
    InputError
        If there is no window, they differ in shape, or an argument is none of these values.

    Examples
    --------
    >>> from helioreduce import spice
    >>> group = spice.prepare_windows(spice.read_level2("solo_L2_spice.fits")[:1])  # doctest: +SKIP
    """
    own = to_list(windows, "window")
    name = "+".join(window.name for window in own)
    joined = group.join(name, own, frames=frames, factor=factor, area=area, rotation=rotation)
    lines = read_catalogue(catalogue)
    return prepare.prepare(joined, lines, model, threshold=despike, denoise=denoise)[0]


def fit_lines(
    prepared: Group,
    *,
    extents: Sequence[int] = (1, 3, 5),
    times: Sequence[int] = (1,),
    thresholds: Mapping[str, float | None] | None = None,
    lines: Sequence[str] = (),
    correlation: float = 0.0,
    model: initial.Settings | None = None,
    catalogue: str | Path = "",
    threads: int | None = None,
) -> Fitted:
    r"""Fit the lines of a group of windows in every pixel, in the smallest bin that meets the thresholds.

    .. math:: L(\lambda) = B + \sum_l I_l \exp\left(-\frac{(\lambda - x_l)^2}{2 s_l^2}\right)

    Parameters
    ----------
    prepared
        :func:`prepare_windows`.
    extents, times
        Odd numbers of pixels along the finer axis, and of exposures, of the bins.
    thresholds
        Relative errors above 0 asked of ``I``, ``x``, ``s``, ``B``; default ``{"I": 0.3}``; ``{}``: no binning.
    lines
        Lines that count for them; all by default.
    correlation
        Mean correlation of the noise of samples in one bin.
    model, catalogue
        As for :func:`prepare_windows`.
    threads
        Default: all cores. The result does not depend on it.

    Returns
    -------
    Fitted
        Parameters and covariances of every pixel, N = t · y · x.

    Raises
    ------
    InputError
        If no line of the catalogue is in the windows, it has not one of ``lines``, or an argument is none of these values.

    Examples
    --------
    >>> from helioreduce import spice
    >>> fitted = spice.fit_lines(group)  # doctest: +SKIP
    >>> radiances = spice.radiances(fitted)  # doctest: +SKIP
    """
    known = read_catalogue(catalogue)
    for name in to_names(lines):
        Names(known, ()).check_line("lines", name)
    bins: dict[str, Any] = {"extents": extents, "times": times, "lines": to_names(lines), "correlation": correlation}
    bins["thresholds"] = {"I": 0.3} if thresholds is None else thresholds
    settings = binning.Settings.of(bins, prepared)
    start = initial.estimate(prepared, known, model or initial.Settings())
    with use_threads(threads):
        return binning.fit_adaptive(prepared, start, settings)


def radiances(fitted: Fitted) -> Radiances:
    r"""Return the radiances of a group's lines with their errors and covariances.

    .. math:: R = \sqrt{2\pi}\,I\,s

    Parameters
    ----------
    fitted
        :func:`fit_lines`.

    Returns
    -------
    Radiances
        For each line a map (t, y, x) of radiance and its σ, W/m²/sr; covariances (G, G, t, y, x).

    Examples
    --------
    >>> from helioreduce import spice
    >>> spice.radiances(fitted).maps[0].data.shape  # doctest: +SKIP
    (1, 832, 50)
    """
    return maps.radiances(fitted)


def velocities(fitted: Fitted, *, zero: str = "median", gradients: Sequence[str] = ()) -> list[LineMap]:
    r"""Return the velocities of a group's lines, relative to a stated zero.

    .. math:: v = c\,(x - x_0) / x_0

    Parameters
    ----------
    fitted
        :func:`fit_lines`.
    zero
        Wavelength at rest: ``median`` or ``mean`` of the map, or ``rest`` of the catalogue.
    gradients
        Straight trends taken out, along ``x`` and/or ``y``.

    Returns
    -------
    list
        For each line a map (t, y, x) and its σ, km/s, away positive; the zero is the card VZERO.

    Raises
    ------
    InputError
        If ``zero``, or an axis of ``gradients``, is none of these.

    Examples
    --------
    >>> from helioreduce import spice
    >>> spice.velocities(fitted, gradients=["x"])[0].header["VZERO"]  # doctest: +SKIP
    770.43
    """
    return maps.velocities(fitted, zero=zero, gradients=gradients)


def fip_bias(groups: Sequence[Radiances], table: Table | str | Path, lines: Sequence[str], log_n: float = 9.0) -> FipBias:
    """Return the bias of elements of low first ionisation potential, by the linear combination ratio.

    Parameters
    ----------
    groups
        :func:`radiances` of every group.
    table
        Contribution functions, or their NPZ file.
    lines
        Lines of low and high first ionisation potential, ``s_4 750.22``.
    log_n
        Density, log10 of cm⁻³.

    Returns
    -------
    FipBias
        Map (t, y, x) with two errors: of noise, and of the unknown temperature structure.

    Raises
    ------
    InputError
        If a line has not been fitted, or the table lacks it.

    References
    ----------
    Zambrana Prado & Buchlin 2019, A&A 632, A20.

    Examples
    --------
    >>> from helioreduce import spice
    >>> windows = spice.read_level2("solo_L2_spice.fits")  # doctest: +SKIP
    >>> groups = [spice.prepare_windows(some) for some in (windows[:2], windows[2:])]  # doctest: +SKIP
    >>> found = [spice.radiances(spice.fit_lines(group)) for group in groups]  # doctest: +SKIP
    >>> bias = spice.fip_bias(found, "table.npz", ["s_4 750.22", "n_4 765.15"])  # doctest: +SKIP
    """
    functions = table if isinstance(table, Table) else files.read_table(table)
    return maps.fip_bias(groups, functions, lines, log_n)
