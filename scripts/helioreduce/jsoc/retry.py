"""Retries: what may succeed when it is tried again, how often, and when."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from helioreduce.jsoc.errors import NoAnswer, TransientExhausted
from helioreduce.runtime.log import logger

#: Retries where there is no network at all.
_RETRIES_WITHOUT_NETWORK = 2
_WITHOUT_NETWORK = """Check the network. Without one use source: archive (simulated), source: local (files that you have), or \
jsoc.url with the address of a copy made with jsoc.record"""
Result = TypeVar("Result")


class TransientError(Exception):
    """An error after which the same request may succeed; ``wait_s`` is how long the server asked to wait."""

    def __init__(self, reason: str, wait_s: float = 0.0) -> None:
        super().__init__(reason)
        self.wait_s = wait_s


class Unreachable(TransientError):
    """Nothing answers at an address; ``no_network`` where the reason is on this side."""

    def __init__(self, reason: str, *, no_network: bool) -> None:
        super().__init__(reason)
        self.no_network = no_network


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """Retries and time limits of a request.

    Parameters
    ----------
    retries
        Attempts after the first.
    backoff_s
        First and longest wait between attempts, s; it doubles every time.
    timeout_s
        Longest silence of the server, s.
    deadline_s
        Longest time for one request, all attempts together, s.
    connect_retries
        Attempts after the first where nothing answers: few before a server has ever answered, so that a missing network is
        reported in seconds.
    """

    retries: int = 6
    backoff_s: tuple[float, float] = (1.0, 120.0)
    timeout_s: float = 60.0
    deadline_s: float = 3600.0
    connect_retries: int = 2

    def wait(self, attempt: int) -> float:
        """Return the wait after failed attempt number ``attempt`` (from 0), s, with jitter between clients."""
        first, longest = self.backoff_s
        return min(longest, first * 2**attempt) * random.uniform(0.8, 1.0)

    def most(self, fault: TransientError) -> int:
        """Return the number of retries after a fault."""
        if isinstance(fault, Unreachable):
            return min(self.retries, _RETRIES_WITHOUT_NETWORK if fault.no_network else self.connect_retries)
        return self.retries


@dataclass
class Attempts:
    """Failed attempts of a request, one line each."""

    faults: list[str] = field(default_factory=list)


def retry(act: Callable[[], Result], retry_policy: RetryPolicy, what: str, attempts: Attempts | None = None) -> Result:
    """Call ``act`` until it no longer raises :class:`TransientError`.

    Parameters
    ----------
    act
        One attempt.
    retry_policy
        Number of attempts, and the waits between them.
    what
        Name of the request in messages.
    attempts
        Filled with the failed attempts.

    Raises
    ------
    TransientExhausted
        When the retries are used up; the message names the last fault.
    """
    attempts = attempts or Attempts()
    end = time.monotonic() + retry_policy.deadline_s
    for attempt in range(retry_policy.retries + 1):
        try:
            return act()
        except TransientError as fault:
            attempts.faults.append(str(fault))
            wait = max(fault.wait_s, retry_policy.wait(attempt))
            logger.info("%s: %s", what, fault)
            if attempt >= retry_policy.most(fault) or time.monotonic() + wait > end:
                raise _exhausted(attempts, fault, what) from None
            time.sleep(wait)
    raise AssertionError("unreachable: the last attempt returns or raises")


def _exhausted(attempts: Attempts, fault: TransientError, what: str) -> TransientExhausted:
    """Return the error after the last attempt."""
    if isinstance(fault, Unreachable):
        return NoAnswer(f"{what} does not answer ({fault})", cure=_WITHOUT_NETWORK)
    problem = f"{len(attempts.faults)} attempts failed (the last: {attempts.faults[-1]})"
    return TransientExhausted(problem, cure="Try again later", where=what)
