"""Small frames of the synthetic Sun."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np

from helioreduce import times
from helioreduce.sun import camera
from helioreduce.sun.frame import Frame, render
from helioreduce.sun.instrument import CHANNELS
from helioreduce.sun.scenario import Scenario

SMALL = Scenario(npix=512)
DAY = datetime(2014, 1, 1, tzinfo=UTC)


def slot(name: int) -> datetime:
    """A slot of the channel's series."""
    return times.slot(DAY, CHANNELS[name].series.slot_s)


def gaussian_psf(npix: int = 65, sigma: float = 0.6) -> np.ndarray:
    """Centred Gaussian of unit sum."""
    y, x = np.mgrid[:npix, :npix] - npix // 2
    psf = np.exp(-(x**2 + y**2) / (2 * sigma**2))
    return psf / psf.sum()


def pulls(counts: np.ndarray, expected: np.ndarray, name: int) -> np.ndarray:
    """(Counts − expected) / sigma."""
    return (counts - expected) / camera.sigma(expected.astype(float), CHANNELS[name])


def rendered(name: int = 171, **events: list[str]) -> Frame:
    """A small frame with events."""
    return render(Scenario(npix=512, events=events), name, slot(name), gaussian_psf() if name < 1000 else None, 0.8)
