"""The simulated flight: scenes, geometry and light are what the truth says."""

from dataclasses import replace

import numpy as np
import pytest

from helioreduce.esis import camera, masks, simulate

PLAIN = simulate.Effects(slopes=(0.0,) * 4, gains=(1.0,) * 4, second_line=0, noise=False, read_noise=False)


@pytest.fixture(scope="module")
def sun():
    return simulate.sun(np.random.default_rng(4))


@pytest.fixture(scope="module")
def optics():
    return simulate.optics(3, np.random.default_rng(5))


def test_scenes_have_mean_1_and_share_structure(sun):
    """Correlations of the logarithms are the shares: 0.85 and 0.4; a field of 1.9 million pixels."""
    ov, hei, mgx = (np.log(scene).ravel() for scene in (sun.ov, sun.hei, sun.mgx))
    assert all(scene.mean() == pytest.approx(1, rel=1e-3) and scene.min() > 0 for scene in (sun.ov, sun.hei, sun.mgx))
    assert np.corrcoef(ov, hei)[0, 1] == pytest.approx(0.85, abs=0.03)
    assert np.corrcoef(ov, mgx)[0, 1] == pytest.approx(0.40, abs=0.05)


def test_truth_is_the_inverse_of_the_way_to_the_sky(optics, rng):
    """There and back, for a sequence into the drift and another line: columns move by the dispersion alone."""
    column, row = rng.uniform(1200, 1900, 30), rng.uniform(200, 900, 30)
    x, y = optics.to_sky(column, row)
    np.testing.assert_allclose(optics.truth(x, y), [column, row], atol=1e-8)
    drift = np.array(simulate.DRIFT) * 7
    np.testing.assert_allclose(optics.truth(x + drift[0], y + drift[1], 7), [column, row], atol=1e-8)
    shift = round((584.3 - 629.7) / 0.0366)
    np.testing.assert_allclose(optics.truth(x, y, line="hei"), [column + shift, row], atol=1e-8)
    np.testing.assert_allclose(optics.stop("hei"), optics.stop() + np.array([shift, 0]))


def test_light_falls_inside_the_field_stops_only(sun, optics):
    """O V and He I apart; without vignetting their mean is that of the scene, to the network's own variance."""
    photons = simulate.expected_photons(sun, optics, PLAIN)
    stops = {line: masks.inside(optics.stop(line), camera.ACTIVE_SHAPE) for line in ("ov", "hei")}
    assert (photons[~(stops["ov"] | stops["hei"])] == 0).all()
    for stop in stops.values():
        assert photons[stop].mean() == pytest.approx(simulate.MEAN_PHOTONS, rel=0.05)


def test_no_photons_are_fewer_than_none_beside_steep_edges(optics, rng):
    """A Sun like an AIA image of large pixels: blocks with a heavy tail."""
    shape = [n + 2 * simulate.MARGIN for n in simulate.cam.GRID_SHAPE]
    blocks = rng.pareto(1.0, [n // 20 + 1 for n in shape])
    like = np.kron(blocks, np.ones((20, 20)))[: shape[0], : shape[1]]
    assert simulate.expected_photons(simulate.sun(rng, like), optics, simulate.Effects()).min() >= 0


def test_gain_scales_and_vignetting_rises_towards_the_left(sun, optics):
    plain = simulate.expected_photons(sun, optics, PLAIN)
    bright = simulate.expected_photons(sun, optics, replace(PLAIN, gains=(1, 1, 1.4, 1)))
    np.testing.assert_allclose(bright, 1.4 * plain, rtol=1e-12)
    dimmed = simulate.expected_photons(sun, optics, replace(PLAIN, slopes=(0, 0, 0.4, 0)))
    stop = optics.stop()
    seen = masks.inside(stop, camera.ACTIVE_SHAPE) & (plain > 0)
    column = np.broadcast_to(np.arange(camera.ACTIVE_SHAPE[1]), seen.shape)[seen]
    expected = 1 + 0.4 * (stop[:, 0].max() - column) / np.ptp(stop[:, 0])
    np.testing.assert_allclose((dimmed[seen] / plain[seen]), expected, rtol=1e-9)


def test_the_second_line_lies_546_columns_to_the_left(sun, optics):
    blended = simulate.expected_photons(sun, optics, replace(PLAIN, second_line=0.2)) - simulate.expected_photons(
        sun, optics, PLAIN
    )
    column = np.flatnonzero(blended.sum(axis=0) > 0)
    stop = optics.stop()[:, 0] - 546
    assert column[0] == pytest.approx(stop.min(), abs=1) and column[-1] == pytest.approx(stop.max(), abs=1)


def test_noise_is_that_of_photons_and_of_the_read_out(sun, optics, rng):
    expected = simulate.expected_photons(sun, optics, simulate.Effects())
    image, sigma = simulate.level1(sun, optics, simulate.Effects(), rng)
    assert ((image - expected) / sigma).std() == pytest.approx(1, abs=0.002)


@pytest.mark.parametrize("share", [0.6, 0.0])
def test_a_target_is_as_alike_as_asked(sun, share):
    target = simulate.target(sun, np.random.default_rng(6), share=share)
    inner = sun.ov[simulate.MARGIN : -simulate.MARGIN, simulate.MARGIN : -simulate.MARGIN]
    assert target.shape == camera.GRID_SHAPE
    assert np.corrcoef(np.log(target).ravel(), np.log(inner).ravel())[0, 1] == pytest.approx(share, abs=0.05)
