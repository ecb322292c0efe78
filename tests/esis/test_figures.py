"""Figures of ESIS: what is drawn are the numbers that were given."""

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from helioreduce.esis import camera, figures
from helioreduce.esis.values import Drift
from helioreduce.io import fits

SHAPE = (40, 60)


@pytest.fixture
def images(rng):
    return rng.uniform(10, 20, (4, *SHAPE))


def arcsec(x, y):
    """Helioprojective place of pixel (x, y), from 0, of the level-3 grid."""
    return (np.array([x, y]) + 1 - np.array(camera.GRID_CRPIX)) * 0.6


def pictures(figure):
    return [(axis.get_title(), axis.images[0]) for axis in figure.axes if axis.images]


def test_cameras_are_shown_at_their_place_beside_the_target(images):
    target = images[0] + 5
    shown = pictures(figures.coalignment(images, target, "O V"))
    assert [title for title, _ in shown] == ["camera 1", "camera 2", "camera 3", "camera 4", "target"]
    for (_, picture), image in zip(shown, [*images, target], strict=True):
        np.testing.assert_array_equal(picture.get_array(), image[::2, ::2])
        left, right, bottom, top = picture.get_extent()
        np.testing.assert_allclose([left, bottom], arcsec(-0.5, -0.5))
        np.testing.assert_allclose([right, top], arcsec(SHAPE[1] - 0.5, SHAPE[0] - 0.5))
        assert picture.norm.vmin == 0 and picture.norm.vmax == pytest.approx(np.percentile(image, 99.5))


def test_without_a_target_there_are_four_pictures(images):
    assert len(pictures(figures.coalignment(images, np.full(SHAPE, np.nan), "O V"))) == 4


def lines(axis):
    return {line.get_label(): line.get_ydata() for line in axis.lines}


def test_correlations_are_means_ratios_and_those_with_the_target(rng):
    internal, aim = rng.uniform(0.8, 0.9, (3, 2, 2, 6)), rng.uniform(0.3, 0.5, (3, 2, 4))
    left, middle, right = figures.correlation(internal, aim, [120, 121, 123]).axes
    means = lines(left)
    for stage, kind in enumerate(("linear", "quadratic")):
        for area, name in enumerate(("full frame", "inside the field stops")):
            np.testing.assert_array_equal(means[f"{kind}, {name}"], internal[:, stage, area].mean(axis=1))
    ratios = lines(middle)
    for pair, name in enumerate(("1–2", "1–3", "1–4", "2–3", "2–4", "3–4")):
        np.testing.assert_array_equal(ratios[name], internal[:, 1, 0, pair] / internal[:, 0, 0, pair])
    found = lines(right)
    for index, number in enumerate(camera.CAMERAS):
        np.testing.assert_array_equal(found[f"camera {number}"], aim[:, 1, index])
    assert all(list(axis.lines[0].get_xdata()) == [120, 121, 123] for axis in (left, middle, right))


def test_legends_lie_on_no_line_and_labels_are_whole(rng):
    figure = figures.correlation(rng.uniform(0.8, 0.9, (3, 2, 2, 6)), rng.uniform(0.3, 0.5, (3, 2, 4)), [120, 121, 123])
    FigureCanvasAgg(figure).draw()
    for axis in figure.axes:
        assert axis.get_legend().get_window_extent().y1 < axis.get_window_extent().y0
        label = axis.yaxis.label.get_window_extent()
        assert figure.bbox.y0 <= label.y0 and label.y1 <= figure.bbox.y1


def test_a_flight_without_a_target_says_so(rng):
    figure = figures.correlation(rng.uniform(size=(3, 2, 2, 6)), np.full((3, 2, 4), np.nan), [1, 2, 3])
    assert "no target" in figure.axes[2].texts[0].get_text() and not figure.axes[2].lines


def test_outlines_are_closed_and_in_arcsec(images):
    outlines = [np.array([[10.0, 10 + n], [30, 10], [30, 30]]) for n in range(4)]
    for axis, outline in zip(figures.masks(images, outlines, "O V").axes, outlines, strict=True):
        drawn = axis.lines[0].get_xydata()
        np.testing.assert_allclose(drawn[:-1], [arcsec(*vertex) for vertex in outline])
        np.testing.assert_array_equal(drawn[0], drawn[-1])


