"""Registration against the simulator's truth: recovery, noise, vignetting, second line, capture, refusal, repeatability."""

from dataclasses import dataclass, replace

import numba
import numpy as np
import pytest

from helioreduce.esis import align, camera, coalign, masks, simulate, transforms

PLAIN = simulate.Effects(slopes=(0.0,) * 4, second_line=0, noise=False, read_noise=False)
NOISY = replace(PLAIN, noise=True, read_noise=True)
VIGNETTED = replace(NOISY, slopes=simulate.SLOPES)
BLENDED = replace(VIGNETTED, second_line=0.2)
GRID = np.stack(np.meshgrid(np.arange(0, 1270, 15.0), np.arange(0, 1270, 15.0)), axis=-1).reshape(-1, 2)


@dataclass(frozen=True)
class Flight:
    """A simulated sequence: cut-outs of a line, and the true maps from the grid to them."""

    line: camera.Line
    images: dict[int, np.ndarray]
    truth: dict[int, np.ndarray]

    def errors(self, number: int, found: transforms.Map, where: np.ndarray) -> np.ndarray:
        """Distance, level-1 pixels, of the map from the truth at grid points ``where``."""
        x, y = found(*GRID.T)
        return np.hypot(x - self.truth[number][:, 0], y - self.truth[number][:, 1])[where]


def flight(effects, seed=1, name="ov"):
    rng = np.random.default_rng(seed)
    sun, line = simulate.sun(rng), camera.FLIGHT.lines[name]
    images, truth = {}, {}
    for number in camera.CAMERAS:
        optics = simulate.optics(number, rng)
        images[number] = simulate.level1(sun, optics, effects, rng)[0][line.window]
        truth[number] = np.stack(optics.truth(*GRID.T, line=name), axis=1) - [line.columns[0], 0]
    return Flight(line, images, truth)


def recovered(sample, robust=False):
    """Errors of cameras 1, 3, 4 after the internal registration to camera 2, whose true map is given."""
    stops = {number: masks.field_stop(image) for number, image in sample.images.items()}
    scenes = {number: coalign._scene(sample.images[number], stop, sample.line, robust) for number, stop in stops.items()}
    true_map = transforms.fit(GRID, sample.truth[2])
    seen = masks.on_grid(stops[2], sample.line, true_map, camera.GRID_SHAPE)[0][*GRID.T[::-1].astype(int)]
    start = {number: transforms.fit(GRID, sample.truth[number] + [4.0, -3.0]).affine() for number in stops} | {2: true_map}
    found, _ = coalign._internal(scenes, start, 0.25, camera.GRID_SHAPE)
    return np.stack([sample.errors(number, found[number], seen) for number in (1, 3, 4)])


@pytest.mark.parametrize(
    ("effects", "rms", "most"),
    [(PLAIN, 0.01, 0.05), (BLENDED, 0.10, 0.4)],
    ids=["noise-free", "noise, vignetting, second line"],
)
def test_the_truth_is_recovered(effects, rms, most):
    """Acceptance: 0.01 px without noise; 0.10 px rms and 0.4 px at most with noise, vignetting and a 20 % second line."""
    errors = recovered(flight(effects))
    assert np.sqrt((errors**2).mean(axis=1)).max() < rms
    assert errors.max() < most


@pytest.mark.full
@pytest.mark.parametrize("seed", [2, 3])
@pytest.mark.parametrize(
    ("effects", "rms"), [(PLAIN, 0.01), (NOISY, 0.02), (VIGNETTED, 0.05), (BLENDED, 0.10)], ids=["plain", "noise", "V", "blend"]
)
def test_the_truth_is_recovered_whatever_the_sun(effects, rms, seed):
    assert np.sqrt((recovered(flight(effects, seed)) ** 2).mean(axis=1)).max() < rms


@pytest.fixture(scope="module")
def blended():
    return flight(BLENDED)


def test_the_internal_alignment_lifts_every_pair(blended):
    """Quadratic over linear > 1 for all six pairs, without any prior knowledge; also the He I window."""
    from helioreduce.esis.resample import resample

    found = coalign.coalign(blended.images, blended.line)
    stages = [
        np.stack([resample(blended.images[n], maps[n], camera.GRID_SHAPE).data for n in camera.CAMERAS])
        for maps in (found.linear, found.quadratic)
    ]
    linear, quadratic = (coalign.pair_correlations(stage) for stage in stages)
    assert (quadratic > linear).all()


def test_bounding_bright_points_costs_no_accuracy():
    """The robust merit meets the same 0.10 px with noise, vignetting and a second line."""
    assert np.sqrt((recovered(flight(BLENDED), robust=True) ** 2).mean(axis=1)).max() < 0.1


def test_helium_is_reached():
    """Its octagon is cut by the detector's edge; the notebook could not get there at all."""
    errors = recovered(flight(BLENDED, name="hei"))
    assert np.sqrt(np.median(errors**2, axis=1)).max() < 0.1


def test_the_result_repeats_to_the_last_bit_on_any_number_of_threads(blended):
    results = []
    for threads in (1, min(2, numba.config.NUMBA_NUM_THREADS)):
        numba.set_num_threads(threads)
        found = coalign.coalign(blended.images, blended.line)
        results.append(np.stack([found.quadratic[number].coefficients for number in camera.CAMERAS]))
    np.testing.assert_array_equal(results[0], results[1])


def aimed(share, seed, number=3):
    """Affine registration of a camera to a target alike by ``share``; the correlation found and the rms error, px."""
    rng = np.random.default_rng(7)
    sun = simulate.sun(rng)
    optics = simulate.optics(number, rng)
    line = camera.FLIGHT.lines["ov"]
    image = simulate.level1(sun, optics, BLENDED, rng)[0][line.window]
    stop = masks.field_stop(image)
    rng = np.random.default_rng(seed)
    target = simulate.target(sun, rng, share=share)
    everywhere = np.ones_like(target, bool)
    reference, source = align.scene(target, everywhere, everywhere), coalign._scene(image, stop, line, False)
    start = align.search(source, reference, tuple(coalign._centre(stop) + rng.uniform(-15, 15, 2)), number)
    found = align.register(source, reference, start, terms=3)
    truth = np.stack(optics.truth(*GRID.T), axis=1) - [line.columns[0], 0]
    off = np.hypot(*(np.stack(found.transform(*GRID.T), axis=1) - truth).T)
    seen = masks.on_grid(stop, line, transforms.fit(GRID, truth), camera.GRID_SHAPE)[0][*GRID.T[::-1].astype(int)]
    return found, float(np.sqrt((off[seen] ** 2).mean()))


@pytest.mark.parametrize("share", [0.53, 0.37])
def test_a_target_like_aia_captures_the_camera(share):
    """Correlations of 0.46 and 0.30; what is left, < 0.8 px, is the distortion that an affine map cannot follow."""
    found, rms = aimed(share, seed=11)
    assert coalign.trusted(found, coalign.MIN_CORRELATION, 3) is found
    assert rms < 0.8


@pytest.mark.full
@pytest.mark.parametrize("share", [0.53, 0.37])
def test_twenty_starts_out_of_twenty_are_captured(share):
    assert max(aimed(share, seed)[1] for seed in range(20)) < 0.8


@pytest.mark.parametrize("share", [0.22, 0.0])
def test_a_target_unlike_the_camera_is_refused(share):
    """A correlation of 0.2 and none at all: no transform is returned."""
    with pytest.raises(align.LowCorrelation, match="correlat|overlap"):
        coalign.trusted(aimed(share, seed=11)[0], coalign.MIN_CORRELATION, 3)
