"""Solar images in figures: coordinates, orientation, cut-outs, binning, colours."""

import re

import numpy as np
import pytest
from astropy.io.fits import Header
from astropy.wcs import WCS
from drawing import SPOT, bar, beside, drawn, shows
from matplotlib.backends.backend_agg import RendererAgg
from matplotlib.colors import AsinhNorm

from helioreduce.aia.figures import sky
from helioreduce.errors import InputError
from helioreduce.image import Image
from helioreduce.io import plots


@pytest.fixture
def image(level1_header, rng):
    level1_header.update(CRPIX1=70.3, CRPIX2=-20.1, CDELT1=0.6, CDELT2=0.599, CROTA2=12.0, RSUN_OBS=975.0)
    y, x = np.mgrid[:120, :160]
    data = 100 + rng.normal(0, 3, (120, 160)) + 400 * np.exp(-((x - 110 + 0.2 * y) ** 2) / 18)
    return Image(data.astype(np.float32), level1_header, np.full((120, 160), 3.0, np.float32))


def test_coordinates_are_those_of_the_header(image):
    header = Header({key: image.header[key] for key in image.header if key.startswith(("C", "NAXIS"))})
    x, y = np.array([0.0, 50, 119]), np.array([3.0, 80, 100])
    expected = np.array(WCS(header).wcs_pix2world(x, y, 0)) * 3600
    np.testing.assert_allclose(sky.arcsec(image, x, y), (expected + 648000) % 1296000 - 648000, atol=1e-6)


def test_cut_out_keeps_coordinates_and_planes(image):
    part = sky.cut(image, (100, 60), 40)
    assert part.data.shape == part.sigma.shape == part.flags.shape == (40, 40)
    np.testing.assert_array_equal(part.data, image.data[40:80, 80:120])
    np.testing.assert_allclose(sky.arcsec(part, 5, 7), sky.arcsec(image, 85, 47), atol=1e-9)
    assert sky.cut(image, (0, 0), 40).data[0, 0] == image.data[0, 0]


def test_binning_averages_and_keeps_coordinates(image):
    image.data[:2, :2] = np.nan
    small = sky.binned(image, 80)
    assert small.data.shape == (60, 80) and np.isnan(small.data[0, 0])
    assert small.data[10, 10] == pytest.approx(image.data[20:22, 20:22].mean(dtype=float), rel=1e-6)
    np.testing.assert_allclose(sky.arcsec(small, 10, 10), sky.arcsec(image, 20.5, 20.5), atol=1e-6)


def test_liveliest_place_is_the_structure(rng):
    data = 1000 + rng.normal(0, 10, (400, 400))
    data[:, :150] += 3000  # brighter, but flat
    for row in range(240, 320, 16):
        data[row : row + 3, 260:340] += 2000
    x, y = sky.liveliest(Image(data.astype(np.float32), Header()), 120)
    assert 240 < x < 360 and 220 < y < 340
    small = Image(data[:40, :48].astype(np.float32), Header())
    x, y = sky.liveliest(small, 600)  # a cut-out larger than the image is the image
    assert 0 <= x < 48 and 0 <= y < 40


@pytest.mark.parametrize("columns", [1, 2, 3])
def test_numbers_below_a_panel_are_all_there_and_do_not_touch(image, monkeypatch, columns):
    """At 480″ across, centred at −900″, with numbers of five characters."""
    written, write = {}, RendererAgg.draw_text

    def record(renderer, gc, x, y, text, *more, **options):
        written.setdefault(text, x)  # of the first panel
        write(renderer, gc, x, y, text, *more, **options)

    image.header.update(CRVAL1=-900.0, CRPIX1=80.0, CDELT1=3.0, CDELT2=3.0, CROTA2=0.0)
    monkeypatch.setattr(RendererAgg, "draw_text", record)

    def draw():
        figure = plots.new()
        for column, place in enumerate(figure.add_gridspec(1, columns)):
            sky.axes(figure, image, place, ylabel=column == 0).imshow(image.data)
        return figure

    wide = 0.62 * len("−1000") * drawn(draw).dpi * plots.STYLE["font.size"] / 72  # of one number, px
    found = [int(text.replace("−", "-")) for text in written if re.fullmatch("−1?[0-9]{3}", text)]
    places = [x for _, x in sorted(zip(found, (written[f"−{-value}"] for value in found), strict=True))]
    assert len(found) >= 2 and min(np.diff(places)) > 1.2 * wide
    assert len(set(np.diff(sorted(found)))) == 1, "none is left out between others"


