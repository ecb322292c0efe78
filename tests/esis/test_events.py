"""Disagreement of the cameras: its error, its scatter, and planted events."""

import numpy as np
import pytest

from helioreduce.esis import camera, events
from helioreduce.io import fits

SHAPE = (120, 130)


def scene(rng, scatter=0.0, sigma=(2.0, 3.0, 2.5, 4.0)):
    """Four cameras that see one scene, with noise, and a share of its brightness of their own."""
    light = 20 + 10 * rng.uniform(size=SHAPE)
    noise = np.broadcast_to(np.array(sigma)[:, None, None], (4, *SHAPE)).astype(np.float32)
    images = light * (1 + scatter * rng.normal(size=(4, *SHAPE))) + noise * rng.normal(size=(4, *SHAPE))
    return images.astype(np.float32), noise, np.ones((4, *SHAPE), bool)


def test_cameras_that_agree_differ_by_their_noise(rng):
    """The differences of a pixel add to zero; over their errors they have unit variance, to 2 %; there is no event."""
    found = events.disagreement(*scene(rng))
    np.testing.assert_allclose(found.difference.sum(axis=0), 0, atol=1e-4)
    np.testing.assert_allclose(found.significance.std(axis=(1, 2)), 1, rtol=0.03)
    assert found.scatter < 0.03
    assert events.events(found) == []


@pytest.mark.parametrize("scatter", [0.15, 0.4])
def test_the_scatter_of_the_cameras_is_measured(rng, scatter):
    """A camera's own share ε of the brightness leaves ε √(1 − 1/4) in the difference to the mean of four."""
    found = events.disagreement(*scene(rng, scatter))
    assert found.scatter == pytest.approx(scatter * np.sqrt(3 / 4), rel=0.05)
    assert np.median(np.abs(found.significance)) == pytest.approx(0.6745, rel=0.01)


def test_a_doppler_shift_is_found_where_it_is(rng):
    """Light that lies elsewhere in one camera: too much there, too little at its place, listed with sign and sum."""
    images, sigma, good = scene(rng)
    images[:, 60:64, 40:44] += 60
    images[2, 60:64, 40:44] -= 60
    images[2, 60:64, 50:54] += 60
    rows = events.events(events.disagreement(images, sigma, good))
    assert len(rows) == 2 and {row["camera"] for row in rows} == {3}
    for row in rows:
        there, sign = (51.5, 1) if row["significance"] > 0 else (41.5, -1)
        assert row["x_arcsec"] == pytest.approx((there + 1 - camera.GRID_CRPIX[0]) * 0.6, abs=0.3)
        assert row["y_arcsec"] == pytest.approx((61.5 + 1 - camera.GRID_CRPIX[1]) * 0.6, abs=0.3)
        assert row["n_pixels"] == pytest.approx(16, abs=3)
        assert row["excess_3"] == pytest.approx(sign * 0.75 * 60 * row["n_pixels"], rel=0.15)
        assert sum(row[f"excess_{n}"] for n in camera.CAMERAS) == pytest.approx(0, abs=0.3)
    assert rows == sorted(rows, key=lambda row: -abs(row["significance"]))


def test_small_groups_are_no_event(rng):
    images, sigma, good = scene(rng)
    images[0, 30, 30:33] += 100
    found = events.disagreement(images, sigma, good)
    assert events.events(found, least_pixels=4) == []
    (row,) = events.events(found, least_pixels=3)
    assert row["n_pixels"] == 3 and row["camera"] == 1


def test_three_cameras_are_enough_and_two_are_not(rng):
    images, sigma, good = scene(rng)
    images[1] = np.nan
    good[0, :10] = False
    images[3, 50:53, 50:53] += 100
    found = events.disagreement(images, sigma, good)
    assert np.isnan(found.significance[1]).all() and np.isnan(found.significance[:, :10]).all()
    (row,) = events.events(found)
    assert row["camera"] == 4 and np.isnan(row["excess_2"]) and row["excess_1"] < 0
    nothing = events.disagreement(np.full_like(images, np.nan), sigma, good)
    assert nothing.scatter == 0 and events.events(nothing) == []


def test_rows_of_a_flight_hold_every_sequence(rng):
    """What is left out stands at its place, with the reason and no number."""
    header = fits.cards(SEQUENCE=121, CORRQUAD=0.95)
    header["DATE-AVG"] = "2019-09-30T18:08:06.647"
    values = {"airmass": np.array([0.9]), "snr": np.arange(4.0)}
    row = events.sequence(header, values, events.disagreement(*scene(rng)))
    assert (row["exposure"], row["airmass"], row["snr_4"], row["left_out"]) == (121, 0.9, 3, "")
    other, same = events.with_left_out([row], {120: ("2019-09-30T18:07:56.647", "no frame of ESIS1")})
    assert same == row and list(other) == list(row)
    assert (other["exposure"], other["left_out"]) == (120, "no frame of ESIS1") and np.isnan(other["snr_4"])
