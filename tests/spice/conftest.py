"""Fixtures of spectra whose truth is known."""

from __future__ import annotations

import numpy as np
import pytest
from spice_scenes import Scene, joined, wavelengths

from helioreduce.spice import model


@pytest.fixture
def single(rng):
    """N spectra of one line (peak 0.5 W/m²/sr/nm) on a background of 0.02."""

    def make(number: int, exposure: float, peak: float = 0.5) -> Scene:
        lines = model.build([wavelengths(770.1, 50)], [model.Line("ne_8 770.42", 770.42)])
        q = np.tile([peak, 770.1, 0.35, 0.02], (number, 1))
        q[:, 1] += rng.uniform(-0.06, 0.06, number)
        return joined(rng, lines, q, exposure)

    return make


@pytest.fixture
def three(rng):
    """N spectra of three resolved lines with peaks of 0.2 to 1.2 W/m²/sr/nm."""

    def make(number: int, exposure: float = 60) -> Scene:
        names = [model.Line(f"o_3 {w:.2f}", w) for w in (748.0, 749.5, 751.0)]
        lines = model.build([wavelengths(749.5)], names)
        q = np.tile([0.5, 748.0, 0.35, 0.4, 749.5, 0.35, 0.7, 751.0, 0.35, 0.02], (number, 1))
        q[:, [0, 3, 6]] *= rng.uniform(0.5, 1.7, (number, 3))
        q[:, [1, 4, 7]] += rng.normal(0, 0.05, (number, 1))
        return joined(rng, lines, q, exposure)

    return make
