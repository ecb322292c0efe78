"""Retries: how often, when, and what is said at their end."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helioreduce.jsoc.errors import TransientExhausted
from helioreduce.jsoc.retry import Attempts, RetryPolicy, TransientError, Unreachable, retry


@given(st.integers(0, 40), st.floats(0.01, 10), st.floats(10, 1000))
def test_waits_double_up_to_the_longest(attempt, first, longest):
    wait = RetryPolicy(backoff_s=(first, longest)).wait(attempt)
    expected = min(longest, first * 2**attempt)
    assert 0.8 * expected <= wait <= expected


@pytest.mark.parametrize("failures", range(6))
def test_an_attempt_is_repeated_until_the_retries_are_used_up(failures):
    policy, attempts, calls = RetryPolicy(retries=3, backoff_s=(0.0, 0.0)), Attempts(), []

    def act():
        calls.append(1)
        if len(calls) <= failures:
            raise TransientError(f"fault {len(calls)}")
        return "reply"

    if failures <= 3:
        assert retry(act, policy, "request", attempts) == "reply"
    else:
        with pytest.raises(TransientExhausted, match=r"4 attempts failed \(the last: fault 4\)"):
            retry(act, policy, "request", attempts)
    assert len(calls) == min(failures, 3) + 1 and len(attempts.faults) == min(failures, 4)


def test_a_server_s_wait_beyond_the_deadline_ends_the_attempts():
    def act():
        raise TransientError("busy", wait_s=100.0)

    with pytest.raises(TransientExhausted, match="1 attempts"):
        retry(act, RetryPolicy(deadline_s=1.0), "request")


@pytest.mark.parametrize(
    ("no_network", "connect_retries", "attempts"), [(True, 9, 3), (False, 9, 7), (False, 2, 3), (False, 0, 1)]
)
def test_a_missing_network_is_reported_after_few_attempts(no_network, connect_retries, attempts):
    """Few where the fault is on this side, or the server has never answered; the cure names what works without one."""
    policy, met = RetryPolicy(retries=6, backoff_s=(0.0, 0.0), connect_retries=connect_retries), Attempts()

    def act():
        raise Unreachable("no route", no_network=no_network)

    with pytest.raises(TransientExhausted, match="does not answer") as caught:
        retry(act, policy, "jsoc", met)
    assert len(met.faults) == attempts
    assert all(word in str(caught.value) for word in ("source: archive", "source: local", "jsoc.record"))
