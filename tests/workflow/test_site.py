"""The built site in a real browser: no request leaves its host, no page reports an error, every picture loads."""

import functools
import http.server
import threading
from pathlib import Path

import pytest
from browser import EXECUTABLE, Browser

SITE = Path(__file__).parents[2] / "docs/_build"
PAGES = (
    "index", "first_hour", "steps/deconvolve", "steps/rules", "auto_examples/index", "auto_examples/respike", "configuration",
    "generated/helioreduce.aia.deconvolve",
)  # fmt: skip
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


@pytest.mark.parametrize("page", PAGES)
def test_a_page_needs_no_other_host_and_has_no_error(address, page, tmp_path):
    with Browser(tmp_path / "profile") as browser:
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
