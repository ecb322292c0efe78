"""A group of windows made ready for the fit: spikes taken out, and noise smoothed if asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from helioreduce.errors import InputError
from helioreduce.image import Flag
from helioreduce.io import provenance
from helioreduce.spice import despike, wavelet
from helioreduce.spice.catalogue import Catalogue
from helioreduce.spice.group import Group
from helioreduce.spice.initial import Settings, estimate
from helioreduce.spice.level2 import Window
from helioreduce.spice.noise import Noise


def without_spikes(
    group: Group, catalogue: Catalogue, settings: Settings | None = None, threshold: float = despike.THRESHOLD
) -> tuple[Group, int]:
    """Take spikes out of a group.

    Parameters
    ----------
    group, catalogue, settings
        Windows with their noise, the lines they may hold, and what the model has beside.
    threshold
        Of a spike, in errors of its residual.

    Returns
    -------
    Group
        With spikes NaN and flagged.
    int
        Number of spikes.
    """
    start = estimate(group, catalogue, settings)
    spikes = despike.find(group.spectra, *group.variance, start, group.shape, threshold=threshold)
    return group.with_mask(spikes.reshape(*group.shape, -1), Flag.SPIKE), int(spikes.sum())


def denoised(group: Group) -> Group:
    """Smooth the windows of a group with wavelets.

    The fit's errors remain those of the noise before, upper limits then, and χ² means nothing; the card DENOISED says so in
    all that follows.
    """
    windows = tuple(_denoised(window, own) for window, own in zip(group.windows, group.noise, strict=True))
    return replace(group, windows=windows)


def _denoised(window: Window, noise: Noise) -> Window:
    header = window.header.copy()
    header["DENOISED"] = (True, "errors are upper limits, chi2 means nothing")
    return replace(window, data=wavelet.denoise(window.data, noise), header=header)


def prepare(
    group: Group, catalogue: Catalogue, settings: Settings | None, *, threshold: float | None, denoise: bool
) -> tuple[Group, dict[str, Any]]:
    """Prepare a group; the second value is what was done, for the header.

    Parameters
    ----------
    group, catalogue, settings
        As in :func:`without_spikes`.
    threshold
        Of a spike, 3 or more; None leaves spikes in.
    denoise
        Whether the windows are smoothed.

    Raises
    ------
    InputError
        If the threshold is below 3: so much noise is in every window.
    """
    if threshold is not None and not threshold >= 3:
        raise InputError(f"the threshold of a spike is {threshold!r}", cure="Give 3 or more, or None to leave spikes in")
    facts: dict[str, Any] = {"spikes": "not looked for", "denoised": denoise}
    if threshold is not None:
        group, facts["spikes"] = without_spikes(group, catalogue, settings, threshold)
        facts["threshold"] = threshold
    return denoised(group) if denoise else group, facts


def recorded(group: Group, facts: Mapping[str, Any], source: str) -> Group:
    """Return the group with its noise, and what was done to it, in the headers of its windows; ``source`` is the file."""
    windows = []
    for window, noise in zip(group.windows, group.noise, strict=True):
        header = window.header.copy()
        header["ORNAME"] = window.name
        header["NOISE_A"] = (noise.a, "variance = A + B max(radiance, 0)")
        header["NOISE_B"] = (noise.b, "in the square of BUNIT, and BUNIT")
        provenance.record(header, "prepare", facts, f"level 2 {source}")
        windows.append(replace(window, header=header))
    return replace(group, windows=tuple(windows))
