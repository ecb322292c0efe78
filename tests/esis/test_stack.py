"""Aligned sequences: each plane is where it belongs, and correlations are those of the planes."""

import numpy as np
import pytest

from helioreduce.errors import InputError
from helioreduce.esis import camera, coalign, masks, resample, stack, transforms
from helioreduce.esis.values import Registered
from helioreduce.image import Flag, Image
from helioreduce.io import fits

LINE, SHAPE = camera.FLIGHT.lines["ov"], (60, 70)


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


def test_a_missing_camera_is_empty_and_the_others_are_what_they_were(found, frames):
    whole = stack.aligned(frames, found, LINE, shape=SHAPE)
    three = {number: frame for number, frame in frames.items() if number != 3}
    parts = {
        field: {n: one for n, one in getattr(found, field).items() if n != 3} for field in ("stops", "linear", "quadratic")
    }
    aligned = stack.aligned(three, coalign.Coalignment(**parts, correlation={}), LINE, shape=SHAPE)
    kept = [0, 1, 3]
    np.testing.assert_array_equal(aligned.data[kept], whole.data[kept])
    assert np.isnan(aligned.data[2]).all() and np.isnan(aligned.sigma[2]).all() and (aligned.mask[2] == Flag.NO_DATA).all()
    assert np.isnan(aligned.stops[2]).all() and np.isnan(aligned.quadratic[2]).all()
    pairs_without_3 = [0, 2, 4]
    np.testing.assert_array_equal(aligned.internal[:, 0, pairs_without_3], whole.internal[:, 0, pairs_without_3])
    assert np.isnan(aligned.internal[:, :, [1, 3, 5]]).all()


def test_two_cameras_are_too_few_to_register(frames):
    two = {number: frames[number] for number in (1, 2)}
    with pytest.raises(InputError, match=r"fewer than 3 cameras can be used: no frame of ESIS3; no frame of ESIS4"):
        stack.register(two, LINE, refused={3: "no frame of ESIS3", 4: "no frame of ESIS4"})


def test_a_camera_that_saw_no_sun_is_reported(frames):
    """Uniform light has no field stop: all four are named."""
    with pytest.raises(InputError, match=r"ESIS1: no field-stop octagon .* ESIS4: no field-stop octagon"):
        stack.register(frames, LINE)


def test_a_registration_moves_to_its_place(found):
    """Stored maps, composed with the place of the sequence; the missing camera is not among them."""
    maps = [stack.coefficients({n: one for n, one in part.items() if n != 4}) for part in (found.linear, found.quadratic)]
    stops = np.stack([found.stops[n] for n in camera.CAMERAS])
    stops[3] = np.nan
    place = np.eye(3)
    place[1:, 0] = np.array([2.0, -1.0]) / (max(SHAPE) / 2)
    moved = stack.coalignment(Registered(*maps, stops, None, None), place, SHAPE)
    assert list(moved.stops) == [1, 2, 3]
    for number, one in moved.quadratic.items():
        np.testing.assert_allclose(
            one(np.array([10.0]), np.array([20.0])), found.quadratic[number](np.array([12.0]), np.array([19.0]))
        )
