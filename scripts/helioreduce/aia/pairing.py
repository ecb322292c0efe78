"""Frames of several channels that belong together: near in time, with what that nearness leaves open."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np


class Group(NamedTuple):
    """One frame of each channel: its index among the channel's frames; seconds between the first and the last of them."""

    frames: Mapping[int, int]
    spread_s: float


def groups(times_s: Mapping[int, Sequence[float]], tolerance_s: float) -> list[Group]:
    """Return the frames that belong together, one group for each frame of the channel that has the most.

    A group holds, of every other channel, the frame that is nearest in time, if it is within the tolerance.

    Parameters
    ----------
    times_s
        Times of the frames by channel, s, in rising order.
    tolerance_s
        Largest distance from the frame of the group's first channel, s.
    """
    if not times_s:
        return []
    first = max(times_s, key=lambda channel: len(times_s[channel]))
    nearest = {channel: _nearest(np.asarray(own), np.asarray(times_s[first])) for channel, own in times_s.items() if len(own)}
    found = []
    for index, time in enumerate(times_s[first]):
        frames = {channel: int(at[index]) for channel, at in sorted(nearest.items())}
        frames = {channel: i for channel, i in frames.items() if abs(times_s[channel][i] - time) <= tolerance_s}
        own = [times_s[channel][i] for channel, i in frames.items()]
        found.append(Group(frames, max(own) - min(own)))
    return found


def _nearest(held: np.ndarray, asked: np.ndarray) -> np.ndarray:
    """Return the indices of the values of one rising array that are nearest to those of another; of two, the lower one."""
    after = np.searchsorted(held, asked).clip(max=len(held) - 1)
    before = (after - 1).clip(min=0)
    return np.where(np.abs(held[before] - asked) <= np.abs(held[after] - asked), before, after)


def change(curve: Sequence[Mapping[str, Any]], times_s: Sequence[float], index: int, spread_s: float) -> float:
    """Return by how many σ a light curve changes within the spread of a group; NaN for a lone frame.

    Parameters
    ----------
    curve
        Rows of :func:`helioreduce.aia.light_curves.measure`, in order of time.
    times_s
        Their times, s.
    index
        The frame in the group. The steeper one of the slopes before and after it counts.
    spread_s
        Of the group, s.
    """
    own = curve[index]
    slopes = [
        abs(curve[other]["limit"] - own["limit"]) / abs(times_s[other] - times_s[index])
        for other in (index - 1, index + 1)
        if 0 <= other < len(curve) and times_s[other] != times_s[index]
    ]
    sigma = float(np.hypot(own["sigma"], own["sigma_exposure"]))
    return max(slopes) * spread_s / sigma if slopes and sigma > 0 else float("nan")
