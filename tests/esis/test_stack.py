"""Aligned sequences: each plane is where it belongs, and correlations are those of the planes."""

import numpy as np
import pytest

from helioreduce.esis import camera, coalign, masks, resample, stack, transforms
from helioreduce.image import Flag, Image
from helioreduce.io import fits

LINE, SHAPE = camera.LINES["ov"], (60, 70)


@pytest.fixture
def found():
    """Four cameras of the designed geometry on a small grid; the quadratic maps are the linear ones, moved a little."""
    linear = {n: transforms.nominal(n, (500.0, 480.0), SHAPE) for n in camera.CAMERAS}
    quadratic = {n: one.shifted(0.3 * n, -0.2) for n, one in linear.items()}
    stops = {n: masks.octagon((500.0, 480.0)) for n in camera.CAMERAS}
    return coalign.Coalignment(stops, linear, quadratic, dict.fromkeys(camera.CAMERAS, (np.nan, np.nan)))


@pytest.fixture
def frames(rng):
    """Level 1 with a flagged pixel in the middle of each window."""
    out = {}
    for number in camera.CAMERAS:
        data, sigma = rng.uniform(10, 20, (2, *camera.ACTIVE_SHAPE)).astype(np.float32)
        bits = np.zeros(camera.ACTIVE_SHAPE, np.uint8)
        bits[480, LINE.columns[0] + 500] = Flag.COSMIC_RAY
        out[number] = Image(data, fits.cards(CAMERA=number), sigma, bits)
    return out


def test_every_camera_is_resampled_by_its_own_map(found, frames):
    aligned = stack.aligned(frames, found, LINE, shape=SHAPE)
    for index, number in enumerate(camera.CAMERAS):
        data, sigma, mask = (plane[LINE.window] for plane in (frames[number].data, frames[number].sigma, frames[number].flags))
        expected = resample.resample(data, found.quadratic[number], SHAPE, sigma, mask)
        for plane, by_itself in zip((aligned.data, aligned.sigma, aligned.mask), expected, strict=True):
            np.testing.assert_array_equal(plane[index], by_itself)
        np.testing.assert_array_equal(aligned.linear[index], found.linear[number].coefficients)
        np.testing.assert_array_equal(aligned.quadratic[index], found.quadratic[number].coefficients)
        assert (aligned.mask[index] == Flag.COSMIC_RAY).any()


def test_correlations_are_those_of_the_planes(found, frames, rng):
    target = rng.uniform(size=SHAPE).astype(np.float32)
    aligned = stack.aligned(frames, found, LINE, target, SHAPE)
    np.testing.assert_array_equal(aligned.internal[1, 0], coalign.pair_correlations(aligned.data))
    np.testing.assert_array_equal(aligned.aim[1], [coalign.zero_lag(plane, target) for plane in aligned.data])
    np.testing.assert_array_equal(aligned.target, target)
    assert (aligned.internal[0] != aligned.internal[1]).all()


def test_without_a_target_there_is_no_aim(found, frames):
    aligned = stack.aligned(frames, found, LINE, shape=SHAPE)
    assert np.isnan(aligned.aim).all() and np.isnan(aligned.target).all() and aligned.target.shape == SHAPE


def test_the_header_is_camera_2s_with_the_line(found, frames):
    aligned = stack.aligned(frames, found, LINE, shape=SHAPE)
    assert aligned.header["CAMERA"] == camera.REFERENCE
    assert aligned.header["LINE"] == LINE.name and aligned.header["WAVELNTH"] == LINE.wavelength_A
    assert "LINE" not in frames[camera.REFERENCE].header
