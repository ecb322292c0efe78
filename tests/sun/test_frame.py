"""Whole frames: consistency, repeatability, the limb."""

from __future__ import annotations

import numpy as np
import pytest
from sun_frames import SMALL, gaussian_psf, slot

from helioreduce.sun import despiker
from helioreduce.sun.frame import Frame, render
from helioreduce.sun.scenario import Pointing, Scenario


def test_frame_is_whole(frames: dict[int, Frame]) -> None:
    """Spikes number NSPIKES and restore level 0.5; the UV has none; image and statistics agree."""
    for frame in frames.values():
        texts = frame.keywords
        if frame.facts.channel.despiked:
            assert int(texts["NSPIKES"]) == frame.spikes.shape[1] > 0
            np.testing.assert_array_equal(despiker.respike(frame.image, frame.spikes), frame.truth.level05)
        else:
            assert frame.spikes is None
            assert texts["NSPIKES"] == "0"
        assert float(texts["DATAMEAN"]) == pytest.approx(frame.image.mean(), abs=1e-3)
        assert int(texts["DATAMAX"]) == frame.image.max()
        assert float(texts["DATAP99"]) == pytest.approx(np.percentile(frame.image, 99), abs=1)
        third = ((frame.image - frame.image.mean()) ** 3).mean() / frame.image.std() ** 3
        assert float(texts["DATASKEW"]) == pytest.approx(third, abs=0.01)


def test_frames_repeat_to_the_bit_whatever_the_threads(frames: dict[int, Frame]) -> None:
    import numba

    threads = numba.get_num_threads()
    try:
        numba.set_num_threads(1)
        again = render(SMALL, 171, slot(171), gaussian_psf(), 0.8)
    finally:
        numba.set_num_threads(threads)
    np.testing.assert_array_equal(again.image, frames[171].image)
    np.testing.assert_array_equal(again.spikes, frames[171].spikes)
    assert again.keywords == frames[171].keywords
    other = render(Scenario(npix=512, seed=7), 171, slot(171), gaussian_psf(), 0.8)
    assert (other.image != frames[171].image).mean() > 0.5


def limb(image: np.ndarray, pointing: Pointing, radius: float) -> tuple[float, float, float]:
    """Centre offset (x, y) and radius offset, pixels, of the steepest brightness change near the limb."""
    y, x = np.indices(image.shape)
    rho, phi = np.hypot(x - pointing.x0, y - pointing.y0), np.arctan2(y - pointing.y0, x - pointing.x0)
    near = abs(rho - radius) < 6
    bins, edges = 120, []
    for k in range(bins):
        sector = near & (((phi + np.pi) / (2 * np.pi) * bins).astype(int) == k)
        edges.append(edge_of(rho[sector] - radius, image[sector].astype(float)))
    angle = (np.arange(bins) + 0.5) / bins * 2 * np.pi - np.pi
    matrix = np.stack([np.cos(angle), np.sin(angle), np.ones(bins)], 1)
    keep = np.ones(bins, bool)
    for _ in range(4):
        fit = np.linalg.lstsq(matrix[keep], np.array(edges)[keep], rcond=None)[0]
        miss = abs(np.array(edges) - matrix @ fit)
        keep = miss < 3 * max(np.median(miss[keep]), 0.02)
    return tuple(fit)


def edge_of(distance: np.ndarray, value: np.ndarray) -> float:
    """Where the brightness steps: the cut that leaves the least scatter about a straight line on either side."""
    order = np.argsort(distance)
    distance, value = distance[order], value[order]
    cuts = np.linspace(-2, 2, 161)
    return float(cuts[np.argmin([scatter(distance, value, cut) for cut in cuts])])


def scatter(distance: np.ndarray, value: np.ndarray, cut: float) -> float:
    """Squared residuals of two straight lines that meet in a step at ``cut``."""
    total = 0.0
    for side in (distance < cut, distance >= cut):
        fit = np.polyfit(distance[side], value[side], 1)
        total += float(((value[side] - np.polyval(fit, distance[side])) ** 2).sum())
    return total


@pytest.mark.full
@pytest.mark.parametrize("name", [171, 1600])
def test_limb_of_a_full_frame_is_where_the_truth_says(name: int) -> None:
    """Limb fitted on level 1: centre within 0.06 px of the true pointing, radius within 0.15 px of R_SUN."""
    frame = render(Scenario(), name, slot(name), gaussian_psf() if name < 1000 else None)
    true = frame.facts.truth
    x, y, radius = limb(frame.image, true, frame.facts.observer.rsun_arcsec / true.scale)
    assert np.hypot(x, y) < 0.06
    assert abs(radius) < 0.15
