"""The built site in a real browser: no request leaves its host, no page reports an error, every picture loads."""

import functools
import http.server
import threading
from pathlib import Path

import pytest
from browser import EXECUTABLE, Browser

from helioreduce.aia.steps import STEPS

SITE = Path(__file__).parents[2] / "docs/_build"
PAGES = sorted(str(page.relative_to(SITE).with_suffix("")) for page in SITE.rglob("*.html") if "_static" not in page.parts)
pytestmark = [
    pytest.mark.full,
    pytest.mark.skipif(EXECUTABLE is None, reason="no Chromium on this machine"),
    pytest.mark.skipif(not (SITE / "index.html").is_file(), reason="the site has not been built: make docs"),
]


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        """Say nothing."""


@pytest.fixture(scope="module")
def address():
    """The site, served on this machine."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=SITE)) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    """One browser for all pages."""
    with Browser(tmp_path_factory.mktemp("browser") / "profile") as running:
        yield running


@pytest.mark.parametrize("page", PAGES or ["index"])
def test_a_page_needs_no_other_host_and_has_no_error(address, browser, page):
    browser.events.clear()
    browser.open(f"{address}/{page}.html")
    browser.evaluate("[...document.images].forEach(i => { i.loading = 'eager' })")
    broken = browser.evaluate(
        "Promise.all([...document.images].map(i => i.decode().then(() => '', () => i.src))).then(l => l.filter(Boolean))"
    )
    assert broken == []
    elsewhere = [url for url in browser.requests() if not url.startswith(("data:", "blob:", address))]
    assert elsewhere == [] and browser.requests()
    errors = [
        event["params"]
        for event in browser.events
        if event.get("method") == "Runtime.exceptionThrown"
        or (event.get("method") == "Log.entryAdded" and event["params"]["entry"]["level"] == "error")
    ]
    assert errors == []


@pytest.mark.parametrize("page", PAGES or ["index"])
def test_a_page_fits_a_phone(address, browser, page):
    """What is wider than the window scrolls by itself; the page does not."""
    browser.call("Emulation.setDeviceMetricsOverride", width=390, height=844, deviceScaleFactor=1, mobile=True)
    browser.open(f"{address}/{page}.html")
    assert browser.evaluate("document.documentElement.scrollWidth") <= 390
    browser.call("Emulation.clearDeviceMetricsOverride")


@pytest.mark.parametrize("step", [*(step.name for step in STEPS), "fetch", "tables", "response"])
def test_the_page_of_a_step_has_its_picture(address, browser, step):
    browser.open(f"{address}/steps/{step}.html")
    pictures = browser.evaluate("[...document.querySelectorAll('figure img')].map(i => i.naturalWidth)")
    assert any(width > 1000 for width in pictures), pictures
