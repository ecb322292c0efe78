"""Simulated hits: number, kind and place."""

import numpy as np
import pytest

from helioreduce.cosmic_rays import inject
from helioreduce.errors import InputError


def test_injection_is_what_was_ordered() -> None:
    """As many hits as asked, of their kinds, in their places; equal seeds give equal hits."""
    saturated = np.zeros((90, 110), bool)
    saturated[40:43, 50:53] = True
    numbers = dict.fromkeys(inject.KINDS, 12)
    made, again = (inject.inject((90, 110), numbers, 100.0, np.random.default_rng(7), saturated=saturated) for _ in range(2))
    assert np.array_equal(made.charge, again.charge)
    assert len(made.kinds) == 60 and np.array_equal(made.mask, made.charge > 0)
    edge = np.isin(made.events, 1 + np.flatnonzero([kind == "edge" for kind in made.kinds]))
    y, x = np.nonzero(edge)
    assert np.minimum(np.minimum(y, 89 - y), np.minimum(x, 109 - x)).max() < inject.MARGIN + 1
    core = np.isin(made.events, 1 + np.flatnonzero([kind == "core" for kind in made.kinds]))
    assert np.hypot(*(np.argwhere(core) - (41, 51)).T).max() < 14
    size = {
        kind: np.mean([(made.events == n + 1).sum() for n, k in enumerate(made.kinds) if k == kind]) for kind in inject.KINDS
    }
    assert size["point"] < 2 < size["track"] and size["worm"] > 4
    with pytest.raises(InputError, match="muon"):
        inject.inject((5, 5), {"muon": 1}, 1.0, np.random.default_rng(1))
    with pytest.raises(InputError, match="saturated"):
        inject.inject((5, 5), {"core": 1}, 1.0, np.random.default_rng(1))
