"""The quick look: intensity and relative error at their places and in their units."""

from itertools import pairwise

import numpy as np
import pytest
from drawing import SPOT, bar, beside, drawn, shows

from helioreduce.aia.figures import quicklook
from helioreduce.errors import InputWarning
from helioreduce.image import Flag, Image
from helioreduce.io import plots, provenance


@pytest.fixture
def image(frame):
    """An image of roll 0 whose relative error runs from 5 to 40 %; three pixels are missing."""
    image = frame(CROTA2=0.0, CRPIX1=80.5, CRPIX2=60.5, CRVAL1=0.0, CRVAL2=0.0)
    image.data[100, :3] = np.nan
    share = np.linspace(0.05, 0.4, 160, dtype=np.float32)
    return Image(image.data, image.header, np.abs(image.data) * share)


def arcsec(x, y):
    """Middle of a pixel, by CRPIX and CDELT."""
    return (x + 1 - 80.5) * 0.6, (y + 1 - 60.5) * 0.6


def test_relative_error_is_drawn_in_per_cent_at_its_place(image):
    axis = drawn(quicklook.draw, image).axes[1]
    (shown,) = axis.images
    share = np.linspace(5, 40, 160)
    for x, y in (SPOT, (10, 10), (150, 100), (80, 60)):
        assert shown.get_array()[y, x] == pytest.approx(share[x], rel=1e-5)
        assert shows(axis, shown, *arcsec(x, y), share[x])
    assert (
        (shown.norm.vmin, shown.norm.vmax) == (1, 100) and bar(axis).get_ylabel() == "error of one pixel [%]" and beside(axis)
    )


def test_intensity_is_drawn_at_its_place_and_its_ticks_are_its_values(image):
    figure = drawn(quicklook.draw, image, style=quicklook.STYLE)
    axis = figure.axes[0]
    scale_bar = bar(axis)
    (shown,) = axis.images
    scale = np.nanpercentile(image.data, 99.9) / 50
    for x, y in (SPOT, (10, 10), (10, 110), (150, 100)):
        assert shows(axis, shown, *arcsec(x, y), np.arcsinh(image.data[y, x] / scale))
    ticks = {float(text.get_text()): y for text, y in zip(scale_bar.get_yticklabels(), scale_bar.get_yticks(), strict=True)}
    assert {100.0, 300.0} <= set(ticks)
    np.testing.assert_allclose([np.sinh(y) * scale for y in ticks.values()], list(ticks), atol=1e-9)
    assert scale_bar.get_ylabel() == "DN" and beside(axis) and axis.get_xlabel() == "helioprojective longitude [arcsec]"
    assert axis.get_title() == "SDO/AIA 171 Å   T_OBS 2014-01-01T00:00:01.34Z\nlevel 1, exposure 2.000 s"


def test_binning_keeps_places_and_relative_errors(image):
    """Blocks of 3 pixels: 160 columns leave one over, which is not drawn."""
    figure = drawn(quicklook.draw, image, pixels=54)
    axis = figure.axes[1]
    (shown,) = axis.images
    assert shown.get_array().shape == (40, 53)
    np.testing.assert_allclose(shown.get_extent(), [-48.0, -48.0 + 159 * 0.6, -36.0, 36.0])
    x, y = 4, 7
    block = np.s_[3 * y : 3 * y + 3, 3 * x : 3 * x + 3]
    expected = 100 * image.sigma[block].mean() / image.data[block].mean()
    assert shown.get_array()[y, x] == pytest.approx(expected, rel=1e-5)


def test_caveats_stand_below(image):
    assert drawn(quicklook.draw, image).get_supxlabel() == ""
    with pytest.warns(InputWarning):
        provenance.caveat(image.header, "taken although IMG_TYPE = DARK: dark image")
    assert drawn(quicklook.draw, image).get_supxlabel() == "taken although IMG_TYPE = DARK: dark image"


def test_without_an_error_plane_the_intensity_is_alone(image):
    assert len(drawn(quicklook.draw, Image(image.data, image.header)).axes) == 1


def test_saturated_pixels_are_painted_and_counted(image):
    """On both panels, whatever their values; a hundredth of the image here."""
    image.flags[40:44, 20:60] = Flag.SATURATED
    sigma = np.where(image.flagged("saturated"), np.float32(np.inf), image.sigma)
    figure = drawn(quicklook.draw, image.with_(sigma=sigma))
    for axis in figure.axes[:2]:
        painted = axis.images[-1].get_array()
        np.testing.assert_array_equal(~np.ma.getmaskarray(painted), image.flagged("saturated"))
        assert any("% saturated: lower limits" in text.get_text() for text in axis.texts)


