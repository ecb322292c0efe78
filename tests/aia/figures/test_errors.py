"""Figures of the error plane: the numbers they show are those of the error model and of the images."""

import numpy as np
import pytest
from drawing import SPOT, bar, beside, drawn, labels, line, shows

from helioreduce.aia import error
from helioreduce.aia.figures import errors
from helioreduce.aia.qa import noise
from helioreduce.errors import InputError
from helioreduce.image import Flag, Image

TABLE = [{"VER_NUM": 3, "WAVELNTH": 171, "DNPERPHT": 1.122, "COMPRESS": 14.4, "CALERR": 0.25, "CHIANTI": 0.3, "EVEERR": 0.02}]


def test_total_error_is_the_quadratic_sum_of_the_terms_and_that_of_the_error_step(frame):
    upper = drawn(errors.error_components, frame(), TABLE).axes[0]
    terms = [label for label in labels(upper) if label != "total"]
    assert terms == ["shot", "dark current", "read-out", "quantisation", "compression"]
    counts, total = line(upper, "total")
    np.testing.assert_allclose(total, np.sqrt(sum(line(upper, term)[1] ** 2 for term in terms)), rtol=1e-12)
    step = error.estimate(Image(np.tile(counts, (2, 1)).astype(np.float32), frame().header), TABLE[0])
    np.testing.assert_allclose(total, step.sigma[0], rtol=1e-5)
    shot = line(upper, "shot")[1]
    np.testing.assert_allclose(shot, np.sqrt(1.122 * counts), rtol=1e-12)


def test_pixels_are_counted_where_their_counts_are(frame):
    data = np.full((40, 50), 300.0)
    data[:10], data[10, 0] = 40.0, np.nan
    lower = drawn(errors.error_components, frame(data), TABLE).axes[1]
    (steps,) = lower.patches
    numbers, edges, _ = steps.get_data()
    for counts, expected in ((300, 1499), (40, 500), (1000, 0)):
        assert numbers[np.searchsorted(edges, counts) - 1] == expected
    assert numbers.sum() == 1999


def test_relative_errors_with_and_without_systematic_terms(frame):
    """Of a uniform field the median is the error of its counts; EVE and CHIANTI add in quadrature."""
    data = np.full((40, 50), 400.0)
    data[0], data[1] = 24.0, 5000.0
    image = frame(data)
    image.flags[1] = Flag.SATURATED
    figure = drawn(errors.error_histograms, image, TABLE)
    nominal = 100 * error.total(error.components(np.array([400.0]), 171, TABLE[0]))[0] / 400
    expected = {"nominal": nominal, "EVE": np.hypot(nominal, 2), "CHIANTI": np.hypot(nominal, 30)}
    assert set(labels(figure.axes[0])) == {f"{name}: median {value:.1f} %" for name, value in expected.items()}
    assert figure.axes[0].get_xlabel() == "σ / intensity [%]"


def test_histograms_hold_every_pixel_at_its_relative_error(frame, rng):
    image = frame(rng.uniform(30, 3000, (50, 50)))
    axis = drawn(errors.error_histograms, image, TABLE).axes[0]
    own = 100 * error.estimate(Image(image.data, image.header), TABLE[0]).sigma / image.data
    (nominal,) = (patch for patch in axis.patches if patch.get_label().startswith("nominal"))
    x, y = nominal.get_xy().T
    for low, high, number in zip(x[1:-1:2], x[2::2], y[1:-1:2], strict=True):
        assert number == np.count_nonzero((own >= low) & (own < high)) or abs(own - high).min() < 1e-4 * high


def test_a_dark_frame_says_why_there_is_no_histogram(frame):
    (text,) = errors.error_histograms(frame(np.full((20, 20), 3.0)), TABLE).texts
    assert text.get_text() == "No pixel of this frame has 25 DN or more."


