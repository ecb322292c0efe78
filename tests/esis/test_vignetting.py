"""Vignetting: slopes and gains against the truth, and errors that cover it."""

import numpy as np
import pytest

from helioreduce.errors import InputError
from helioreduce.esis import camera, masks, simulate, transforms, vignetting
from helioreduce.esis.values import Vignetting

TRUTH, GAINS = np.array(simulate.SLOPES), np.array(simulate.GAINS)
SHAPE = camera.GRID_SHAPE


@pytest.fixture(scope="module")
def geometry():
    """Positions f, clear parts and positions across the dispersion of four cameras of the designed geometry."""
    line = camera.FLIGHT.lines["ov"]
    maps = [transforms.nominal(number, (525.0, 520.0)) for number in camera.CAMERAS]
    stop = masks.octagon((525.0, 520.0))
    clear = np.stack([masks.on_grid(stop, line, one, SHAPE)[1] for one in maps])
    found = np.stack([one.coefficients for one in maps]), np.stack([stop] * 4)
    return vignetting.positions(*found), clear, vignetting.across(*found)


@pytest.fixture(scope="module")
def grid(geometry):
    """f and visibility of every block that two cameras see: (n_blocks, 4), NaN where unseen."""
    f, clear, across = geometry
    flat = np.ones_like(f)
    data, _, positions, *_ = vignetting.blocks(flat, flat, f, clear, across)
    return np.where(np.isfinite(data), positions, np.nan)


def blocks(grid, rng, photons=27.0, sequences=6):
    """Block means of a network scene: a block of 100 pixels collects Poisson(100 λ) photons, drawn for every sequence."""
    f = np.tile(grid, (sequences, 1))
    scene = np.tile(rng.lognormal(0, 0.35, (len(grid), 1)), (sequences, 1))
    level = np.nan_to_num(photons * GAINS * (1 + TRUTH * f) * scene)
    seen = np.isfinite(f)
    return np.where(seen, rng.poisson(100 * level) / 100, np.nan), np.where(seen, level / 100, np.nan), f


def with_places(data, variance, f):
    """The blocks with places across the dispersion that do not matter."""
    return vignetting.Blocks(data, variance, f, np.zeros_like(f), np.arange(len(f)) % 2 == 0)


def test_slopes_and_gains_come_back_with_honest_errors(grid, rng):
    """50 flights of 6 sequences: slopes to 1 % in 95 % of the fits, gains to 0.3 %, 1 σ covers 60–75 %."""
    fits = [vignetting.fit(*blocks(grid, rng)) for _ in range(50)]
    off = np.stack([fit.slopes / TRUTH - 1 for fit in fits])
    assert (np.abs(off) < 0.01).mean() >= 0.95
    assert np.abs(np.stack([fit.gains for fit in fits]) / (GAINS / GAINS[1]) - 1).max() < 0.003
    pull = np.stack([(fit.slopes - TRUTH) / fit.slope_errors for fit in fits])
    assert 0.60 <= (np.abs(pull) < 1).mean() <= 0.75


def test_without_noise_the_fit_is_exact(geometry):
    f, clear, across = geometry
    scene = np.ones(SHAPE)
    image = GAINS[:, None, None] * (1 + TRUTH[:, None, None] * f) * scene
    fit = vignetting.fit(*vignetting.blocks(image, 0.01 * image, f, clear, across)[:3])
    np.testing.assert_allclose(fit.slopes, TRUTH, rtol=1e-6)
    np.testing.assert_allclose(fit.gains, GAINS / GAINS[1], rtol=1e-6)


def test_all_cameras_are_known_alike(grid, rng):
    """The notebook's column slopes lose the cameras whose dispersion runs along the rows; here the errors agree to 1.5."""
    errors = vignetting.fit(*blocks(grid, rng)).slope_errors
    assert errors.max() / errors.min() < 1.5


def test_a_scatter_of_the_cameras_is_measured(grid, rng):
    """Independent 5 % differences of the blocks are found as 5 %, and widen the errors."""
    data, variance, f = blocks(grid, rng)
    rough = vignetting.fit(data * rng.normal(1, 0.05, data.shape), variance, f)
    assert rough.scatter == pytest.approx(0.05, rel=0.1)
    assert (rough.slope_errors > 1.5 * vignetting.fit(data, variance, f).slope_errors).all()


