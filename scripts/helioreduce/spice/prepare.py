"""A group of windows made ready for the fit: spikes out, and noise smoothed if asked."""

from __future__ import annotations

from helioreduce.image import Mask
from helioreduce.spice import despike, wavelet
from helioreduce.spice.catalogue import Catalogue
from helioreduce.spice.group import Group
from helioreduce.spice.initial import estimate


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
        Smooth the windows with wavelets; the errors of the fit no longer hold then.
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
        group = Group(tuple(w.with_(data=wavelet.denoise(w.data, n)) for w, n in pairs), group.noise)
    return group, facts