def test_a_frame_without_a_pixel_says_so(image):
    empty = image.with_(data=np.full_like(image.data, np.nan), flags=np.full_like(image.flags, Flag.NO_DATA))
    assert "no pixel has data" in [text.get_text() for text in drawn(quicklook.draw, empty).axes[0].texts]


def test_a_frame_that_is_saturated_everywhere_is_drawn(image):
    flags, sigma = np.full_like(image.flags, Flag.SATURATED), np.full_like(image.sigma, np.inf)
    figure = drawn(quicklook.draw, image.with_(flags=flags, sigma=sigma))
    assert any("1e+02 %" in text.get_text() or "100 %" in text.get_text() for text in figure.axes[0].texts)


def test_the_limb_is_where_the_header_says(image):
    """RSUN_OBS arcsec around the Sun's centre; the field of view stays that of the image."""
    image.header["RSUN_OBS"] = 30.0
    for axis in drawn(quicklook.draw, image).axes:
        (circle,) = axis.patches
        assert circle.center == (0, 0) and circle.radius == 30
        np.testing.assert_allclose([*axis.get_xlim(), *axis.get_ylim()], axis.images[0].get_extent())


@pytest.mark.parametrize("value", [None, ""])
def test_a_header_without_a_radius_has_no_limb(image, value):
    image.header["RSUN_OBS"] = value
    assert not quicklook.draw(image).axes[0].patches


def test_colours_of_a_bright_cut_out_begin_at_zero(image):
    """Nothing of the colour bar lies below its colours, and every tick is within them."""
    axis = drawn(quicklook.draw, image.with_(data=image.data + 1000)).axes[0]
    (shown,), scale = axis.images, bar(axis)
    assert shown.norm.vmin == 0 and scale.get_ylim() == (shown.norm.vmin, shown.norm.vmax)
    assert all(0 <= tick <= shown.norm.vmax for tick in scale.get_yticks())


@pytest.mark.parametrize("shape", [(60, 600), (600, 60), (60, 2000), (2000, 60), (300, 300)], ids=str)
def test_colour_bars_can_be_read_whatever_the_shape(image, shape):
    """A bar is at least 0.08 × 1.6 inches, right of its image and within the figure; none of its labels touch each other."""
    rng = np.random.default_rng(1)
    data = rng.uniform(10, 3000, shape).astype(np.float32)
    figure = drawn(quicklook.draw, Image(data, image.header, np.sqrt(data)), style=quicklook.STYLE)
    for axis in figure.axes:
        scale = bar(axis)
        box = scale.get_window_extent()
        assert box.width >= 0.079 * figure.dpi and box.height >= 0.9 * 1.59 * figure.dpi  # with pointed ends of 5 %
        assert box.x0 > axis.get_window_extent().x1 and scale.yaxis.label.get_window_extent().x1 <= figure.bbox.x1
        labels = [text.get_window_extent() for text in scale.get_yticklabels() if text.get_text()]
        assert len(labels) >= 3 and all(above.y0 > below.y1 for below, above in pairwise(labels))


def test_a_noisy_full_frame_has_300_kb_at_most(image, tmp_path):
    """A Sun of 15 % noise a pixel, twice that of 335 Å, with a dark sky around, at 1024 pixels a side: the largest file."""
    rng = np.random.default_rng(2)
    y, x = np.mgrid[:1024, :1024] - 511.5
    sun = 30 * np.exp(-np.clip(np.hypot(x, y) - 400, 0, None) / 60) + 1
    data = (sun * rng.normal(1, 0.15, sun.shape)).astype(np.float32)
    plots.write([tmp_path / "look.jpg"], quicklook.draw, Image(data, image.header, np.abs(data) * 0.15), style=quicklook.STYLE)
    assert 50_000 < (tmp_path / "look.jpg").stat().st_size <= 300_000


def test_without_crval_the_suns_centre_is_crpix(image):
    expected = drawn(quicklook.draw, image).axes[0].images[0].get_extent()
    for key in ("CRVAL1", "CRVAL2"):
        del image.header[key]
    assert drawn(quicklook.draw, image).axes[0].images[0].get_extent() == expected
