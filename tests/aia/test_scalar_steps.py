"""Respike, pointing and exposure: identities, limits and refusals."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helioreduce import times
from helioreduce.aia import deconvolution, degradation, exposure, level15, pointing, spikes
from helioreduce.errors import AlreadyDone, InputError
from helioreduce.image import Flag, Image


@pytest.fixture
def frame(rng, level1_header):
    """A full frame whose 40 spikes have been replaced, the list of them, and the counts before."""
    before = rng.integers(0, 500, (4096, 4096)).astype(np.float32)
    index = rng.choice(4096 * 4096, 40, replace=False)
    after = before.copy()
    after.ravel()[index] = 7
    listed = np.array([index, before.ravel()[index], np.full(40, 7)], np.int32)
    level1_header["NSPIKES"] = 40
    return Image(after, level1_header), listed, before


def cut(image, x, y, size=64):
    header = image.header.copy()
    header["CRPIX1"], header["CRPIX2"] = header["CRPIX1"] - x, header["CRPIX2"] - y
    return Image(image.data[y : y + size, x : x + size].copy(), header)


def test_respike_restores_exactly_and_flags(frame):
    image, listed, before = frame
    result = spikes.respike(image, listed)
    np.testing.assert_array_equal(result.data, before)
    assert result.flagged(Flag.SPIKE).sum() == 40
    assert (result.header["LVL_NUM"], result.header["NSPIKES"], result.header["RESPIKE"]) == (0.5, 0, "COMPLETE")
    with pytest.raises(AlreadyDone):
        spikes.respike(result, listed)


@pytest.mark.parametrize(("dn", "bits"), [(16000, Flag.SPIKE | Flag.SATURATED), (15000, Flag.SPIKE), (900, Flag.SPIKE)])
def test_a_put_back_spike_is_saturated_above_the_limit(level1_header, dn, bits):
    """Replaced by 7 DN it was not, and no other pixel gets a bit."""
    level1_header["NSPIKES"] = 1
    result = spikes.respike(Image(np.full((4096, 4096), 7, np.float32), level1_header), np.array([[5 * 4096 + 9], [dn], [7]]))
    assert result.flags[5, 9] == bits
    assert np.count_nonzero(result.flags) == 1
    assert result.data[5, 9] == dn


def test_cutting_out_and_respiking_commute(frame):
    image, listed, _ = frame
    y, x = divmod(int(listed[0, 0]), 4096)
    left, bottom = min(max(x - 30, 0), 4032), min(max(y - 30, 0), 4032)
    cut_first = spikes.respike(cut(image, left, bottom), listed)
    cut_last = cut(spikes.respike(image, listed), left, bottom)
    np.testing.assert_array_equal(cut_first.data, cut_last.data)
    assert cut_first.flagged(Flag.SPIKE).sum() >= 1


def test_spikes_lie_inside_a_cutout_up_to_its_edges(level1_header):
    """Its four corners do, the pixels beyond them along either axis do not."""
    image = cut(Image(np.zeros((4096, 4096), np.float32), level1_header), 100, 200, size=16)
    columns, rows = np.array([-1, 0, 15, 16]), np.array([-1, 0, 15, 16])
    grid = [(x, y) for x in columns for y in rows]
    listed = np.array([[(200 + y) * 4096 + 100 + x for x, y in grid], [9] * 16, [0] * 16])
    x, y, inside = spikes.positions(image, listed)
    assert list(zip(x, y, strict=True)) == grid
    assert [place for place, within in zip(grid, inside, strict=True) if within] == [(0, 0), (0, 15), (15, 0), (15, 15)]


def test_no_spikes_is_no_error(frame):
    image, _, _ = frame
    image.header["NSPIKES"] = 0
    result = spikes.respike(image, np.empty((3, 0), np.int32))
    np.testing.assert_array_equal(result.data, image.data)


NONE = np.empty((3, 0), np.int32)


@pytest.mark.parametrize(
    ("count", "status"), [(None, "SKIPPED"), (0, "COMPLETE"), (1, "SKIPPED")], ids=["unknown", "none", "one"]
)
def test_an_empty_list_is_complete_only_for_a_frame_without_spikes(level1_header, count, status):
    if count is None:
        del level1_header["NSPIKES"]
    else:
        level1_header["NSPIKES"] = count
    image = cut(Image(np.zeros((4096, 4096), np.float32), level1_header), 0, 0)
    result = spikes.from_list(image, (NONE, {"REASON": "the file is lost"}))
    assert result.header["RESPIKE"] == status
    assert ("the file is lost" in result.header["PRPARA1"]) == (status == "SKIPPED")
    np.testing.assert_array_equal(result.data, image.data)


def test_a_list_is_applied_with_its_header(level1_header):
    image = cut(Image(np.full((4096, 4096), 7, np.float32), level1_header), 0, 0)
    result = spikes.from_list(image, (np.array([[4096 + 2], [900], [7]]), {}))
    assert (result.data[1, 2], result.data.sum()) == (900, 900 + 7 * (64 * 64 - 1))


def test_a_replaced_pixel_that_is_missing_is_put_back(level1_header):
    """A missing value says nothing about the list; a wrong one says that it is of another image."""
    data = np.full((64, 64), 7, np.float32)
    data[1, 2] = np.nan
    image = cut(Image(np.full((4096, 4096), 7, np.float32), level1_header), 0, 0).with_(data=data)
    listed = np.array([[4096 + 2], [900], [7]])
    assert spikes.respike(image, listed).data[1, 2] == 900
    data[1, 2] = 8
    with pytest.raises(InputError, match=r"1 of its 1 replaced values"):
        spikes.respike(image, listed)


@pytest.mark.parametrize("step", ["respike", "exposure", "degradation", "deconvolve", "prep"])
def test_a_step_that_changes_pixels_drops_the_statistics(level1_header, step):
    """JSOC's statistics of the image are false from then on."""
    level1_header.update(DATAMEAN=300.0, DATAP99=900.0, PERCENTD=100.0)
    image = cut(Image(np.full((4096, 4096), 7, np.float32), level1_header), 0, 0)
    epoch = {"DATE": "2020-01-01", "T_START": "2010-01-01", "T_STOP": "2030-01-01", "VER_NUM": 10, "WAVE_STR": "171_THIN"}
    epoch |= {"EFF_AREA": 1.0, "EFFA_P1": 0.0, "EFFA_P2": 0.0, "EFFA_P3": -1e-12}
    made = {
        "respike": lambda: spikes.respike(image, NONE),
        "exposure": lambda: exposure.normalise(image),
        "degradation": lambda: degradation.correct(image, [epoch], 10),
        "deconvolve": lambda: deconvolution.deconvolve(image, np.ones((64, 33), np.float32), 1),
        "prep": lambda: level15.prep(image, None),
    }[step]()
    assert not {"DATAMEAN", "DATAP99", "PERCENTD"} & set(made.header)
    assert {"DATAMEAN", "DATAP99", "PERCENTD"} <= set(image.header), "the header is copied"


