"""Exposure: from counts to counts per second."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from helioreduce.aia import cards, shutter
from helioreduce.aia.level1 import check_counts
from helioreduce.image import Image
from helioreduce.io.provenance import caveat, record, refuse_twice


def normalise(image: Image, source: str = "auto", *, error: bool = False) -> Image:
    """Return the image in DN/s: data and sigma divided by the exposure time, by :func:`helioreduce.aia.shutter.judge`.

    EXPTIME stays in the header; EXPUSED and EXPSIGMA (s) are what was divided by and its uncertainty, EXPSRC says where it is
    from. That uncertainty is one for all pixels: a mean over pixels does not reduce it.

    Parameters
    ----------
    image
        In DN.
    source
        ``auto``, ``measured`` or ``commanded``.
    error
        Add the uncertainty of the exposure time to sigma, in quadrature.

    Raises
    ------
    AlreadyDone
        If the image is in DN/s already.
    InputError
        If the image is not in counts, or there is no exposure time to be believed.

    Warns
    -----
    InputWarning
        If EXPTIME is not to be believed; the header and the quick look say so.
    """
    refuse_twice(image, "exposure")
    check_counts(image.header)
    exposure = shutter.judge(image.header, source)
    new = image / exposure.seconds
    if error and new.sigma is not None:
        new = new.with_(sigma=np.hypot(new.sigma, new.data * np.float32(exposure.sigma_s / exposure.seconds)))
    cards.remove_statistics(new.header)
    new.header["BUNIT"] = ("DN/s", "unit of the image")
    new.header["PIXLUNIT"] = "DN/s"
    new.header["EXPUSED"] = (exposure.seconds, "[s] exposure time that was divided by")
    new.header["EXPSRC"] = (exposure.source, "where it is from: measured, commanded")
    new.header["EXPSIGMA"] = (exposure.sigma_s, "[s] its uncertainty, common to all pixels")
    if exposure.doubt:
        caveat(new.header, f"{exposure.doubt}: divided by {exposure.seconds:g} s as {exposure.source}")
    record(new.header, "exposure", {"exposure_s": exposure.seconds, "source": exposure.source, "in_sigma": error})
    return new


def from_settings(image: Image, exposure_time: Mapping[str, Any]) -> Image:
    """Normalise as the section ``aia.exposure`` says: ``source`` and ``error``; see :func:`normalise`."""
    return normalise(image, exposure_time["source"], error=exposure_time["error"])
