"""Field stop and masks: found on the image, exact in area, the same after a journey to level 3 and back."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helioreduce.errors import InputError
from helioreduce.esis import camera, masks, transforms

LINE = camera.FLIGHT.lines["ov"]


def lit_image(stop, rng, shape=(1040, 1049), level=27.0):
    """An octagon of network, Poisson noise, a dim background."""
    scene = np.where(masks.inside(stop, shape), level * rng.lognormal(0, 0.4, shape), 0.5)
    return rng.poisson(scene).astype(np.float32)


def test_area_is_that_of_a_regular_octagon():
    """Flat to flat d: A = 2 d² tan 22.5°, stretched by 1 / cos 16°."""
    size = 900.6
    expected = 2 * size**2 * np.tan(np.pi / 8) / np.cos(np.deg2rad(16))
    assert masks.area(masks.octagon((500.0, 500.0), size)) == pytest.approx(expected, rel=1e-12)


@settings(max_examples=20, deadline=None)
@given(st.floats(40, 60), st.floats(40, 60), st.floats(20, 60))
def test_filled_pixels_count_the_area(x, y, size):
    """To half a pixel along the outline: a side may lie on a row of pixel centres."""
    polygon = masks.octagon((x, y), size)
    outline = np.hypot(*(np.roll(polygon, -1, axis=0) - polygon).T).sum()
    assert masks.inside(polygon, (100, 110)).sum() == pytest.approx(masks.area(polygon), abs=outline / 2)


def test_shrinking_takes_a_strip_off_every_side():
    """Area loss = perimeter × margin − margin² Σ tan(turn / 2), exactly."""
    stop, margin = masks.octagon((0.0, 0.0)), 12.0
    sides = np.roll(stop, -1, axis=0) - stop
    angle = np.arctan2(*sides.T[::-1])
    turn = np.diff(np.append(angle, angle[0])) % (2 * np.pi)
    lost = np.hypot(*sides.T).sum() * margin - margin**2 * np.tan(turn / 2).sum()
    assert masks.area(stop) - masks.area(masks.shrunk(stop, margin)) == pytest.approx(lost, rel=1e-9)


def test_clipping_leaves_both_parts():
    stop = masks.octagon((500.0, 500.0))
    left, right = masks.clipped(stop, (-np.inf, 430.0)), masks.clipped(stop, (430.0, np.inf))
    assert masks.area(left) + masks.area(right) == pytest.approx(masks.area(stop), rel=1e-12)
    assert left[:, 0].max() == right[:, 0].min() == 430.0


@pytest.mark.parametrize("centre", [(525.3, 499.6), (487.0, 596.4)])
def test_the_field_stop_is_found_to_a_pixel(centre, rng):
    """Also where it reaches beyond the detector (flight camera 1)."""
    stop = masks.octagon(centre)
    found = masks.field_stop(lit_image(stop, rng))
    assert np.abs(found - stop).max() < 1.5
    assert np.abs(found.mean(axis=0) - stop.mean(axis=0)).max() < 0.5


def test_an_image_without_the_sun_is_refused(rng):
    with pytest.raises(InputError, match="no field-stop octagon"):
        masks.field_stop(rng.poisson(5.0, (1040, 1049)).astype(np.float32))


def test_the_clear_part_lies_right_of_mgx_in_ov_and_left_of_it_in_hei():
    stop = masks.octagon((500.0, 500.0))
    ov, hei = (masks.clear_of_mgx(stop, camera.FLIGHT.lines[name]) for name in ("ov", "hei"))
    right = stop[:, 0].max()
    assert ov[:, 0].min() == pytest.approx(right - 536)
    assert hei[:, 0].max() == pytest.approx(right - 252)


@pytest.mark.parametrize("number", camera.CAMERAS)
def test_outlines_return_from_level_3_within_a_twentieth_of_a_pixel(number, rng):
    """Level 1 → level 3 → level 1; the notebook's inverse quadratic is a fit, this one is exact."""
    designed = transforms.nominal(number, (525.0, 500.0)).coefficients
    designed[:, 3:] = rng.uniform(-1.5, 1.5, (2, 3))
    there = transforms.on_grid(designed)
    outline = masks.densified(masks.clear_of_mgx(masks.octagon((525.0, 500.0)), LINE, 8))
    back = masks.to_level1(masks.to_grid(outline, there), there)
    assert np.abs(back - outline).max() < 1e-9
    assert masks.area(back) == pytest.approx(masks.area(outline), rel=1e-12)
