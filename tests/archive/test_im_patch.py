"""Cut-outs of the server: whole pixels of the frame, the window that a turning point has, the skipped ones, its defects."""

import math
import re

import numpy as np
import pytest
from astropy.io.fits import Header

from helioreduce.archive.im_patch import BLANK, ImPatch
from helioreduce.errors import InputError

SIDE = 400
rng = np.random.default_rng(2)
FRAME = rng.poisson(300, (SIDE, SIDE)).astype(np.int16)


def header(minutes: float = 0.0, roll: float = 0.0, scale: float = 6.0, **cards) -> Header:
    """A frame of 400 × 400 pixels of 6″, some minutes after the first."""
    found = Header({"CRPIX1": 200.5, "CRPIX2": 201.25, "CDELT1": scale, "CDELT2": scale, "CROTA2": roll, "RSUN_OBS": 975.0})
    time = f"2014-01-01T{int(minutes // 60):02d}:{int(minutes % 60):02d}:01.34Z"
    found.update(T_OBS=time, QUALITY=0, CRVAL1=0.0, CRVAL2=0.0)
    found.update(DSUN_OBS=1.471e11, CRLT_OBS=-3.0, CRLN_OBS=(100 - minutes / 60 * 0.55) % 360, X0_MP=199.5, Y0_MP=200.25)
    found.update(cards)
    return found


def patch(options: dict, headers=None, image=FRAME, frame=0):
    headers = headers or [header()]
    return ImPatch({name: str(value) for name, value in options.items()}, headers)(image, headers[frame])


BOX = {"boxunits": "pixels", "width": 40, "height": 30, "locunits": "arcsec", "x": 60.0, "y": -120.0, "t": 1}


def test_pixels_are_those_of_the_frame():
    """CRPIX moves by whole pixels, so that the place in the frame can be found again; CRVAL is 0."""
    cut, found = patch(BOX)
    x, y = (round(full + 1 - found[f"CRPIX{axis}"]) for axis, full in ((1, 199.5), (2, 200.25)))
    assert cut.shape == (30, 40)
    np.testing.assert_array_equal(cut, FRAME[y : y + 30, x : x + 40])
    assert abs(x + 19.5 - (199.5 + 10)) <= 0.5 and abs(y + 14.5 - (200.25 - 20)) <= 0.5


@pytest.mark.parametrize(
    ("width", "scale", "sides"), [(40, 0.5995, 67), (40, 0.6012, 67), (650, 0.599489, 1085), (300, 0.599489, 501)]
)
def test_sides_of_a_box_in_arcsec(width, scale, sides):
    """JSOC: int(width / CDELT1 + 1); seen in real cut-outs of 40″, and asserted by SunPy of 650″."""
    cut, _ = patch(BOX | {"boxunits": "arcsec", "width": width, "height": width, "x": 0, "y": 0}, [header(scale=scale)])
    assert cut.shape == (sides, sides)


def test_four_words_for_one_place():
    """Arcsec, pixels, heliographic degrees and Carrington degrees of the centre of the disk are one window."""
    starts = set()
    for unit, x, y in (("arcsec", 0, 0), ("pixels", 200.5, 201.25), ("stony", 0, -3), ("carrlong", 100, -3)):
        for tracking in (0, 1):
            _, found = patch(BOX | {"locunits": unit, "x": x, "y": y, "t": tracking})
            starts.add((found["CRPIX1"], found["CRPIX2"]))
    assert len(starts) == 1


def test_a_tracked_window_turns_with_carringtons_meridians_and_an_untracked_one_stays():
    hours = [header(60 * n) for n in range(7)]
    tracked, fixed = ([patch(BOX | {"t": t}, hours, frame=n)[1]["CRPIX1"] for n in range(7)] for t in (0, 1))
    assert len(set(fixed)) == 1
    moved_px = (tracked[0] - tracked[-1]) * -1  # west: CRPIX of the window falls
    expected = 975 / 6 * math.radians(6 * 0.55) * math.cos(math.asin(60 / 975))
    assert -moved_px == pytest.approx(expected, abs=1)


def test_without_tracking_pointing_moves_the_scene():
    """The window stays at the pixels of the reference frame."""
    frames = [header(), header(1, CRPIX1=203.5)]
    starts = [patch(BOX, frames, frame=n)[1]["CRPIX1"] - frames[n]["CRPIX1"] for n in range(2)]
    assert starts[0] == starts[1]


def test_what_is_skipped_or_missing():
    """Bad frames and windows outside go without a word; partly outside, pixels are missing; off the limb too with c=1."""
    assert patch(BOX, [header(), header(1, QUALITY=-(2**31))], frame=1) is None
    assert patch(BOX | {"x": 2000, "y": 0}) is None
    cut, _ = patch(BOX | {"x": 1190, "y": 0})
    assert (cut == BLANK).any() and (cut != BLANK).any()
    cut, _ = patch(BOX | {"x": 975, "y": 0, "c": 1})
    assert 0.3 < (cut == BLANK).mean() < 0.7


@pytest.mark.parametrize("away", [100, 900])
def test_registered_patches_have_wrong_coordinates(away):
    """r=1: the error is the distance from the Sun's centre times the roll, to a tenth of a pixel; HISTORY has it."""
    roll = 0.6
    frame = header(roll=roll)
    y, x = np.indices((SIDE, SIDE))
    turn = math.radians(roll)
    u, v = away / 6.0, 0.0
    at = np.array([199.5 + math.cos(turn) * u + math.sin(turn) * v, 200.25 - math.sin(turn) * u + math.cos(turn) * v])
    source = (1000 * np.exp(-((x - at[0]) ** 2 + (y - at[1]) ** 2) / 8)).astype(np.int16)
    cut, found = patch(BOX | {"x": away, "y": 0.0, "r": 1, "width": 41, "height": 41}, [frame], source)
    rows, columns = np.indices(cut.shape)
    light = np.where(cut < 20, 0, cut).astype(float)  # what turns in at the corners is missing
    centre = [(light * columns).sum() / light.sum(), (light * rows).sum() / light.sum()]
    error = np.hypot((centre[0] + 1 - found["CRPIX1"]) - u, (centre[1] + 1 - found["CRPIX2"]) - v)
    assert found["CROTA2"] == 0 and re.search(r"registered by shift", str(found["HISTORY"]))
    assert error == pytest.approx(away / 6 * turn, abs=0.1)


def test_refusals():
    with pytest.raises(InputError, match="width"):
        ImPatch({"x": "0", "y": "0", "height": "3"}, [header()])
    with pytest.raises(InputError, match="t_ref"):
        ImPatch({**{k: str(v) for k, v in BOX.items()}, "t_ref": "2014-01-02T00:00:00"}, [header()])
    with pytest.raises(InputError, match="good quality"):
        ImPatch({k: str(v) for k, v in BOX.items()}, [header(QUALITY=-1)])
