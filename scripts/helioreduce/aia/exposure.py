"""Exposure: from counts to counts per second."""

from __future__ import annotations

from helioreduce.aia import cards
from helioreduce.aia.level1 import check_counts
from helioreduce.errors import InputError
from helioreduce.image import Image
from helioreduce.io.provenance import record, refuse_twice


def normalise(image: Image) -> Image:
    """Return the image in DN/s: data and sigma divided by EXPTIME (s), which stays in the header.

    Raises
    ------
    AlreadyDone
        If the image is in DN/s already.
    InputError
        If the image is not in counts, or EXPTIME is missing, no number or not positive.
    """
    refuse_twice(image, "exposure")
    check_counts(image.header)
    exposure_s = cards.required(image.header, "EXPTIME")
    if exposure_s <= 0:
        raise InputError(f"EXPTIME = {exposure_s} s is not positive", cure="Leave the frame out: its shutter did not open")
    new = image / exposure_s
    cards.remove_statistics(new.header)
    new.header["BUNIT"] = ("DN/s", "unit of the image")
    new.header["PIXLUNIT"] = "DN/s"
    record(new.header, "exposure", {"exposure_s": exposure_s})
    return new