def test_the_field_is_1_at_the_right_side_of_the_stop():
    stop = masks.octagon((500.0, 500.0))
    ends = vignetting.position(np.array([stop[:, 0].max(), stop[:, 0].min()]), stop)
    np.testing.assert_allclose(1 + 0.4 * ends, [1.0, 1.4], atol=1e-12)


def test_too_little_in_common_is_refused():
    with pytest.raises(InputError, match="too few"):
        vignetting.fit(*(np.ones((5, 4)) for _ in range(3)))


def test_a_camera_that_no_sequence_has_is_named(grid, rng):
    """There is no lack of blocks."""
    data, variance, f = blocks(grid, rng, sequences=1)
    data[:, 3] = variance[:, 3] = np.nan
    with pytest.raises(InputError, match="camera 4 is in none of the sequences"):
        vignetting.fit(data, variance, f)


def test_the_error_of_a_mean_is_that_of_its_scatter(rng):
    """Independent values: s/√n. First-order autoregressive ones of ρ = 0.6: the true error of the mean, twice s/√n, to 25 %."""
    white = rng.normal(size=(28, 4))
    np.testing.assert_allclose(vignetting.scatter_error(white[:5]), white[:5].std(axis=0, ddof=1) / np.sqrt(5))
    means, errors = [], []
    for _ in range(300):
        series = [rng.normal(size=4)]
        for _ in range(27):
            series.append(0.6 * series[-1] + 0.8 * rng.normal(size=4))
        means.append(np.mean(series, axis=0))
        errors.append(vignetting.scatter_error(np.array(series)))
    assert np.sqrt(np.mean(np.square(errors))) == pytest.approx(np.std(means), rel=0.25)
    assert np.std(means) > 1.7 / np.sqrt(28)


def test_slopes_that_scatter_have_larger_errors(grid, rng):
    """Slopes of single sequences off by 0.02: the errors of all are 0.02/√6, not the noise of photons."""
    wander = rng.normal(0, 0.02, (6, 4))
    parts = []
    for off in wander:
        data, variance, f = blocks(grid, rng, photons=500, sequences=1)
        parts.append(with_places(data * (1 + (TRUTH + off) * f) / (1 + TRUTH * f), variance, f))
    found = vignetting.fit_together(parts)
    np.testing.assert_allclose(found.slope_errors, vignetting.scatter_error(found.single))
    assert np.median(found.slope_errors) > 0.004


def test_a_sequence_of_three_cameras_only_adds_to_all(grid, rng):
    whole = with_places(*blocks(grid, rng, sequences=1))
    part = with_places(*(plane.copy() for plane in blocks(grid, rng, sequences=1)))
    part.data[:, 2] = part.variance[:, 2] = part.f[:, 2] = np.nan
    found = vignetting.fit_together([whole, part, whole])
    assert np.isnan(found.single[1]).all() and np.isfinite(found.single[[0, 2]]).all()
    np.testing.assert_allclose(found.slopes, TRUTH, rtol=0.03)


@pytest.mark.parametrize("planted", [(0.0, 0.0, 0.0, 0.0), (0.06, -0.04, 0.02, -0.08)])
def test_a_cross_term_of_the_cameras_is_the_same_in_both_halves_of_the_field(geometry, rng, planted):
    """What the cameras have across the dispersion comes back to four errors; so does nothing where there is nothing."""
    f, clear, across = geometry
    middles = np.repeat(np.repeat(across, vignetting.BLOCK, axis=1), vignetting.BLOCK, axis=2)
    scene = 20 * rng.lognormal(0, 0.3, SHAPE)
    image = GAINS[:, None, None] * (1 + TRUTH[:, None, None] * f + np.array(planted)[:, None, None] * middles) * scene
    parts = [vignetting.blocks(rng.poisson(image), np.sqrt(image), f, clear, across) for _ in range(2)]
    flight = vignetting.Blocks(*(np.concatenate(planes) for planes in zip(*parts, strict=True)))
    unknown = np.zeros(4)
    true = Vignetting(TRUTH, unknown, GAINS / GAINS[1], unknown, 0.0, 0, TRUTH[None])
    one, other, error = vignetting.cross_terms(flight, true, len(parts))
    assert error.max() < 0.01
    np.testing.assert_array_less(np.abs(one - other), 4 * np.sqrt(2) * error)
    np.testing.assert_allclose((one + other) / 2, planted, atol=4 * error.max() / np.sqrt(2))