def test_maps_of_the_error_and_of_the_relative_error(frame):
    image = frame(sigma=np.linspace(5, 20, 160))
    image.data[50:52] = -1.0
    image.flags[60] = Flag.NO_DATA
    absolute, axis, plot = drawn(errors.error_map, image).axes
    (own,), (shown,) = absolute.images, axis.images
    assert [bar(each).get_ylabel() for each in (absolute, axis)] == ["σ [DN]", "σ / intensity [%]"]
    assert beside(absolute) and beside(axis)
    for x, y in (SPOT, (20, 10), (140, 100)):
        assert shows(absolute, own, x, y, image.sigma[y, x])
        assert shows(axis, shown, x, y, 100 * image.sigma[y, x] / image.data[y, x])
    assert np.isnan(shown.get_array().filled(np.nan)[50:52]).all()
    good = (image.data > 0) & (image.flags == 0)
    ratio = (image.data / image.sigma)[good]
    assert plot.get_title(loc="left") == f"median {np.median(ratio):.1f}"
    assert plot.lines[0].get_xdata()[0] == np.median(ratio)
    heights = plot.patches[0].get_xy()[:, 1]
    assert heights[1 : heights.size // 2 : 2].sum() == pytest.approx(good.sum() / 1000, rel=0.01)


def test_map_needs_an_error_plane(frame):
    with pytest.raises(InputError, match="no error plane"):
        errors.error_map(Image(frame().data, frame().header))


def test_pulls_against_the_truth_have_sign_and_size(frame):
    """Bright pixels two sigma above the truth, faint ones one below: half of the pixels at 2, the fainter half at −1."""
    truth = np.where(np.arange(100) < 50, 100.0, 400.0) * np.ones((80, 1))
    image = frame(truth + np.where(truth > 200, 2.0, -1.0) * 5.0, sigma=5.0)
    axis = drawn(errors.pulls, [image], truth.astype(np.float32)).axes[0]
    assert axis.get_xlabel() == "(counts − expected counts) / σ"
    everything, fainter = (steps.get_data() for steps in axis.patches)
    for steps, expected in ((everything, {2.0: 0.5, -1.0: 0.5}), (fainter, {-1.0: 1.0})):
        found = {edge: share * 0.1 for share, edge in zip(steps.values, np.round(steps.edges, 6), strict=False) if share}
        assert set(found) == set(expected) and list(found.values()) == pytest.approx([expected[edge] for edge in found])
    assert labels(axis)[-1] == "standard normal" and line(axis, "standard normal")[1].max() == pytest.approx(0.3985, abs=1e-3)


def test_pulls_of_consecutive_frames_are_of_rates(frame, rng):
    """Exposures of 1 and 2 s of one scene: rates agree, and their difference has the noise of both."""
    scene = rng.uniform(100, 300, (150, 150))
    first = frame(scene + 10 * rng.standard_normal(scene.shape), sigma=10.0, EXPTIME=1.0)
    second = frame(2 * scene + 20 * rng.standard_normal(scene.shape), sigma=20.0, EXPTIME=2.0)
    axis = drawn(errors.pulls, [first, second]).axes[0]
    assert axis.get_xlabel() == "difference of consecutive frames / σ; between them the Sun turns by 0 px"
    spreads = [float(label.split()[-1]) for label in labels(axis)[:2]]
    assert [label.split(":")[0] for label in labels(axis)[:2]] == ["all pixels", "fainter half"]
    assert spreads == pytest.approx([1, 1], abs=0.03)


def test_correlation_in_x_is_drawn_along_x(frame, rng, monkeypatch):
    """A running mean of two pixels along x correlates neighbours in x by one half, and none in y."""
    white = rng.standard_normal((300, 300))
    fields = {"as read out": white, "level 1.5": 0.5 * (white + np.roll(white, 1, axis=1))}
    monkeypatch.setattr(noise, "through_steps", lambda *_: fields)
    first, second, _ = drawn(errors.autocorrelation, frame().header, 300, {}).axes
    written = {text.get_position(): int(text.get_text()) for text in second.texts}
    assert written[1, 0] == pytest.approx(50, abs=2) and abs(written[0, 1]) <= 2 and abs(written[1, 1]) <= 2
    (image,), (before,) = second.images, first.images
    above = noise.autocorrelation(fields["level 1.5"], 5)[6, 5]
    assert shows(second, image, 1.3, 0.3, 0.5) and shows(second, image, 0.3, 1.3, above)
    assert shows(first, before, 0, 0.3, 1.0)
    assert [axis.get_title(loc="left") for axis in (first, second)] == list(fields)


def test_autocorrelation_follows_the_settings_of_the_deconvolution(frame, monkeypatch):
    seen = []
    monkeypatch.setattr(noise, "through_steps", lambda header, side, options: seen.append((side, options)) or {"a": np.eye(20)})
    settings = {"iterations": 7, "core": "preflight", "tolerance": 0.05, "accelerate": True, "precision": "float64"}
    drawn(errors.autocorrelation, frame().header, 50, settings)
    drawn(errors.autocorrelation, frame().header, 50, {})
    (side, options), (_, none) = seen
    assert side == 50 and {name: getattr(options, name) for name in settings} == settings and none is None
