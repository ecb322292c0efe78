"""Exposure: from counts to counts per second."""

from __future__ import annotations

from helioreduce.image import Image, forget_statistics
from helioreduce.io.provenance import record, refuse_twice


def normalise(image: Image) -> Image:
    """DN/s: data and sigma divided by EXPTIME (s), which stays in the header.

    Raises
    ------
    AlreadyDone
        If the image is in DN/s already.
    """
    refuse_twice(image, "exposure")
    exposure_s = float(image.header["EXPTIME"])
    new = image / exposure_s
    forget_statistics(new.header)
    new.header["BUNIT"] = ("DN/s", "unit of the image")
    new.header["PIXLUNIT"] = "DN/s"
    record(new.header, "exposure", {"exposure_s": exposure_s})
    return new
