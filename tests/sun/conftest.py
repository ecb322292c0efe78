"""Frames that the tests of the synthetic Sun share."""

from __future__ import annotations

import pytest
from sun_frames import SMALL, gaussian_psf, slot

from helioreduce.sun.frame import Frame, render


@pytest.fixture(scope="session")
def frames() -> dict[int, Frame]:
    """One small frame of three channels, with a Gaussian PSF for the EUV."""
    return {name: render(SMALL, name, slot(name), gaussian_psf() if name < 1000 else None, 0.8) for name in (94, 171, 1600)}
