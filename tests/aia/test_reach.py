"""The mask marks the whole reach of spikes, saturated pixels and edges: no pixel without a bit depends on them by 5 σ."""

import numba
import numpy as np
import pytest

from helioreduce.aia import deconvolution, error, level1, level15, psf, reach, register, richardson_lucy, spikes
from helioreduce.image import Changes, Flag, Image
from helioreduce.io import fits
from helioreduce.numerics import spline

ROW = {"DNPERPHT": 1.122, "COMPRESS": 14.4, "CALERR": 0.25, "EVEERR": 0.019, "CHIANTI": 0.25}
TURNED = np.array([[0.9991, -0.012], [0.012, 0.9991]])
SIDE = 192


def scene(rng, side=SIDE):
    """Loops on a dark sky, blurred by the PSF, with noise; DN."""
    y, x = np.mgrid[:side, :side] / side
    light = 4 + 3000 * np.exp(-(((x - 0.5) ** 2 + (y - 0.6) ** 2 - 0.06) ** 2) / 4e-4) + 200 * np.exp(-((y - 0.2) ** 2) / 1e-3)
    blur = np.fft.rfft2(light) * psf.otf(171, shape=(side, side))
    return rng.poisson(np.fft.irfft2(blur, s=light.shape).clip(0)).astype(np.float32)


@pytest.fixture
def frame(rng, level1_header):
    """A despiked cut-out, and a list of 150 spikes of 5 to 15000 DN."""
    level1_header.update(CRPIX1=level1_header["CRPIX1"] - 1000, CRPIX2=level1_header["CRPIX2"] - 900, NSPIKES=150)
    counts = scene(rng)
    y, x = np.divmod(rng.choice(SIDE * SIDE, 150, replace=False), SIDE)
    after = counts[y, x]
    before = np.minimum(after + np.exp(rng.uniform(np.log(5), np.log(15000), 150)), 16000).astype(int)
    listed = np.array([(y + 900) * 4096 + x + 1000, before, after], int)
    return Image(counts, level1_header), listed


def registered(image, otf=None, iterations=25):
    """Error, deconvolution and prep of level-1 or respiked counts."""
    image = error.estimate(level1.ingest(image), ROW)
    if otf is not None:
        image = deconvolution.deconvolve(image, otf, iterations)
    return level15.prep(image, None)


def changed_by(first, second):
    """Change of every pixel in units of σ, and whether it has no bit in the mask of the first image."""
    return abs(first.data - second.data) / first.sigma, first.flags == 0


def test_no_unflagged_pixel_depends_on_a_spike(frame):
    image, listed = frame
    otf = psf.otf(171, shape=(SIDE, SIDE)).astype(np.float32)
    respiked, despiked = registered(spikes.respike(image, listed), otf), registered(image, otf)
    change, unflagged = changed_by(respiked, despiked)
    assert np.nanmax(change[unflagged]) < 2
    assert np.count_nonzero(change > 5) > 500, "there is something to be flagged"
    flagged = respiked.flagged(Flag.SPIKE)
    assert flagged.sum() < 3 * np.count_nonzero(change > reach.FRACTION), "and not everything is"
    two_by_two = spline.spread_flags(spikes.respike(image, listed).flags)[: SIDE - 1, : SIDE - 1]
    assert two_by_two.shape == change.shape
    assert np.count_nonzero(change[two_by_two == 0] > 5) > 100, "the nearest 2 × 2 pixels are not all that a spike changes"


def test_no_unflagged_pixel_depends_on_a_spike_without_deconvolution(frame):
    image, listed = frame
    respiked, despiked = registered(spikes.respike(image, listed)), registered(image)
    change, unflagged = changed_by(respiked, despiked)
    assert np.nanmax(change[unflagged]) < 1.2 * reach.FRACTION, "the spline is linear; σ differs a little"


def test_a_weak_spike_needs_no_flag(frame):
    """One of a tenth of σ changes nothing that anybody could see."""
    image, _ = frame
    listed = np.array([[(900 + 115) * 4096 + 1000 + 147], [image.data[115, 147] + 4], [image.data[115, 147]]]).astype(int)
    assert image.data[115, 147] > 1000
    respiked = spikes.respike(image, listed)
    assert respiked.flagged(Flag.SPIKE).sum() == 1
    assert not registered(respiked).flagged(Flag.SPIKE).any()


def test_followed_changes_are_those_of_a_uniform_field(level1_header):
    """δu = K ∗ δd, to the second order of a small spike."""
    otf = psf.otf(171, shape=(64, 64))
    flat = Image(np.full((64, 64), 1e4, np.float32), level1_header, np.full((64, 64), 1e-3, np.float32))
    bumped = flat.data.copy()
    bumped[30, 20] += 1
    image = flat.with_(data=bumped, changes=Changes(np.array([30]), np.array([20]), np.ones(1)))
    respiked, despiked = (deconvolution.deconvolve(each, otf, 10) for each in (image, flat))
    found = np.zeros((64, 64))
    found[respiked.changes.y, respiked.changes.x] = respiked.changes.value
    np.testing.assert_allclose(found, respiked.data - despiked.data, atol=2e-3)
    kernel = np.fft.irfft2(richardson_lucy.linear_response(otf, 10), s=(64, 64))
    np.testing.assert_allclose(found, np.roll(kernel, (30, 20), (0, 1)), atol=2e-3)


