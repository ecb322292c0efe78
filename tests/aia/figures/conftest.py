"""Frames whose orientation shows: a bright square right of the middle and low, on a slope."""

import numpy as np
import pytest
from drawing import SPOT

from helioreduce.image import Image


@pytest.fixture
def frame(level1_header):
    """A frame of 120 × 160 pixels with an error plane of 3 DN: ``frame()``, or with other data or cards."""

    def make(data: np.ndarray | None = None, sigma: np.ndarray | float = 3.0, **cards: object) -> Image:
        header = level1_header.copy()
        header.update(CRPIX1=70.3, CRPIX2=-20.1, CDELT1=0.6, CDELT2=0.6, CROTA2=12.0, RSUN_OBS=975.0)
        header.update(cards)
        if data is None:
            y, x = np.mgrid[:120, :160]
            data = 100.0 + 0.5 * x + 0.25 * y
            data[SPOT[1] - 4 : SPOT[1] + 5, SPOT[0] - 4 : SPOT[0] + 5] = 600.0
        plane = np.broadcast_to(np.asarray(sigma, np.float32), data.shape).copy()
        return Image(data.astype(np.float32), header, plane)

    return make
