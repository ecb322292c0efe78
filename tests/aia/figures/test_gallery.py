"""The gallery: pictures the right way up, and a page that escapes its words and holds its pictures."""

import base64
import io
import re

import numpy as np
import pytest
from drawing import SPOT
from matplotlib.image import imread

from helioreduce.aia.figures import colours, gallery, sky


def decoded(png):
    """RGB of a PNG, the top row first, as a browser shows it."""
    return imread(io.BytesIO(png))[..., :3]


@pytest.fixture
def page(frame):
    picture = gallery.picture(frame(), frame())
    shown = [
        gallery.Shown("Errors", "Error <map>", "171 Å", "σ & more", picture),
        gallery.Shown("Errors", "c", "", "d", picture),
        gallery.Shown("Time Series", "b", "", "c", picture),
    ]
    return gallery.page(shown, [gallery.Slider("171 Å", "RL", picture, picture)], {"source": "archive & <more>"})


def test_pictures_are_the_right_way_up(frame):
    """The last row of an image is at the top of its picture, and the first column at the left."""
    image = frame()
    seen = decoded(gallery.picture(image, image))
    assert seen.shape == (120, 160, 3)
    norm, shades = sky.stretch(image.data, bright=99.95), colours.table(171)
    expected = shades(norm(image.data))[..., :3]
    np.testing.assert_allclose(seen[::-1], expected, atol=1 / 255)
    x, y = SPOT
    assert seen[119 - y, x].sum() > seen[y, x].sum() + 0.5


def test_both_sides_of_a_slider_show_one_field_on_one_stretch(frame):
    before, after = frame(), frame()
    after.data[after.data == 600] = 1200
    before.data[0, 0] = np.nan
    slider = gallery.slider(before, after, 600, "Deconvolution.")
    first, second = decoded(slider.before), decoded(slider.after)
    x, y = SPOT
    changed = np.abs(first - second).max(axis=2) > 2 / 255
    assert changed[119 - y, x] and changed.sum() == 81 + 1
    np.testing.assert_allclose(first[119, 0], [0x9A / 255] * 3, atol=1e-6)  # missing
    assert (slider.title, slider.caption) == ("SDO/AIA 171 Å, 2014-01-01T00:00:01", "Deconvolution.")


def test_page_holds_its_pictures_and_asks_for_nothing(page, frame):
    pictures = re.findall(r'src="data:image/png;base64,([^"]+)"', page)
    assert [base64.b64decode(picture) for picture in pictures] == [gallery.picture(frame(), frame())] * 5
    assert not re.search(r"https?://|<link[^>]+stylesheet|<script[^>]+src", page)


def test_words_are_escaped_and_links_lead_to_their_groups(page):
    assert "Error &lt;map&gt;" in page and "σ &amp; more" in page and "archive &amp; &lt;more&gt;" in page
    anchors = re.findall(r'<a href="#([\w-]+)">', page)
    assert anchors == ["sliders", "errors", "time-series"]
    assert all(f'id="{anchor}"' in page for anchor in anchors)
    assert page.count('<figure class="card">') == 3 and page.count("<section") == 2


def test_a_page_without_sliders_has_no_link_to_them():
    assert "Before and after" not in gallery.page([], [], {})


@pytest.mark.parametrize(
    ("parts", "text"), [(("171", "20140101T000001"), "171 Å, 2014-01-01T00:00:01"), (("335",), "335 Å"), ((), "")]
)
def test_what_a_figure_is_of(parts, text):
    assert gallery.of(parts).replace("Z", "").replace(".000", "") == text


def test_titles():
    assert [gallery.title(name) for name in ("psf_energy", "light_curves")] == ["PSF energy", "Light curves"]
