"""Figures of the response: columns of the product, and the factors between them."""

import numpy as np
import pytest
from drawing import drawn, labels, line

from helioreduce.aia.figures import response, style
from helioreduce.aia.response import model, tables

FACTORS = tables.Factors(0.8, 1.1)


@pytest.fixture(scope="module")
def channels():
    return model.instrument()


@pytest.fixture
def wavelength(channels):
    """The product of a channel: ``wavelength(94)``."""
    meta = {"time": "2014-01-01T00:00:00", "instrument": "a.genx, sha256 123; b.genx, sha256 456"}
    return lambda channel, factors=FACTORS: tables.of_wavelength(channels, channel, factors, blend=True, meta=meta)


def test_components_multiply_to_the_effective_area(wavelength, channels):
    figure = drawn(response.response_components, wavelength(94))
    left, right, gain = figure.axes
    curves = [np.asarray(own.get_ydata()) for own in left.lines]
    assert labels(left) == [
        "primary mirror", "secondary mirror", "entrance filter", "focal-plane filter", "contamination", "quantum efficiency",
    ]  # fmt: skip
    wave, area = line(right, "effective area")
    np.testing.assert_allclose(area, 83.0 * np.prod(curves, axis=0), rtol=1e-12)
    np.testing.assert_array_equal(wave, channels[94].wavelength)
    other = channels[304].effective_area / channels[304].focal_plane_filter * channels[94].focal_plane_filter
    np.testing.assert_allclose(line(right, "crosstalk")[1], other, rtol=1e-12)
    np.testing.assert_allclose(gain.lines[0].get_ydata(), channels[94].gain)
    assert figure.legends[0].get_title().get_text() == "a.genx; b.genx"
    low, high = left.get_xlim()
    inside = (wave >= low) & (wave <= high)
    assert area[~inside].max(initial=0) <= 1e-7 * area.max() < area[inside][[0, -1]].min()


def test_a_channel_alone_has_no_crosstalk(wavelength):
    assert labels(drawn(response.response_components, wavelength(171)).axes[1]) == ["effective area"]


def test_variants_are_products_of_the_factors(wavelength):
    product = wavelength(94)
    near, whole = drawn(response.response_variants, product).axes
    plain = np.asarray(product["effective_area"]) * np.asarray(product["gain"])
    blended = (np.asarray(product["effective_area"]) + np.asarray(product["crosstalk"])) * np.asarray(product["gain"])
    expected = {
        "components, at launch": plain, "with crosstalk": blended, "× degradation 0.8000": 0.8 * blended,
        "× EVE 1.1000": 1.1 * blended, "× degradation × EVE": 0.88 * blended,
    }  # fmt: skip
    assert labels(near) == list(expected)
    for axis in (near, whole):
        for label, values in expected.items():
            np.testing.assert_allclose(line(axis, label)[1], values, rtol=1e-12)
    np.testing.assert_allclose(line(near, "× degradation × EVE")[1], product["at_date"], rtol=1e-12)
    assert near.get_xlim()[0] < 93.9 < near.get_xlim()[1] and np.ptp(near.get_xlim()) < 5
    assert near.get_title(loc="left") == "94 Å on 2014-01-01"


def test_variants_without_eve_and_crosstalk(wavelength):
    axis = drawn(response.response_variants, wavelength(171, tables.Factors(0.5, None))).axes[0]
    assert labels(axis) == ["components, at launch", "× degradation 0.5000"]


def test_temperature_responses_at_launch_and_at_the_date(channels):
    light, meta = model.emissivity(), {"time": "2014-01-01T00:00:00", "instrument": "model"}
    product = tables.of_temperature(channels, light, {171: FACTORS, 94: FACTORS}, blend=True, fix=None, meta=meta)
    axis = drawn(response.temperature_response, product).axes[0]
    assert labels(axis) == ["94 Å", "171 Å"]
    thick, thin = axis.lines[::2], axis.lines[1::2]
    for channel, launch, date in zip((94, 171), thick, thin, strict=True):
        np.testing.assert_allclose(launch.get_xdata(), light.log_temperature)
        np.testing.assert_array_equal(launch.get_ydata(), product[f"at_launch_{channel}"])
        np.testing.assert_allclose(date.get_ydata(), 0.8 * np.asarray(launch.get_ydata()), rtol=1e-12)
        assert launch.get_color() == date.get_color() == style.CHANNELS[channel]["color"]
    peak = thick[1].get_xdata()[np.argmax(thick[1].get_ydata())]
    assert peak == pytest.approx(5.9, abs=0.11)  # Fe IX
    assert "2014-01-01" in axis.get_legend().get_title().get_text()
