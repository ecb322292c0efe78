"""Figures show the numbers that they are given: maps in their units, residuals in errors, distributions beside the data."""

import numpy as np
import pytest
from scipy import stats

from helioreduce.io import plots
from helioreduce.spice import binning, catalogue, composition, figures, fit, group, initial, level2, maps, simulate


@pytest.fixture(autouse=True)
def style():
    with plots.look():
        yield


@pytest.fixture(scope="module")
def fitted():
    own = group.join("own", level2.windows(simulate.raster(simulate.Settings(rows=24, columns=8, spikes=0, rim=1))[0])[2:])
    return binning.fit_adaptive(own, initial.estimate(own, catalogue.built_in()), binning.Settings())


def shown(axis):
    """The image of a panel, NaN where it is grey."""
    (image,) = axis.images
    return np.ma.filled(image.get_array().astype(float), np.nan)


def test_maps_of_a_line_are_in_their_units(fitted):
    radiance, velocity = maps.radiances(fitted).maps[1], maps.velocities(fitted)[1]
    width = maps.width(fitted, 1)
    axes = figures.line_maps(radiance, velocity, width, np.zeros(width.data.shape, bool)).axes
    fwhm, error = (2.3548200450309493 * fitted.found(1, values[:, 5]) for values in (fitted.fit.q, fitted.fit.sigma()))
    expected = [1e3 * radiance.data, velocity.data, fwhm]
    expected += [100 * radiance.sigma / radiance.data, velocity.sigma, error]
    for axis, values in zip(axes, expected, strict=False):
        np.testing.assert_allclose(shown(axis), values[0], rtol=1e-5)
    low, high = axes[1].images[0].get_clim()
    assert low == -high


def test_scales_follow_the_pixels_that_are_known_well():
    """±20 km/s known to 2 km/s beside as many pixels of ±200 km/s known to 150 km/s: the scale is that of the first."""
    rng = np.random.default_rng(5)
    v = np.concatenate([rng.uniform(-20, 20, 500), rng.uniform(-200, 200, 500)]).reshape(1, 50, 20).astype(np.float32)
    sigma = np.concatenate([np.full(500, 2.0), np.full(500, 150.0)]).reshape(v.shape).astype(np.float32)
    header = {"CRVAL1": 0.0, "CRPIX1": 1.0, "CDELT1": 4.0, "CRVAL2": 0.0, "CRPIX2": 1.0, "CDELT2": 1.0}
    radiance, velocity = (maps.LineMap("c_3 977.03", "", np.abs(v), sigma, header) for _ in range(2))
    velocity = maps.LineMap("c_3 977.03", "", v, sigma, header)
    width = maps.LineMap("c_3 977.03", "", np.full(v.shape, 0.82), np.full(v.shape, 0.02), header)
    row = figures.line_maps(radiance, velocity, width, np.zeros(v.shape, bool))
    assert 18 < row.axes[1].images[0].get_clim()[1] < 22


def test_pixels_at_a_bound_have_a_colour_of_their_own():
    bound = np.zeros((1, 6, 4), bool)
    bound[0, 2, 1] = True
    values = np.where(bound, np.nan, 1.0).astype(np.float32)
    header = {"CRVAL1": 0.0, "CRPIX1": 1.0, "CDELT1": 4.0, "CRVAL2": 0.0, "CRPIX2": 1.0, "CDELT2": 1.0}
    own = maps.LineMap("c_3 977.03", "", values, values, header)
    for axis in figures.line_maps(own, own, own, bound).axes[:6]:
        marked = np.ma.filled(axis.images[1].get_array(), np.nan)
        np.testing.assert_array_equal(np.isfinite(marked), bound[0])
        assert axis.images[1].cmap(1.0)[:3] != axis.get_facecolor()[:3]


def test_spectra_show_means_of_data_and_model_and_their_difference_in_errors(fitted):
    upper, lower = figures.spectra(fitted).axes
    used = fitted.fit.status == fit.CONVERGED
    observed, model = fitted.group.spectra[used], fitted.fit.evaluate()[used]
    finite = np.isfinite(observed)
    enough = finite.mean(axis=0) > 0.4
    mean, expected = (np.where(finite, v, 0).sum(axis=0) / finite.sum(axis=0) for v in (observed, model))
    data, curve = (line.get_ydata() for line in upper.lines[:2])
    np.testing.assert_allclose(data[enough], mean[enough], rtol=1e-6)
    np.testing.assert_allclose(curve[enough], expected[enough], rtol=1e-6)
    sigma = np.sqrt(fitted.group.noise[0].sigma(expected) ** 2 / finite.sum(axis=0))
    residual = lower.lines[1].get_ydata()
    np.testing.assert_allclose(residual[enough], ((mean - expected) / sigma)[enough], rtol=1e-5, atol=1e-6)
    assert np.nanstd(residual) < 2
    assert [text.get_text() for text in upper.texts] == ["N IV 765.15", "Ne VIII 770.42"]


