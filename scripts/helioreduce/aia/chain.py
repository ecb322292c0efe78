"""From level 1 to the finished image in memory: the steps of the workflow one after the other, without files between them.

Each step is the function that its rule calls, in the same order and with the same records, so that the result is the one of
the rules to the last bit.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np

from helioreduce import ecsv, provenance
from helioreduce.aia import deconvolve, degradation, error, exposure, level1, prep, psf, richardson_lucy, spikes
from helioreduce.image import Image


@dataclass(frozen=True)
class Settings:
    """What a user chooses: terms of the error, PSF core, iterations, version of the degradation table."""

    systematic: Mapping[str, bool]
    core: str
    iterations: int
    version: int


@dataclass(frozen=True)
class Calibration:
    """What the images of one channel share.

    Parameters
    ----------
    error, degradation
        Calibration tables; no degradation where that step is left out.
    otf
        Transform of the channel's PSF on the full frame's grid, float32 (4096, 2049); None for channels without PSF.
    """

    error: ecsv.Calibration
    degradation: ecsv.Calibration | None = None
    otf: np.ndarray | None = None
    _optics: dict[tuple[int, int], tuple[np.ndarray, np.ndarray]] = field(default_factory=dict, repr=False)

    def optics(self, shape: tuple[int, int], channel: int, settings: Settings) -> tuple[np.ndarray, np.ndarray]:
        """OTF and noise gain for images of one shape, computed for the first of them."""
        if shape not in self._optics:
            self._optics.clear()
            otf = psf.for_image(shape, channel, settings.core, self.otf)
            self._optics[shape] = otf, richardson_lucy.noise_gain(otf, settings.iterations)
        return self._optics[shape]


def reduce(
    image: Image,
    listed: tuple[np.ndarray, Mapping[str, object]] | None,
    pointing: ecsv.Calibration,
    calibration: Calibration,
    settings: Settings,
    left_out: Mapping[str, str],
) -> Image:
    """One level-1 image through every step that is not left out.

    Parameters
    ----------
    image
        Level-1 full frame or cut-out.
    listed
        Its spikes, array (3, N), and the header of their file; None where respike is left out.
    pointing
        Pointing table of the day; an empty one keeps the header's pointing.
    calibration, settings
        Shared by many images.
    left_out
        Steps that are not taken, with the reason of each.

    Raises
    ------
    InputError
        As the steps do.
    """
    steps: dict[str, Callable[[Image], Image]] = {
        "respike": lambda frame: spikes.from_list(frame, *listed),
        "error": lambda frame: error.from_table(frame, calibration.error, settings.systematic),
        "deconvolve": lambda frame: _deconvolved(frame, calibration, settings),
        "prep": lambda frame: prep.from_table(frame, pointing),
        "degradation": lambda frame: degradation.from_table(frame, calibration.degradation, settings.version),
        "exposure": exposure.normalise,
    }
    skipped: dict[str, str] = {}
    for name, step in steps.items():
        if name in left_out:
            skipped[name] = left_out[name]
            continue
        if name in ("respike", "error"):
            image = level1.ingest(image)
        image = step(provenance.skip(image, skipped))
        skipped = {}
    return image


def _deconvolved(image: Image, calibration: Calibration, settings: Settings) -> Image:
    channel = image.header["WAVELNTH"]
    otf, gain = calibration.optics(image.data.shape, channel, settings)
    edge = psf.reach(channel, 0.9)
    return deconvolve.deconvolve(image, otf, settings.iterations, core=settings.core, edge=edge, gain=gain)
