"""How many items one job takes, of every instrument."""

from __future__ import annotations

from collections.abc import Iterable

#: ``batch: auto``: a request of so few items has a job for each, a larger one takes them in chunks of this size.
FEW, SIZE = 4, 50


def size(chosen: int | str, number: int, kept: Iterable[bool] = (False,)) -> int:
    """Return the items of a job; 0 for single ones.

    Parameters
    ----------
    chosen
        The setting ``batch``: a number, or ``auto``.
    number
        Items of the request.
    kept
        Whether a larger request has made each of them, where that is known: few items that are all kept stay in chunks.
    """
    if chosen != "auto":
        return int(chosen)
    return SIZE if number > FEW or all(kept) else 0