def test_an_unknown_pixel_acts_by_its_own_change_only(level1_header):
    """A saturated spike has no weight in the deconvolution."""
    data = np.full((64, 64), 100, np.float32)
    data[30, 20] = 16000
    mask = np.where(data > 15000, np.uint8(Flag.SATURATED | Flag.SPIKE), np.uint8(0))
    changes = Changes(np.array([30]), np.array([20]), np.array([15900]))
    image = Image(data, level1_header, np.full((64, 64), 10, np.float32), mask, changes)
    result = deconvolution.deconvolve(image, psf.otf(171, shape=(64, 64)), 5)
    assert [part.tolist() for part in result.changes] == [[30], [20], [15900]]


def dense(changed, shape, origin, matrix, out):
    plane = np.zeros(shape, np.float32)
    plane[changed.y, changed.x] = changed.value
    return spline.resample(spline.coefficients(plane), None, None, origin, matrix, out)[0]


def test_one_pixel_reaches_as_the_spline_does(rng):
    """Up to the four samples on each side beyond which η is below 0.003."""
    for _ in range(20):
        one = Changes(rng.integers(20, 40, 1), rng.integers(20, 40, 1), rng.normal(0, 100, 1))
        origin = rng.uniform(-3, 3, 2)
        spread = reach.through_spline(one, reach.Grid(origin, TURNED, (70, 60)))
        expected = np.nan_to_num(dense(one, (60, 60), origin, TURNED, (70, 60)))
        np.testing.assert_allclose(spread, abs(expected), atol=0.003 * abs(one.value[0]))


def test_several_pixels_reach_at_most_as_far_as_their_sum(rng):
    """Signs are not trusted: deconvolution is only nearly linear, and pixels beyond an edge are unknown."""
    many = Changes(rng.integers(20, 40, 50), rng.integers(20, 40, 50), rng.normal(0, 100, 50).astype(np.float32))
    grid = reach.Grid(np.zeros(2), TURNED, (60, 60))
    spread = reach.through_spline(many, grid)
    alone = [Changes(*(part[i : i + 1] for part in many)) for i in range(50)]
    single = [reach.through_spline(one, grid) for one in alone]
    np.testing.assert_allclose(spread, np.sum(single, axis=0), rtol=1e-5, atol=1e-4)
    net = np.nan_to_num(dense(many, (60, 60), np.zeros(2), TURNED, (60, 60)))
    assert (abs(net) <= spread + 0.02 * spread.max()).all()


def test_the_number_of_threads_changes_no_bit(rng):
    """Sums over thousands of overlapping changes, whose order counts in float32."""
    place = rng.uniform(-4, 64, (2, 3000)).astype(np.int32)
    changed = Changes(*place, rng.lognormal(3, 2, 3000).astype(np.float32))
    grid, threads = reach.Grid(np.array([0.3, 0.4]), TURNED, (60, 62)), numba.get_num_threads()
    try:
        numba.set_num_threads(1)
        alone = reach.through_spline(changed, grid, 0.01)
    finally:
        numba.set_num_threads(threads)
    np.testing.assert_array_equal(reach.through_spline(changed, grid, 0.01), alone)
    one_by_one = np.zeros(grid.shape, np.float32)
    for y, x, value in zip(*changed, strict=True):
        one_by_one += reach.through_spline(Changes(np.array([y]), np.array([x]), np.array([value])), grid, 0.01)
    np.testing.assert_allclose(alone, one_by_one, rtol=1e-4)


def test_the_value_of_a_saturated_pixel_counts_nowhere_without_a_flag(frame):
    image, _ = frame
    first, second = image.data.copy(), image.data.copy()
    first[100:104, 90:92], second[100:104, 90:92] = 15500, 20000
    change, unflagged = changed_by(registered(image.with_(data=first)), registered(image.with_(data=second)))
    assert np.nanmax(change[unflagged]) < reach.FRACTION
    assert 8 < np.count_nonzero(~unflagged[50:150, 50:150]) < 150


