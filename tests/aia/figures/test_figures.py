"""Figures: axes that tell the truth, bytes that repeat, a page that needs nothing else."""

import re

import numpy as np
import pytest
from astropy.io.fits import Header
from astropy.wcs import WCS

from helioreduce.aia.figures import gallery, sky
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
    assert part.data.shape == part.sigma.shape == part.mask.shape == (40, 40)
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


def test_round_steps_do_not_crowd():
    steps = sky.round_steps(sky.stretch(np.geomspace(1, 1000, 500)))
    assert len(steps) >= 4 and steps == sorted(steps)


def draw(image):
    figure = plots.new(plots.COLUMN, 3)
    axis = sky.axes(figure, image, 111)
    sky.bar(figure, sky.draw(axis, image, title="171 Å"), axis, "intensity [DN]")
    sky.limb(axis, image)
    return figure


def test_files_repeat_to_the_byte_whatever_the_users_settings(image, tmp_path, monkeypatch):
    import matplotlib as mpl

    plots.write([tmp_path / "a.png", tmp_path / "a.pdf"], draw, image)
    monkeypatch.setitem(mpl.rcParams, "font.size", 20.0)
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1")
    plots.write([tmp_path / "b.png", tmp_path / "b.pdf"], draw, image)
    for suffix in ("png", "pdf"):
        first, second = ((tmp_path / f"{name}.{suffix}").read_bytes() for name in "ab")
        assert first == second and len(first) > 5000
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.pdf", "a.png", "b.pdf", "b.png"]
    assert b"CreationDate" not in (tmp_path / "a.pdf").read_bytes()


def test_colours_are_sunpys():
    from sunpy.visualization.colormaps import cmlist

    shades = np.linspace(0, 1, 20)
    for channel in (94, 171, 4500):
        np.testing.assert_array_equal(sky.colours(channel)(shades), cmlist[f"sdoaia{channel}"](shades))
    assert sky.colours(171).get_bad().tolist() == pytest.approx([*[0x9A / 255] * 3, 1])


def test_page_holds_its_pictures_and_asks_for_nothing(image):
    picture = gallery.picture(image, image)
    shown = [
        gallery.Shown("Errors", "Error <map>", "171 Å", "σ & more", picture),
        gallery.Shown("Series", "b", "", "c", picture),
    ]
    text = gallery.page(shown, [gallery.Slider("171 Å", "RL", picture, picture)], {"source": "archive"})
    assert text.count("data:image/png;base64,") == 4
    assert (
        "Error &lt;map&gt;" in text
        and "σ &amp; more" in text
        and "@" not in re.sub(r"@(media|supports)", "", text.split("<script>")[0])
    )
    assert not re.search(r"https?://|<link[^>]+stylesheet|<script[^>]+src", text)
    assert picture == gallery.picture(image, image)