def test_spikes_of_another_image_are_refused(frame):
    image, listed, _ = frame
    with pytest.raises(InputError, match="NSPIKES"):
        spikes.respike(image, listed[:, 1:])
    moved = listed.copy()
    moved[0] = (moved[0] + 12345) % 4096**2
    with pytest.raises(InputError, match="another image"):
        spikes.respike(image, moved)


def test_spike_coordinates(frame):
    """The pixel at the Sun's centre has coordinates 0, 0; one pixel right of it, CDELT1 rotated by CROTA2."""
    image, _, _ = frame
    image.header["CRPIX1"], image.header["CRPIX2"] = 2049.0, 2049.0
    index = np.array([2048 * 4096 + 2048, 2048 * 4096 + 2049])
    roll = np.deg2rad(image.header["CROTA2"])
    world = spikes.coordinates(image, np.array([index, [9, 9], [7, 7]]))
    scale = image.header["CDELT1"]
    np.testing.assert_allclose(world, [[0, scale * np.cos(roll)], [0, scale * np.sin(roll)]], atol=1e-7)


ROWS = [
    {"T_START": f"2014-01-01T0{3 * i}:00:00Z", "T_STOP": f"2014-01-01T0{3 * i + 3}:00:00Z", "A_171_X0": 2000.0 + i,
     "A_171_Y0": 2010.0 + i, "A_171_IMSCALE": 0.599, "A_171_INSTROT": 0.02}
    for i in range(3)
]  # fmt: skip


