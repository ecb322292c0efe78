"""Pages: words are escaped, and nothing that a template asks for is forgotten."""

import base64

import pytest
from jinja2 import UndefinedError

from helioreduce.io import origin, pages


def test_values_are_escaped():
    page = pages.render("helioreduce.aia.figures", "gallery.html", groups=[], sliders=[], facts={"<script>": "a & b"})
    assert "&lt;script&gt;" in page and "a &amp; b" in page


def test_a_value_that_is_not_given_is_an_error():
    with pytest.raises(UndefinedError, match="facts"):
        pages.render("helioreduce.aia.figures", "gallery.html", groups=[], sliders=[])


def test_a_page_says_what_its_files_are_made_of():
    given = {"groups": [], "sliders": [], "facts": {}}
    assert origin.WORDS not in pages.render("helioreduce.aia.figures", "gallery.html", **given)
    with origin.saying([origin.WORDS]):
        assert f'<p class="said">{origin.WORDS}</p>' in pages.render("helioreduce.aia.figures", "gallery.html", **given)


def test_a_picture_is_a_data_url():
    kind, text = pages.data(b"\x89PNG").split(",")
    assert kind == "data:image/png;base64" and base64.b64decode(text) == b"\x89PNG"
