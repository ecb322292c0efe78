"""From level 1 to the finished image in memory: the steps of the workflow one after the other, without files between them.

Each step is the function that its rule calls, in the same order and with the same records, so that the result is the one of
the rules to the last bit.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np

from helioreduce.aia import deconvolve, degradation, error, exposure, level1, prep, spikes
from helioreduce.image import Image
from helioreduce.io import ecsv, provenance
from helioreduce.runtime import process


@dataclass(frozen=True)
class Settings:
    """What a user chooses: terms of the error, how to deconvolve, version of the degradation table."""

    systematic: Mapping[str, bool]
    deconvolve: deconvolve.Options
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
    _optics: dict[tuple[int, int], tuple[np.ndarray, np.ndarray | None]] = field(default_factory=dict, repr=False)

    def optics(self, image: Image, options: deconvolve.Options) -> tuple[np.ndarray, np.ndarray | None]:
        """OTF and noise gain for images of one shape, computed for the first of them, and kept where it lives."""
        if image.data.shape not in self._optics:
            self._optics.clear()
            self._optics[image.data.shape] = options.optics(image, self.otf)
        return self._optics[image.data.shape]


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
        Level-1 full frame or cut-out, in main memory or on the GPU; the result is there too.
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
        "deconvolve": lambda frame: settings.deconvolve.apply(frame, *calibration.optics(frame, settings.deconvolve)),
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
        process.trim_memory()
        skipped = {}
    return image