def test_round_steps_do_not_crowd():
    steps = sky.round_steps(sky.stretch(np.geomspace(1, 1000, 500)))
    assert len(steps) >= 4 and steps == sorted(steps)


@pytest.mark.parametrize("ends", [(130, 320), (900, 1000), (0.02, 0.03), (5, 5.4)])
def test_a_narrow_range_has_round_steps_too(ends):
    norm = AsinhNorm(linear_width=(ends[1] - ends[0]) / 20, vmin=ends[0], vmax=ends[1])
    steps = sky.round_steps(norm)
    assert len(steps) > 2 and ends[0] <= steps[0] < steps[-1] <= ends[1] and float(f"{steps[0]:g}") == pytest.approx(steps[0])


def draw(image):
    figure = plots.new(plots.COLUMN, 3)
    axis = sky.axes(figure, image, 111)
    sky.bar(figure, sky.draw(axis, image, title="171 Å"), axis, "intensity [DN]")
    sky.limb(axis, image)
    return figure


def test_pixels_are_drawn_at_their_coordinates(frame):
    """The bright square is where its pixels are, and where the WCS says; the first row is below."""
    image = frame()
    axis = drawn(draw, image).axes[0]
    (shown,), world = axis.images, axis.get_transform("world")
    longitude, latitude = sky.arcsec(image, *np.array(SPOT, float))
    assert shows(axis, shown, *SPOT, 600.0)
    assert shows(axis, shown, longitude / 3600, latitude / 3600, 600.0, world)
    for x, y in ((SPOT[0], 119 - SPOT[1]), (159 - SPOT[0], SPOT[1]), (20, 10), (20, 110)):
        assert shows(axis, shown, x, y, image.data[y, x])
    below, above = (axis.transData.transform((80, y))[1] for y in (0, 119))
    assert below < above


def test_limb_is_a_circle_of_the_suns_radius(frame):
    axis = drawn(draw, frame()).axes[0]
    longitude, latitude = axis.lines[0].get_data()
    np.testing.assert_allclose(np.hypot(longitude, latitude) * 3600, 975.0, rtol=1e-12)


def test_colour_bar_has_round_numbers_at_their_colours(frame):
    figure = drawn(draw, frame())
    scale = bar(figure.axes[0])
    ticks = {text.get_text(): y for text, y in zip(scale.get_yticklabels(), scale.get_yticks(), strict=True)}
    assert len(ticks) >= 2 and all(float(label) == value for label, value in ticks.items())
    assert scale.get_ylabel() == "intensity [DN]" and figure.axes[0].images[0].norm.vmin <= min(ticks.values())


def test_relative_error_is_in_per_cent_and_never_negative():
    found = sky.relative_error(np.array([100.0, 50.0, 0.0, -5.0, np.nan]), np.array([3.0, 5.0, 1.0, 1.0, 1.0]))
    np.testing.assert_allclose(found, [3.0, 10.0, np.inf, np.nan, np.nan])


def test_colour_bar_is_as_tall_as_its_image(frame):
    assert beside(drawn(draw, frame()).axes[0])


def test_a_box_in_arcsec_is_cut_out(image):
    """Every pixel of the box is there, and at most one row or column more on either side."""
    longitude, latitude = sky.arcsec(image, *np.meshgrid(np.arange(160), np.arange(120)))
    left, bottom = longitude[40, 50], latitude[40, 50]
    box = [left, bottom, left + 24, bottom + 18]
    part = sky.within(image, box)
    inside = (longitude >= box[0]) & (longitude <= box[2]) & (latitude >= box[1]) & (latitude <= box[3])
    found = sky.arcsec(part, *np.meshgrid(np.arange(part.data.shape[1]), np.arange(part.data.shape[0])))
    kept = (found[0] >= box[0]) & (found[0] <= box[2]) & (found[1] >= box[1]) & (found[1] <= box[3])
    assert np.array_equal(part.data[kept], image.data[inside])
    rows, columns = np.flatnonzero(inside.any(axis=1)), np.flatnonzero(inside.any(axis=0))
    assert part.data.shape[0] <= np.ptp(rows) + 3 and part.data.shape[1] <= np.ptp(columns) + 3
    with pytest.raises(InputError, match=r"aia.figures.box.*holds no pixel"):
        sky.within(image, [5000, 5000, 5100, 5100])
