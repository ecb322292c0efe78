"""Level 0: names, keywords and sequences that can be reduced, and those that are refused by name."""

import pytest

from helioreduce.errors import InputError
from helioreduce.esis import camera, level0, readout


@pytest.mark.parametrize(
    ("name", "found"), [("ESIS2_00121.fit.gz", (2, 121)), ("ESIS4_12345.fits", (4, 12345)), ("ESIS1_00000.fit", (1, 0))]
)
def test_a_name_says_camera_and_exposure(name, found):
    assert level0.identity(name) == found


@pytest.mark.parametrize("name", ["ESIS5_00121.fit.gz", "ESIS1_121.fit", "ESIS1_00121.fit.gz.part", "xESIS1_00121.fit"])
def test_other_names_are_refused(name):
    with pytest.raises(InputError, match="not the name of an ESIS frame"):
        level0.identity(name)


@pytest.mark.parametrize("number", camera.CAMERAS)
def test_a_good_frame_says_its_camera(number):
    assert level0.check(readout.header(number, 120), camera.FRAME_SHAPE) == number


@pytest.mark.parametrize(("off", "good"), [(0.009, True), (-0.009, True), (0.011, False), (-0.011, False)])
def test_an_exposure_may_be_off_by_a_hundredth(off, good):
    header = readout.header(1, 120)
    header["MEAS_EXP"] = round(header["MEAS_EXP"] * (1 + off))
    if good:
        level0.check(header, camera.FRAME_SHAPE)
    else:
        with pytest.raises(InputError, match="MEAS_EXP"):
            level0.check(header, camera.FRAME_SHAPE)


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("MEAS_EXP", 449398163, r"MEAS_EXP.*11\.23 s, not 10 s"),
        ("CAM_ID", "ESIS7", "CAM_ID"),
        ("IMG_STAT", "Partial", "IMG_STAT"),
        ("IMG_TS", None, "IMG_TS is missing"),
    ],
)
def test_a_bad_header_is_refused_by_name(key, value, message):
    header = readout.header(1, 120)
    header[key] = value
    if value is None:
        del header[key]
    with pytest.raises(InputError, match=message):
        level0.check(header, camera.FRAME_SHAPE)


def test_a_frame_of_another_shape_is_refused():
    with pytest.raises(InputError, match=r"shape \(1040, 2048\)"):
        level0.check(readout.header(1, 120), (1040, 2048))


def test_three_cameras_are_a_sequence_and_two_are_none():
    one = {3: "no frame of ESIS3"}
    assert level0.too_few({}) == level0.too_few(one) == ""
    assert level0.too_few({**one, 1: "ESIS1_00121.fits: cut off"}) == (
        "fewer than 3 cameras can be used: no frame of ESIS3; ESIS1_00121.fits: cut off"
    )


def test_a_reason_is_given_once():
    """Level 1 of the good cameras of a sequence that is left out says why it is: that is the reason of the sequence."""
    two = {3: "no frame of ESIS3", 4: "no frame of ESIS4"}
    assert level0.too_few({1: level0.too_few(two), 2: level0.too_few(two), **two}) == level0.too_few(two)
    same = dict.fromkeys((1, 2), "the same")
    assert level0.too_few(same) == "fewer than 3 cameras can be used: the same"
