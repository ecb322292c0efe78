"""Panels: pixels where they are on the Sun, values as they are, colours from the scale."""

import numpy as np
import pytest

from helioreduce.spice import panels
from helioreduce.spice.panels import Scale

HEADER = {"CRVAL1": 100.0, "CRPIX1": 2.0, "CDELT1": 4.0, "CRVAL2": -50.0, "CRPIX2": 1.0, "CDELT2": 1.0, "XPOSURE": 30.0}


def test_edges_are_half_a_pixel_outside_the_centres():
    """Pixel 1 of 3 columns has its centre at 96″, pixel 1 of 5 rows at −50″."""
    assert panels.geometry(HEADER, (1, 5, 3)) == (94.0, 106.0, -50.5, -45.5, "solar X [arcsec]")
    assert panels.geometry(HEADER, (8, 5, 1)) == (0.0, 4.0, -50.5, -45.5, "time [min]")


def test_image_of_a_map():
    rng = np.random.default_rng(1)
    raster, series, repeated = rng.normal(size=(1, 4, 3)), rng.normal(size=(5, 4, 1)), rng.normal(size=(3, 4, 2))
    np.testing.assert_array_equal(panels.flat(raster), raster[0])
    np.testing.assert_array_equal(panels.flat(series), series[:, :, 0].T)
    repeated[0, 1, 1] = np.nan
    repeated[:, 2, 0] = np.nan
    expected = np.nanmean(np.where(np.isnan(repeated).all(axis=0), 0, repeated), axis=0)
    expected[2, 0] = np.nan
    np.testing.assert_allclose(panels.flat(repeated), expected)


@pytest.mark.parametrize("scale", [Scale(0.5, 2), Scale(1, 100, logarithmic=True), Scale(-0.5, 3.5, open=False)])
def test_a_panel_shows_the_values_on_its_scale(scale):
    cube = np.random.default_rng(1).uniform(1, 3, (1, 5, 3))
    cube[0, 1, 1] = np.nan
    row = panels.row(HEADER, cube.shape, 2)
    bar = row.draw(1, cube, "Title", "viridis", scale)
    (image,) = row.axes[1].images
    np.testing.assert_array_equal(np.ma.filled(image.get_array(), np.nan), cube[0])
    assert image.get_clim() == (scale.low, scale.high)
    assert image.get_extent() == [94.0, 106.0, -50.5, -45.5]
    assert image.norm(scale.high) == 1
    middle = np.sqrt(scale.low * scale.high) if scale.logarithmic else (scale.low + scale.high) / 2
    assert image.norm(middle) == pytest.approx(0.5)
    assert [text.get_text() for text in row.figure.texts] == ["Title"]
    assert bar.get_position().y0 > row.axes[1].get_position().y1


def test_panels_have_the_proportions_of_the_raster():
    row = panels.row(HEADER, (1, 16, 3), 3)
    width, height = row.figure.get_size_inches()
    box = row.axes[0].get_position()
    assert box.height * height / (box.width * width) == pytest.approx(16 / 12)
    tall = panels.row(HEADER, (1, 800, 3), 3)
    box, (width, height) = tall.axes[0].get_position(), tall.figure.get_size_inches()
    assert box.height * height / (box.width * width) == pytest.approx(2.0)


def test_marks_of_a_logarithmic_bar():
    assert panels._marks(1, 100) == [1, 2, 5, 10, 20, 50, 100]
    assert panels._marks(0.1, 1000) == [0.1, 1, 10, 100, 1000]
