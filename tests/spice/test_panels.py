"""Panels: pixels where they are on the Sun, values as they are, colours from the scale."""

import numpy as np
import pytest
from astropy.wcs import WCS

from helioreduce.spice import files, level2, panels
from helioreduce.spice.panels import Scale

pytestmark = pytest.mark.filterwarnings("ignore::astropy.wcs.FITSFixedWarning", "ignore:.*not verified")
HEADER = {"CRVAL1": 100.0, "CRPIX1": 2.0, "CDELT1": 4.0, "CRVAL2": -50.0, "CRPIX2": 1.0, "CDELT2": 1.0, "XPOSURE": 30.0}


def test_edges_are_half_a_pixel_outside_the_centres():
    """Pixel 1 of 3 columns has its centre at 96″, pixel 1 of 5 rows at −50″; exposures follow each other by the cadence."""
    raster, series = panels.geometry(HEADER, (1, 5, 3)), panels.geometry({**HEADER, "CADENCE": 60.0}, (8, 5, 1))
    assert (*raster.x, *raster.y, raster.horizontal) == (94.0, 106.0, -50.5, -45.5, "solar X [arcsec]")
    assert (*series.x, *series.y, series.horizontal) == (0.0, 8.0, -50.5, -45.5, "time [min]")


@pytest.mark.parametrize("columns", [1, 3])
def test_columns_of_a_slit_that_stands_still_are_numbered(columns):
    """CDELT1 0: they have no width on the Sun."""
    row = panels.row({**HEADER, "CDELT1": 0.0}, (1, 5, columns), 1)
    row.draw(0, np.ones((1, 5, columns)), "values", "viridis", Scale(0, 1))
    assert (*row.axes[0].get_xlim(), *row.axes[0].get_ylim()) == (0.5, columns + 0.5, -50.5, -45.5)
    assert row.axes[0].get_xlabel() == "column; the slit stands still"


def test_maps_whose_rotation_was_taken_out_say_of_which_time_they_are():
    turned = panels.row({**HEADER, "ROTATION": "howard", "ROTREF": "2022-03-17T00:25:44.083"}, (1, 5, 3), 3)
    assert turned.axes[2].get_xlabel() == "solar X [arcsec] at 2022-03-17T00:25:44"
    assert panels.row(HEADER, (1, 5, 3), 3).axes[2].get_xlabel() == "solar X [arcsec]"


def test_pixels_are_where_the_matrix_puts_them_on_the_sun(real):
    """The header of a real raster with a roll of 2.1°: within 0.01″ of astropy.wcs and, through it, of sunpy; 33″ aslant."""
    from astropy import units
    from sunpy.coordinates import Helioprojective

    window = files.read_level2(real / "spice/solo_L2_spice_NeVIII_20220317_window.fits")[0]
    header = level2.spatial_header(window.header)
    matrix = panels.geometry(header, window.shape).matrix
    x, y = (places.ravel() for places in np.meshgrid([0, 1, 2], [0, 415, 831]))
    drawn = (matrix @ [x, y, np.ones(x.size)])[:2]
    own = WCS(header)
    lon, lat, _ = own.pixel_to_world_values(x, y, 0 * x)
    np.testing.assert_allclose(drawn, 3600 * np.array([lon, lat]), atol=0.01)
    sky = own.pixel_to_world(x, y, 0 * x)[0].transform_to(Helioprojective(obstime=header["DATE-AVG"], observer="earth"))
    assert np.isfinite(sky.Tx.to_value(units.arcsec)).all()
    slant = drawn[0, -3] - drawn[0, 0]
    assert abs(slant) == pytest.approx(1.098 * 831 * np.tan(np.radians(header["CROTA"])), rel=0.02)
    assert abs(slant) > 33


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
    assert image.get_extent() == [-0.5, 2.5, -0.5, 4.5]
    place = image.get_transform().transform([(0, 0), (2, 4)]) - row.axes[1].transData.transform([(96, -50), (104, -46)])
    np.testing.assert_allclose(place, 0, atol=1e-9)
    assert row.axes[1].get_xlim() == (94.0, 106.0)
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
