"""Addresses that a server may name."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from helioreduce.jsoc import http
from helioreduce.jsoc.errors import Rejected


@pytest.mark.parametrize(
    "path",
    [
        *("/SUM1/../../etc/passwd", "//evil.example/x", "http://evil.example/x", "/a\r\nHost: x", "/a b", "file:///etc/passwd"),
        *("/SUM1\\..\\x", "/naïve", "\\\\evil\\x", "/SUM1/%2e%2e/x", "/SUM1/x?y=1", "/SUM1/x#y", "@evil.example/x"),
    ],
)
def test_paths_that_lead_elsewhere_are_refused(path):
    base = "http://127.0.0.1:80/"
    try:
        url = http.joined(base, path)
    except Rejected:
        return
    assert url.startswith(base) and ".." not in url


@pytest.mark.parametrize(("text", "seconds"), [(None, 0), ("", 0), ("7", 7), (" 12 ", 12), ("soon", 0), ("-3", 0)])
def test_retry_after_in_seconds(text, seconds):
    assert http.retry_after(text) == seconds


def test_retry_after_as_a_date():
    assert http.retry_after(format_datetime(datetime.now(UTC) + timedelta(seconds=30))) == pytest.approx(30, abs=5)
    assert http.retry_after("Wed, 01 Jan 2014 00:00:00 GMT") == 0