def test_differences_are_relative_and_their_rms_is_reported(images):
    linear, quadratic, corrected = images, images + 1, images.copy()
    corrected[2, :5] = np.nan
    shown = pictures(figures.differences(linear, quadratic, corrected))
    for (title, picture), stack in zip(shown, (linear, quadratic, corrected), strict=True):
        a, b = (stack[k] / stack[k][5:].mean() for k in (0, 3))
        difference = a - b
        assert np.isnan(np.ma.filled(picture.get_array(), np.nan)[:2]).all()
        np.testing.assert_allclose(picture.get_array()[3:], difference[6::2, ::2])
        assert title.endswith(f"rms {difference[5:].std():.3f}")


def test_slopes_stand_above_those_of_single_sequences(rng, images):
    slopes, single = np.array([[0.4, 0.3, 0.2, 0.5], [0.01, 0.02, 0.03, 0.04]]), rng.uniform(0.2, 0.5, (3, 4))
    axis = figures.vignetting(images / 10, slopes, single).axes[4]
    *dots, fitted = [line for line in axis.lines if line.get_marker() in (".", "o")]
    for index, line in enumerate(dots):
        np.testing.assert_array_equal(line.get_xydata(), [[index + 1, slope] for slope in single[:, index]])
    np.testing.assert_array_equal(fitted.get_xydata(), np.stack([camera.CAMERAS, slopes[0]], axis=1))
    bars = axis.containers[0].lines[2][0].get_segments()
    np.testing.assert_allclose([np.ptp(bar[:, 1]) / 2 for bar in bars], slopes[1])


def test_the_drift_is_shown_with_its_curve_and_the_distance_from_it(rng):
    measured, fitted = rng.normal(size=(2, 3, 2))
    found = Drift(np.array([120, 121, 123]), np.array([0.0, 10, 30]), measured, fitted, None, np.ones(3, bool))
    left, right = figures.drift(found).axes
    drawn = [line.get_ydata() for line in left.lines]
    for axis in (0, 1):
        np.testing.assert_array_equal(drawn[2 * axis], measured[:, axis])
        np.testing.assert_array_equal(drawn[2 * axis + 1], fitted[:, axis])
        np.testing.assert_array_equal(right.lines[axis].get_ydata(), (measured - fitted)[:, axis])
    assert list(left.lines[0].get_xdata()) == [120, 121, 123]


def test_a_picture_says_how_well_its_coordinates_are_known():
    assert figures.coordinates(fits.cards(CSYER1=5.0)) == "relative coordinates ± 5″"
    assert figures.coordinates(fits.cards(CSYER1=0.4, TARGET="aia.fits")) == "coordinates ± 0.4″"


def test_a_camera_without_light_is_an_empty_picture(images):
    images[1] = np.nan
    shown = pictures(figures.coalignment(images, np.full(SHAPE, np.nan), "O V"))
    assert (len(shown) == 4 and np.ma.getmaskarray(shown[1][1].get_array()).all()) or np.isnan(shown[1][1].get_array()).all()
    title = pictures(figures.differences(images, images, images))[0][0]
    assert "rms" in title


def test_disagreement_shows_every_event_in_every_camera(images):
    """The picture ends where the cameras do; circles lie on the events."""
    significance = images - images.mean(axis=0)
    significance[:, :4], significance[:, :, -6:] = np.nan, np.nan
    events = [{"x_arcsec": 3.0, "y_arcsec": -4.0}, {"x_arcsec": 5.0, "y_arcsec": -2.0}]
    figure = Figure()
    figures.disagreement(figure, (significance, events, "O V"))
    assert figure.get_suptitle() == "ESIS, O V"
    shown = pictures(figure)
    for (title, picture), image, number in zip(shown[:4], significance, camera.CAMERAS, strict=True):
        assert title == f"camera {number}"
        np.testing.assert_array_equal(np.ma.filled(picture.get_array(), np.nan), image)
        (circles,) = picture.axes.lines
        np.testing.assert_array_equal(circles.get_xydata(), [[3, -4], [5, -2]])
    assert shown[0][1].axes.get_ylim()[0] == pytest.approx(arcsec(0, 4)[1])
    assert shown[0][1].axes.get_xlim()[1] == pytest.approx(arcsec(SHAPE[1] - 7, 0)[0])
    figures.disagreement(Figure(), (np.full_like(significance, np.nan), [], "nothing seen"))
