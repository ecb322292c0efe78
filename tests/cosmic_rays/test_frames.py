"""Frames that belong together: of one shape, unit and, for darks, exposure time."""

from math import isnan

import pytest

from helioreduce.cosmic_rays import frames
from helioreduce.errors import InputError

FRAME = {"NAXIS1": 4, "NAXIS2": 5, "BUNIT": "adu"}


def test_the_exposure_time_is_the_first_number_of_its_keywords():
    assert frames.exposure_s({"XPOSURE": 3, "EXPTIME": "ten"}) == 3
    assert isnan(frames.exposure_s({}))


def test_darks_of_several_exposure_times_are_refused_with_the_files():
    headers = {f"{k}.fits": {**FRAME, "EXPTIME": time} for k, time in enumerate((10, 10.05, 60, 10, 300))}
    with pytest.raises(InputError, match=r"4\.fits: a dark exposed for 300 s, and one for 10 s: 0\.fits\. Combine"):
        frames.check_alike({"unknown.fits": FRAME, **headers}, "dark")
    frames.check_alike(headers, "flat")
    frames.check_alike(headers, "bias")
    frames.check_alike({"a": FRAME, "b": {**FRAME, "EXPTIME": 1}}, "dark")


@pytest.mark.parametrize(("key", "value"), [("NAXIS1", 6), ("BUNIT", "electron")])
@pytest.mark.parametrize("kind", frames.CALIBRATION)
def test_frames_of_another_shape_or_unit_are_refused(key, value, kind):
    with pytest.raises(InputError, match=rf"b\.fits: {key} is {value}, but {FRAME[key]} in a\.fits"):
        frames.check_alike({"a.fits": FRAME, "b.fits": {**FRAME, key: value}}, kind)


def test_frames_that_have_to_be_alike_are_named_with_what_differs():
    headers = {"a.fits": FRAME, "b.fits": {**FRAME, "BUNIT": "DN"}}
    frames.check_same(headers, frames.SHAPE, "Sort them")
    with pytest.raises(InputError, match=r"c\.fits: NAXIS1 is 9, but 4 in a\.fits\. Sort them"):
        frames.check_same({**headers, "c.fits": {**FRAME, "NAXIS1": 9}}, frames.SHAPE, "Sort them")
