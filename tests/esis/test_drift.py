"""Alignment in time: a planted drift comes back, a curve is followed, a jump is not smoothed away."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter
from scipy.ndimage import shift as moved

from helioreduce.errors import InputWarning
from helioreduce.esis import align, camera, drift, transforms
from helioreduce.io import fits

SHAPE = (120, 120)
HALF = max(SHAPE) / 2


def translation(dx, dy, shape=SHAPE):
    """Matrix in (1, u, v) of a shift in pixels."""
    matrix = np.eye(3)
    matrix[1:, 0] = np.array([dx, dy]) / (max(shape) / 2)
    return matrix


def sequences(path, own):
    """Own maps and maps between sequences whose Sun lies at ``path`` (n, 2) and whose own frames are off by ``own`` (n, 2).

    The own map of each takes a pixel of its frame to the detector, where the Sun is at path; the middle is the common one.
    """
    path, own = np.asarray(path, float), np.asarray(own, float)
    design = transforms.nominal(2, (500.0, 500.0), SHAPE)
    maps = np.stack([design.shifted(*(p - o)).coefficients for p, o in zip(path, own, strict=True)])
    middle = own[len(own) // 2]
    return maps, np.stack([translation(*(o - middle)) for o in own])


def place(found):
    """Shift (n, 2) in pixels of each sequence's place."""
    return found.places[:, 1:, 0] * HALF


@pytest.mark.parametrize(("dx", "dy"), [(7.6, -4.0), (-0.31, 0.14), (0.0, 0.0)])
def test_a_planted_shift_between_two_scenes_is_found(rng, dx, dy):
    """To 0.01 pixel, up to the 7.6 pixels of a whole flight; Gaussian texture of 2 pixels."""
    wide = gaussian_filter(rng.normal(size=(320, 320)), 2)
    cut = slice(60, -60)
    before = wide[cut, cut].astype(np.float32) / wide.std()
    after = moved(wide, (dy, dx), order=5)[cut, cut].astype(np.float32) / wide.std()
    after[:, -12:] = np.nan
    found = drift.between(drift.prepared(after), drift.prepared(before), 0.25, 7)
    np.testing.assert_allclose(found[1:, 0] * 100, [dx, dy], atol=0.01)
    np.testing.assert_allclose(found[1:, 1:] * 100, 100 * np.eye(2), atol=0.02)


def test_unlike_scenes_are_refused_by_the_name_of_the_sequence(rng):
    one, other = (drift.prepared(plane) for plane in rng.normal(size=(2, *SHAPE)).astype(np.float32))
    with pytest.raises(align.LowCorrelation, match=r"sequence 123: "):
        drift.between(one, other, 0.25, 123)


@pytest.mark.parametrize("n", [2, 3, 9])
def test_a_steady_drift_is_the_curve_whatever_the_own_frames_were(rng, n):
    """Every sequence lands in one frame, the mean of their own: place = own frame − mean; the curve is the drift − mean."""
    time = 10.0 * np.arange(n)
    path, own = np.outer(time, [0.027, -0.012]), rng.normal(0, 0.5, (n, 2))
    found = drift.drift(range(n), time, *sequences(path, own), SHAPE)
    assert found.kept.all()
    np.testing.assert_allclose(found.measured, path - path.mean(axis=0), atol=1e-9)
    np.testing.assert_allclose(found.fitted, found.measured, atol=1e-9)
    np.testing.assert_allclose(place(found), own - own.mean(axis=0), atol=1e-9)


def test_noise_of_a_measurement_does_not_move_the_light_curves(rng):
    """Single measurements off by 0.03 px of a flight of 28: the frames after it are off by less than 0.015 px rms."""
    n = 28
    time, noise = 10.0 * np.arange(n), rng.normal(0, 0.03, (n, 2))
    path = np.outer(time, [0.028, -0.014]) + 0.00002 * time[:, None] ** 2
    maps, _ = sequences(path, np.zeros((n, 2)))
    found = drift.drift(range(n), time, maps, np.stack([translation(*one) for one in noise]), SHAPE)
    assert found.kept.all()
    off = place(found) - place(found).mean(axis=0)
    assert np.sqrt((off**2).mean()) < 0.015
    assert np.sqrt(((found.measured - found.fitted) ** 2).mean()) == pytest.approx(0.03, rel=0.2)


def test_where_the_pointing_jumps_the_measurement_is_followed(rng):
    """One of nine sequences 0.6 px off the line: it lands in the frame all the same, and the others keep to the line."""
    time = 10.0 * np.arange(9)
    path = np.outer(time, [0.03, 0.0])
    path[4] += [0.0, 0.6]
    maps, between = sequences(path, np.zeros((9, 2)))
    found = drift.drift(range(9), time, maps, between, SHAPE)
    assert found.kept.tolist() == [True] * 4 + [False] + [True] * 4
    np.testing.assert_allclose(place(found), 0, atol=1e-9)


def test_a_sequence_without_the_reference_camera_has_its_measured_place(rng):
    time, own = 10.0 * np.arange(4), rng.normal(0, 0.5, (4, 2))
    maps, between = sequences(np.outer(time, [0.03, 0.01]), own)
    maps[1] = np.nan
    found = drift.drift(range(4), time, maps, between, SHAPE)
    assert not found.kept[1] and np.isnan(found.measured[1]).all()
    np.testing.assert_allclose(place(found), own - own.mean(axis=0), atol=1e-9)


def test_placed_maps_are_the_maps_at_the_place(rng):
    maps = np.stack([transforms.nominal(n, (500.0, 480.0), SHAPE).coefficients for n in (1, 2)])
    maps[:, :, 3:] = rng.normal(size=(2, 2, 3))
    moved_maps = drift.placed(np.concatenate([maps, np.full((1, 2, 6), np.nan)]), translation(0.4, -1.2), SHAPE)
    x, y = rng.uniform(0, 119, (2, 50))
    for before, after in zip(maps, moved_maps, strict=False):
        there = transforms.on_grid(before, SHAPE)(x + 0.4, y - 1.2)
        np.testing.assert_allclose(transforms.on_grid(after, SHAPE)(x, y), there, rtol=1e-12)
    assert np.isnan(moved_maps[2]).all()


def test_coordinates_without_a_target_are_called_relative():
    found = drift.drift([1, 2], np.array([0.0, 10]), *sequences(np.zeros((2, 2)), np.zeros((2, 2))), SHAPE)
    cards = drift.header(fits.cards(LINE="O V 629.7"))
    with pytest.warns(InputWarning, match="relative"):
        drift.describe(cards, found)
    assert cards["CSYER1"] == cards["CSYER2"] == drift.DESIGN_ARCSEC
    assert "relative" in cards["CAVEAT1"] and "esis.target" in cards["CAVEAT1"]


def test_the_error_with_a_target_is_the_scatter_of_the_single_registrations(rng):
    own = rng.normal(0, 2, (40, 2))
    pixel = camera.GRID_SHAPE[0] / SHAPE[0]  # of the small grid, in those of the real one
    found = drift.drift(range(40), np.arange(40.0), *sequences(np.zeros((40, 2)), own / pixel), SHAPE)
    cards = drift.header(fits.cards(TARGET="aia.fits"))
    drift.describe(cards, found)
    assert cards["CSYER1"] == pytest.approx(own.std(axis=0).max() * 0.6, rel=0.01)
    assert "CAVEAT1" not in cards
