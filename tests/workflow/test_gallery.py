"""The gallery in a real browser: every picture loads, the slider slides, nothing goes over a network."""

import numpy as np
import pytest
from browser import EXECUTABLE, Browser

from helioreduce.aia.figures import gallery
from helioreduce.image import Image


@pytest.fixture
def page(tmp_path, level1_header):
    """A page of three figures and two sliders."""
    y, x = np.mgrid[:300, :300]
    frames = [Image((100 + 80 * np.sin(x / k) * np.cos(y / k)).astype(np.float32), level1_header) for k in (9.0, 5.0)]
    before, after = (gallery.picture(frame, frames[1]) for frame in frames)
    figures = [
        gallery.Shown(group, f"figure {n}", "171 Å", "A caption.", after)
        for n, group in enumerate(("Errors", "Errors", "Series"))
    ]
    sliders = [gallery.Slider(name, "Deconvolution.", before, after) for name in ("171 Å", "193 Å")]
    path = tmp_path / "gallery.html"
    path.write_text(gallery.page(figures, sliders, {"source": "archive"}), encoding="utf-8")
    return path


@pytest.mark.skipif(EXECUTABLE is None, reason="no Chromium on this machine")
def test_page_works_without_a_network(page, tmp_path):
    with Browser(tmp_path / "profile") as browser:
        browser.open(page.as_uri())
        loaded = browser.evaluate("[...document.images].filter(i => i.src).map(i => i.complete && i.naturalWidth)")
        assert loaded == [300] * 7
        box = browser.evaluate("(r => [r.x, r.y, r.width, r.height])(document.querySelector('.stage').getBoundingClientRect())")
        middle = box[1] + box[3] / 2
        browser.drag((box[0] + box[2] / 2, middle), (box[0] + box[2] * 0.2, middle))
        cut = browser.evaluate("getComputedStyle(document.querySelector('.stage')).getPropertyValue('--cut')")
        assert float(cut.rstrip("%")) == pytest.approx(20, abs=3)
        clip = browser.evaluate("getComputedStyle(document.querySelector('.over')).clipPath")
        assert clip != "none" and "50%" not in clip
        other = browser.evaluate("getComputedStyle(document.querySelectorAll('.stage')[1]).getPropertyValue('--cut')")
        assert other == "50%"
        browser.evaluate("document.querySelector('a.zoom').click()")
        assert (
            browser.evaluate("document.querySelector('dialog').open && document.querySelector('dialog img').naturalWidth")
            == 300
        )
        asked = [address for address in browser.requests() if not address.startswith(("data:", page.as_uri()))]
        assert asked == []
        errors = [event for event in browser.events if event.get("method") in ("Runtime.exceptionThrown", "Log.entryAdded")]
        assert errors == []
