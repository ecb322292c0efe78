"""Figures of the deconvolution: offsets in arcsec, energies, ratios, slits and iterations as they are."""

import numpy as np
import pytest
from drawing import SPOT, bar, beside, drawn, labels, line, shows

from helioreduce.aia.figures import deconvolution
from helioreduce.aia.qa import convergence, psf

SETTINGS = {"iterations": 7, "core": "preflight", "tolerance": 0.05, "accelerate": True, "redraws": 3, "precision": "float64"}


@pytest.fixture
def points():
    """A PSF of unit sum: a core, and an arm 10 pixels to the right and 5 up."""
    values = np.full((101, 101), 1e-9)
    values[50, 50], values[55, 60] = 0.9, 0.01
    return values / values.sum()


def test_psf_is_drawn_at_its_offsets_in_arcsec(points):
    figure = drawn(deconvolution.psf, points, 171, "default")
    whole, core = figure.axes[:2]
    for axis in (whole, core):
        (shown,) = axis.images
        for x, y, value in ((0, 0, points[50, 50]), (6.0, 3.0, points[55, 60]), (-6.0, 3.0, 0), (6.0, -3.0, 0)):
            assert shows(axis, shown, x, y, max(value, shown.norm.vmin))
        assert shown.norm.vmax == points.max()
    assert whole.get_xlim() == pytest.approx((-30.3, 30.3)) and core.get_xlim() == pytest.approx((-12.3, 12.3))
    assert whole.get_title(loc="left") == "PSF of 171 Å, core: default"


def test_energy_of_a_gaussian(rng):
    """E(r) = 1 − exp(−r²/2s²), with r in arcsec; the band is 10 to 35 % below."""
    y, x = np.ogrid[-200:201, -200:201]
    gaussians = [np.exp(-(x**2 + y**2) / (2 * s**2)) for s in (8.0, 16.0)]
    left, right = drawn(deconvolution.psf_energy, gaussians, [94, 304]).axes
    assert labels(left) == ["94 Å", "304 Å"]
    for s, drawn_line in zip((8.0, 16.0), right.lines, strict=True):
        radius, energy = drawn_line.get_data()
        wide = radius > 0.6 * s
        np.testing.assert_allclose(energy[wide], 1 - np.exp(-((radius[wide] / 0.6) ** 2) / (2 * s**2)), atol=0.015)
    (band,) = right.collections
    low, high = (psf.encircled(gaussian).energy for gaussian in gaussians[::-1])
    heights = band.get_paths()[0].vertices[:, 1]
    assert heights.min() == pytest.approx(0.65 * low.min()) and heights.max() == pytest.approx(0.9 * high.max())
    radius, profile = line(left, "94 Å")
    assert profile[0] / profile[np.abs(radius - 4.8).argmin()] == pytest.approx(np.exp(0.5), rel=0.1)


def test_before_and_after_on_one_stretch_and_their_ratio(frame):
    before, after = frame(), frame()
    after.data[after.data == 600] = 1200
    after.data[:, :40] *= np.float32(0.5)
    figure = drawn(deconvolution.deconvolution, before, after, 600, [])
    first, second, ratio = (axis for axis in figure.axes if axis.images)
    (a,), (b,), (c,) = first.images, second.images, ratio.images
    assert (a.norm.vmin, a.norm.vmax) == (b.norm.vmin, b.norm.vmax)
    assert shows(first, a, *SPOT, 600.0) and shows(second, b, *SPOT, 1200.0) and shows(first, a, 20, 100, before.data[100, 20])
    assert shows(ratio, c, *SPOT, 1.0) and shows(ratio, c, 20, 60, -1.0) and shows(ratio, c, 140, 100, 0.0)
    scale = bar(ratio)
    assert scale.get_ylabel() == "after / before" and beside(ratio) and beside(second)
    for text, tick in zip(scale.get_yticklabels(), scale.get_yticks(), strict=True):
        assert float(text.get_text()) == pytest.approx(2**tick, abs=0.006)