@pytest.mark.parametrize(
    ("time", "index"), [("00:00:00", 0), ("00:00:00.001", 0), ("02:59:59.999", 0), ("03:00:00", 1), ("03:00:00.001", 1)]
)
def test_a_row_owns_its_start_not_its_stop(time, index):
    assert pointing.select(ROWS, times.parse(f"2014-01-01T{time}")) is ROWS[index]


def test_no_row_covers():
    with pytest.raises(InputError, match="no row of the pointing table covers 2014-01-01T09:00:00Z"):
        pointing.select(ROWS, times.parse("2014-01-01T09:00:00"))


def test_pointing_is_set_absolutely(level1_header):
    """Whatever the header said before, the reference pixel of a full frame is the row's X0, Y0 (which count from 0)."""
    level1_header["CRPIX1"] = 1.0
    image = Image(np.zeros((4096, 4096), np.float32), level1_header)
    header = pointing.update(image, ROWS[0])[0].header
    assert (header["CRPIX1"] - 1, header["CRPIX2"] - 1) == (2000.0, 2010.0)
    assert (header["CDELT1"], header["CDELT2"], header["IMSCL_MP"]) == (0.599,) * 3
    assert header["CROTA2"] == pytest.approx(0.02 - 0.000027, abs=1e-12)


@given(st.integers(0, 4000), st.integers(0, 4000))
def test_cutting_out_and_pointing_commute(x, y):
    from astropy.io import fits

    header = fits.Header({"WAVELNTH": 171, "X0_MP": 2052.85, "Y0_MP": 2046.57, "SAT_ROT": 0.0, "CROTA2": 0.0})
    header["CRPIX1"], header["CRPIX2"] = 2053.85 - x, 2047.57 - y
    new = pointing.update(Image(np.zeros((64, 64), np.float32), header), ROWS[1])[0].header
    assert new["CRPIX1"] + x == pytest.approx(2002.0, abs=1e-10)
    assert new["CRPIX2"] + y == pytest.approx(2012.0, abs=1e-10)


@pytest.mark.parametrize("bad", [float("nan"), "MISSING", None, -2147483648])
def test_missing_entries_keep_the_header(level1_header, bad):
    image = Image(np.zeros((4096, 4096), np.float32), level1_header)
    new, said = pointing.update(image, ROWS[0] | {"A_171_X0": bad})
    assert new.header["CRPIX1"] == level1_header["CRPIX1"]
    assert new.header["CRPIX2"] == 2011.0
    assert said["from_header"] == "X0"


def test_missing_sat_rot_comes_from_crota2(level1_header):
    del level1_header["SAT_ROT"]
    new, _ = pointing.update(Image(np.zeros((4096, 4096), np.float32), level1_header), ROWS[0])
    assert new.header["CROTA2"] == pytest.approx(0.02 + 0.0193 - 0.019327, abs=1e-12)


def test_exposure_keeps_the_relative_error_and_happens_once(level1_header):
    image = Image(np.full((4, 4), 8.0, np.float32), level1_header, np.full((4, 4), 2.0, np.float32))
    rate = exposure.normalise(image)
    np.testing.assert_array_equal(rate.data, 4)
    np.testing.assert_array_equal(rate.sigma, 1)
    assert rate.header["BUNIT"] == "DN/s"
    with pytest.raises(AlreadyDone, match="exposure"):
        exposure.normalise(rate)
