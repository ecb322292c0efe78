"""Counts per second: what is divided, what the header says, and which images are refused."""

import numpy as np
import pytest

from helioreduce.aia import exposure
from helioreduce.aia.cards import STATISTICS
from helioreduce.errors import AlreadyDone, InputError
from helioreduce.image import Image


def counts(header, **cards):
    new = header.copy()
    new.update(cards)
    return Image(np.full((4, 4), 8.0, np.float32), new, np.full((4, 4), 2.0, np.float32))


@pytest.mark.parametrize("exposure_s", [2.0, 0.005])
def test_header_of_a_rate(level1_header, exposure_s):
    """Unit and exposure time are recorded; statistics of the counts are gone."""
    image = counts(level1_header, EXPTIME=exposure_s, PIXLUNIT="DN", **dict.fromkeys(STATISTICS, 8.0))
    header = exposure.normalise(image).header
    assert (header["BUNIT"], header["PIXLUNIT"], header["EXPTIME"]) == ("DN/s", "DN/s", exposure_s)
    assert header["NORMALIS"] == "COMPLETE"
    assert f"exposure_s={exposure_s}" in header["PRPARA1"]
    assert not set(STATISTICS) & set(header)
    assert image.header["BUNIT"] == "DN"


@pytest.mark.parametrize("exposure_s", [0.0, -1.0])
def test_a_shutter_that_did_not_open_is_refused(level1_header, exposure_s):
    with pytest.raises(InputError, match="not positive"):
        exposure.normalise(counts(level1_header, EXPTIME=exposure_s))


def test_a_rate_is_not_divided_again(level1_header):
    """By its unit, also where no step of ours is recorded."""
    with pytest.raises(InputError, match="rate"):
        exposure.normalise(counts(level1_header, BUNIT="DN/s"))
    with pytest.raises(AlreadyDone, match="exposure"):
        exposure.normalise(exposure.normalise(counts(level1_header)))