@pytest.mark.parametrize(("change", "reach"), [(0.03, 1.1), (0.3, 1.3), (9.0, 4.0)])
def test_limits_of_the_ratio_are_those_of_the_data(frame, change, reach):
    """Half of the pixels are changed by one factor: the limits hold it, from 1.1 to 4 times."""
    before, after = frame(), frame()
    after.data[:, ::2] *= np.float32(1 + change)
    shown = drawn(deconvolution.deconvolution, before, after, 600, []).axes[2].images[0]
    assert 2**shown.norm.vmax == pytest.approx(reach, rel=1e-4) and shown.norm.vmin == -shown.norm.vmax


def test_a_box_chooses_the_cut_out(frame):
    before = frame(CROTA2=0.0, CRPIX1=80.5, CRPIX2=60.5)
    box = [(SPOT[0] - 79.5) * 0.6 - 6, (SPOT[1] - 59.5) * 0.6 - 6, (SPOT[0] - 79.5) * 0.6 + 6, (SPOT[1] - 59.5) * 0.6 + 6]
    first, second, _ = drawn(deconvolution.deconvolution, before, before, 600, box).axes
    for axis in (first, second):
        (shown,) = axis.images
        assert max(shown.get_array().shape) <= 24 and shown.get_array().max() == 600
    assert drawn(deconvolution.slit, before, before, 600, box).axes[0].images[0].get_array().shape == shown.get_array().shape


def test_slit_crosses_the_loop_and_carries_its_error(frame):
    """A ridge along y is crossed along x: the profile is the Gaussian, with bands of one sigma."""
    x = np.arange(160)[None, :]
    ridge = 50 + 400 * np.exp(-((x - 90) ** 2) / (2 * 3.0**2)) * np.ones((120, 1))
    sharp = 50 + 800 * np.exp(-((x - 90) ** 2) / (2 * 1.5**2)) * np.ones((120, 1))
    figure = drawn(deconvolution.slit, frame(ridge, sigma=5.0), frame(sharp, sigma=9.0), 150, [])
    axis, plot = figure.axes
    white, blue = axis.lines
    columns, rows = blue.get_data()
    assert np.ptp(rows) == pytest.approx(0, abs=0.5) and np.ptp(columns) == pytest.approx(50)
    assert axis.images[0].get_array()[60, round(float(np.mean(columns)))] == pytest.approx(850)
    for label, height, width in (("before", 400, 3.0), ("deconvolved", 800, 1.5)):
        distance, values = line(plot, label)
        assert np.ptp(distance) == pytest.approx(50 * 0.6) and values.max() == pytest.approx(50 + height, rel=0.02)
        middle = distance[values.argmax()]
        near = np.abs(distance - middle) == pytest.approx(0.6 * 2, abs=1e-6)
        np.testing.assert_allclose(values[near], 50 + height * np.exp(-(2**2) / (2 * width**2)), rtol=0.03)
    for band, curve, sigma in zip(plot.collections, plot.lines, (5.0, 9.0), strict=True):
        heights = band.get_paths()[0].vertices[:, 1]
        assert np.ptp(heights) == pytest.approx(np.ptp(curve.get_ydata()) + 2 * sigma, rel=1e-5)
    assert plot.get_ylabel() == "intensity [DN]"
    assert white.get_data()[0].tolist() == blue.get_data()[0].tolist()


def test_convergence_shows_the_trace_of_all_settings(frame, monkeypatch):
    columns = np.array([[1.0, 7, 25], [9.0, 2, 0.9], [1.0, 3, 8], [1.1, 3.1, 8.1]])
    known = convergence.Trace(*columns, 7)
    seen = []
    monkeypatch.setattr(convergence, "trace", lambda image, options, iterations: seen.append((image, options)) or known)
    left, right = drawn(deconvolution.convergence, frame(), 64, SETTINGS).axes
    np.testing.assert_array_equal(left.lines[0].get_data(), (known.iterations, known.chi2))
    np.testing.assert_array_equal(line(right, "measured"), (known.iterations, known.noise))
    np.testing.assert_array_equal(line(right, "of the error plane"), (known.iterations, known.predicted))
    assert all(axis.lines[-1].get_xdata() == [7, 7] for axis in (left, right))
    ((image, options),) = seen
    assert image.data.shape == (64, 64) and {name: getattr(options, name) for name in SETTINGS} == SETTINGS


def test_a_slit_without_data_has_a_reason(frame):
    before = frame()
    (said,) = drawn(deconvolution.slit, before, before.with_(data=np.full_like(before.data, np.nan)), 60, []).texts
    assert "No pixel" in said.get_text()
