"""A group of windows made ready for the fit: spikes out, and noise smoothed if asked."""

from __future__ import annotations

from helioreduce.image import Mask
from helioreduce.spice import despike, wavelet
from helioreduce.spice.catalogue import Catalogue
from helioreduce.spice.group import Group
from helioreduce.spice.initial import estimate
from helioreduce.spice.level2 import Window
from helioreduce.spice.noise import Noise


def prepare(
    group: Group, catalogue: Catalogue, *, threshold: float | None = despike.THRESHOLD, denoise: bool = False, **model: object
) -> tuple[Group, dict[str, object]]:
    """The prepared group, and what was done, for its header.

    Parameters
    ----------
    group, catalogue
        Windows with their noise, and the lines they may hold.
    threshold
        Of a spike, in errors of its residual; None leaves spikes in.
    denoise
        Smooth the windows with wavelets. The fit's errors remain those of the noise before, upper limits then, and χ² means
        nothing; the card DENOISED says so in all that follows.
    model
        Ties and bounds as for :func:`helioreduce.spice.initial.estimate`.
    """
    facts: dict[str, object] = {"spikes": "not looked for" if threshold is None else 0, "denoised": denoise}
    if threshold is not None:
        cube = group.cube
        start = estimate(group.windows, group.noise, catalogue, **model)  # type: ignore[arg-type]
        spectra = cube.reshape(-1, cube.shape[-1])
        spikes = despike.find(spectra, *group.variance, start, group.shape, threshold=threshold)
        group = group.with_mask(spikes.reshape(cube.shape), Mask.SPIKE)
        facts |= {"spikes": int(spikes.sum()), "threshold": threshold}
    if denoise:
        pairs = zip(group.windows, group.noise, strict=True)
        group = Group(tuple(_denoised(w, n) for w, n in pairs), group.noise)
    return group, facts


def _denoised(window: Window, noise: Noise) -> Window:
    header = window.header.copy()
    header["DENOISED"] = (True, "errors are upper limits, chi2 means nothing")
    return window.with_(data=wavelet.denoise(window.data, noise), header=header)