def test_sigma_beside_a_plateau_covers_what_saturation_hides(rng, level1_header):
    """A bright kernel recorded whole, and clipped at 16383 DN: deconvolved and registered, they differ by less than 3 σ."""
    otf, (y, x) = psf.otf(171, shape=(SIDE, SIDE)).astype(np.float32), np.mgrid[:SIDE, :SIDE]
    light = 300 + 30000 * np.exp(-((y - 90) ** 2 + (x - 80) ** 2) / 200)
    counts = rng.poisson(np.fft.irfft2(np.fft.rfft2(light) * otf, s=light.shape).clip(0)).astype(np.float32)
    level1_header.update(CRPIX1=1053.85, CRPIX2=1147.57)
    whole = error.estimate(Image(counts, level1_header), ROW)
    whole = register.register(deconvolution.deconvolve(whole, otf))
    clipped = registered(Image(counts.clip(0, 16383), level1_header), otf)
    saturated, near = clipped.flagged("saturated"), clipped.flagged("near_saturated")
    change = abs(clipped.data - whole.data)
    assert np.isinf(clipped.sigma[saturated]).all() and np.isfinite(clipped.sigma[~saturated & np.isfinite(whole.sigma)]).all()
    assert 0 < saturated.sum() < near.sum()
    beside, far = near & ~saturated, ~near & ~saturated
    assert np.nanmax((change / whole.sigma)[beside]) > 5, "their own noise does not cover it"
    assert np.nanmax((change / clipped.sigma)[beside]) < 3
    assert np.nanmax((change / clipped.sigma)[far]) < 1.5
    assert np.quantile((clipped.sigma / whole.sigma)[far], 0.99) < 1.05, "and elsewhere nothing is widened"


def test_widened_sigma_is_carried_with_its_flag(level1_header):
    """σ of 100 beside a saturated pixel, 1 elsewhere: half a pixel on, no σ above √(1 + ¼) is without the flag."""
    level1_header.update(CDELT1=0.6, CDELT2=0.6, CROTA2=0.0, CRPIX1=1053.0, CRPIX2=1147.0)
    sigma, flags = np.ones((64, 64), np.float32), np.zeros((64, 64), np.uint8)
    flags[30:35, 30:35], sigma[30:35, 30:35] = Flag.NEAR_SATURATED, 100
    flags[32, 32], sigma[32, 32] = Flag.SATURATED, 1
    image = register.register(Image(np.full((64, 64), 50, np.float32), level1_header, sigma, flags))
    near, saturated = image.flagged("near_saturated"), image.flagged("saturated")
    assert np.isinf(image.sigma[saturated]).all() and np.isfinite(image.sigma[~saturated]).all()
    assert image.sigma[~near & ~saturated].max() < np.sqrt(1 + reach.FRACTION**2)
    assert image.sigma[near & ~saturated].max() > 50 and near.sum() < 14 * 14


def test_no_unflagged_pixel_of_a_cut_out_depends_on_what_lies_beyond(rng, level1_header):
    """Cut out before or after registration."""
    level1_header.update(WAVELNTH=1600, CRPIX1=1053.85, CRPIX2=1147.57)
    counts = scene(rng)
    whole = registered(Image(counts, level1_header))
    header = level1_header.copy()
    header.update(CRPIX1=1053.85 - 50, CRPIX2=1147.57 - 60)
    part = registered(Image(counts[60:140, 50:150].copy(), header))
    y, x = (round(whole.header[key] - part.header[key]) for key in ("CRPIX2", "CRPIX1"))
    ny, nx = part.data.shape
    change, unflagged = changed_by(part, Image(whole.data[y : y + ny, x : x + nx], header))
    assert np.nanmax(change[unflagged]) < 1
    assert np.nanmax(change) > 1.5, "the edge is off"
    assert part.flagged(Flag.EDGE).any() and not part.flagged(Flag.EDGE)[5:-5, 5:-5].any()


@pytest.mark.parametrize(("n", "expected"), [(10, [4, 1, 0, 9, 8, 5]), (1, [0, 0, 0, 0, 0, 0])])
def test_indices_are_mirrored_as_numpy_mirrors(n, expected):
    np.testing.assert_array_equal(reach._mirrored(np.array([-4, -1, 0, n - 1, n, n + 3]), n), expected)


def test_pixels_beyond_the_edges_are_mirror_images(rng):
    data = rng.normal(size=(12, 17)).astype(np.float32)
    padded = spline.mirrored(data, spline.TAPS)
    beyond = reach.beyond_edges(data)
    assert beyond.value.size == padded.size - data.size
    np.testing.assert_array_equal(beyond.value, padded[beyond.y + spline.TAPS, beyond.x + spline.TAPS])


def test_without_sigma_the_bits_of_the_nearest_pixels_stay(level1_header):
    mask = np.zeros((64, 64), np.uint8)
    mask[30, 20] = Flag.SPIKE
    image = Image(np.ones((64, 64), np.float32), level1_header, flags=mask)
    assert register.register(image).flagged(Flag.SPIKE).sum() == 4


@pytest.mark.parametrize("number", [0, 3])
def test_changes_are_written_and_read(tmp_path, level1_header, rng, number):
    changes = Changes(rng.integers(0, 64, number), rng.integers(0, 64, number), rng.normal(size=number).astype(np.float32))
    fits.write(tmp_path / "image.fits", Image(np.ones((64, 64), np.float32), level1_header, changes=changes))
    for written, read in zip(changes, fits.read(tmp_path / "image.fits").changes, strict=True):
        np.testing.assert_array_equal(written, read)


def test_changes_scale_with_the_image(level1_header):
    image = Image(np.ones((4, 4), np.float32), level1_header, changes=Changes(*np.array([[1], [2], [8]])))
    np.testing.assert_array_equal((image / 2).changes.value, [4])
    assert image.changes.value == 8