def test_quality_shows_chi2_status_and_the_expected_distribution(fitted):
    axes = figures.quality(fitted).axes
    np.testing.assert_allclose(shown(axes[0]), fitted.map(fitted.fit.reduced_chi2)[0], rtol=1e-6)
    status = np.where(fitted.fit.at_bound.any(axis=1), 2, 3)
    status = np.select([fitted.fit.status == fit.TOO_FEW, fitted.fit.status == fit.NOT_CONVERGED], [0, 1], status)
    np.testing.assert_array_equal(shown(axes[1]), fitted.map(status)[0])
    np.testing.assert_array_equal(shown(axes[2]), np.where(fitted.map(fitted.level)[0] < 0, np.nan, 0))
    degrees = int(np.median(fitted.fit.samples[fitted.fit.samples > 7])) - 7
    grid, density = axes[3].lines[0].get_data()
    np.testing.assert_allclose(density, stats.chi2(degrees, scale=1 / degrees).pdf(grid), rtol=1e-9)
    assert f"median {np.nanmedian(fitted.fit.reduced_chi2):.3f}" in axes[3].get_xlabel()


def test_pulls_are_residuals_in_errors_beside_a_narrower_gaussian(fitted):
    axes = figures.quality(fitted).axes
    used = (fitted.fit.status == fit.CONVERGED) & (fitted.level == 0)
    model = fitted.fit.evaluate()[used]
    pulls = (fitted.group.spectra[used] - model) / fitted.group.noise[0].sigma(model)
    pulls = pulls[np.isfinite(pulls)]
    assert f"rms {pulls.std():.3f}" in axes[4].get_xlabel()
    width = np.sqrt(1 - 7 / np.median(fitted.fit.samples[used]))
    grid, density = axes[4].lines[0].get_data()
    np.testing.assert_allclose(density, stats.norm(0, width).pdf(grid), rtol=1e-9)
    corners = axes[4].patches[0].get_xy()
    heights, edges = np.histogram(pulls, np.linspace(-5, 5, 81), density=True)
    inside = heights[(edges[:-1] > -1) & (edges[1:] < 1)]
    assert np.isin(np.round(inside, 9), np.round(corners[:, 1], 9)).all()


def test_worst_spectra_are_those_with_the_largest_chi2(fitted):
    figure = figures.worst(fitted, 3)
    order = np.argsort(-np.nan_to_num(fitted.fit.reduced_chi2))[:3]
    for axis, index in zip(figure.axes, order, strict=True):
        np.testing.assert_array_equal(axis.lines[0].get_ydata(), fitted.group.spectra[index])
        np.testing.assert_allclose(axis.lines[1].get_ydata(), fitted.fit.evaluate()[index], rtol=1e-9)
        _, y, x = np.unravel_index(index, fitted.group.shape)
        expected = f"t 0, y {y}, x {x}: χ² {fitted.fit.reduced_chi2[index]:.2f}, bin 1×1×1"
        assert axis.get_title(loc="left") == expected


def test_composition_shows_the_bias_and_both_errors():
    rng = np.random.default_rng(1)
    header = {"CRVAL1": 0.0, "CRPIX1": 1.0, "CDELT1": 4.0, "CRVAL2": 0.0, "CRPIX2": 1.0, "CDELT2": 1.0}
    arrays = rng.uniform(0.5, 3, (3, 1, 6, 4)).astype(np.float32)
    axes = figures.composition(maps.FipBias(*arrays, header)).axes
    for axis, array in zip(axes, arrays, strict=False):
        np.testing.assert_array_equal(shown(axis), array[0])


def test_graphs_of_the_ratio_show_both_sides_and_every_dem():
    found = composition.ratio(simulate.table(), ["s_4 750.22", "n_4 765.15", "o_3 703.87"], 9.0).graph
    left, right = figures.ratio(found).axes
    for line, values in zip(left.lines, found.functions[1:], strict=True):
        np.testing.assert_array_equal(line.get_ydata(), values)
    drawn = np.concatenate([line.get_ydata() for line in right.lines[1:]])
    np.testing.assert_array_equal(drawn, np.concatenate([found.reference, found.trial]))
    assert right.get_ylim()[0] < drawn.min()
    assert right.get_ylim()[1] > drawn.max()
