"""Resources of a job that grow with its attempts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def growing(**first: int) -> dict[str, Callable[[Any, int], int]]:
    """Return resources for a rule: ``growing(mem_mb=600, runtime=1)`` asks for twice as much on the second attempt."""
    return {name: _times_attempt(amount) for name, amount in first.items()}


def _times_attempt(amount: int) -> Callable[[Any, int], int]:
    return lambda wildcards, attempt: amount * attempt
