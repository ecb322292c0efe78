"""Addresses that a server may name."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helioreduce.jsoc import http
from helioreduce.jsoc.errors import Rejected, TransientExhausted


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


@given(st.integers(0, 40), st.floats(0.01, 10), st.floats(10, 1000))
def test_waits_double_up_to_the_longest(attempt, first, longest):
    wait = http.RetryPolicy(backoff_s=(first, longest)).wait(attempt)
    expected = min(longest, first * 2**attempt)
    assert 0.8 * expected <= wait <= expected


@pytest.mark.parametrize("failures", range(6))
def test_an_attempt_is_repeated_until_the_retries_are_used_up(failures):
    policy, attempts, calls = http.RetryPolicy(retries=3, backoff_s=(0.0, 0.0)), http.Attempts(), []

    def act():
        calls.append(1)
        if len(calls) <= failures:
            raise http.TransientError(f"fault {len(calls)}")
        return "reply"

    if failures <= 3:
        assert http.retry(act, policy, "request", attempts) == "reply"
    else:
        with pytest.raises(TransientExhausted, match=r"4 attempts failed \(the last: fault 4\)"):
            http.retry(act, policy, "request", attempts)
    assert len(calls) == min(failures, 3) + 1 and len(attempts.faults) == min(failures, 4)


def test_a_server_s_wait_beyond_the_deadline_ends_the_attempts():
    def act():
        raise http.TransientError("busy", wait_s=100.0)

    with pytest.raises(TransientExhausted, match="1 attempts"):
        http.retry(act, http.RetryPolicy(deadline_s=1.0), "request")


@pytest.mark.parametrize(("text", "seconds"), [(None, 0), ("", 0), ("7", 7), (" 12 ", 12), ("soon", 0), ("-3", 0)])
def test_retry_after_in_seconds(text, seconds):
    assert http.retry_after(text) == seconds


def test_retry_after_as_a_date():
    assert http.retry_after(format_datetime(datetime.now(UTC) + timedelta(seconds=30))) == pytest.approx(30, abs=5)
    assert http.retry_after("Wed, 01 Jan 2014 00:00:00 GMT") == 0
