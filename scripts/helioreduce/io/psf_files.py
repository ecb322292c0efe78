"""Files of point-spread functions: those of the workflow, and a user's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from helioreduce.io import fits
from helioreduce.io.provenance import sha256

#: Cards that a PSF which is not the meshes' brings to the images that it is removed from.
CARDS = ("PSFMODEL", "PSFFILE", "PSFHASH", "PSFDIFF", "PSFWINGS")

Cards = dict[str, tuple[Any, str]]


def read(path: str | Path) -> tuple[np.ndarray, np.ndarray | None, Cards]:
    """Return a product of the workflow: the OTF of full frames; the PSF and its cards where it is not the meshes' alone."""
    otf, _ = fits.read_array(path, "OTF")
    header = fits.read_headers(path)[0]
    if "PSFMODEL" not in header:
        return otf, None, {}
    cards = {name: (header[name], header.comments[name]) for name in CARDS if name in header}
    return otf, fits.read_array(path, "PSF")[0], cards


def read_array(path: str | Path) -> tuple[np.ndarray, Cards]:
    """Return the first image of a user's file, float32, and what describes it."""
    kernel, _ = fits.read_array(path)
    cards = {
        "PSFMODEL": ("file", "point-spread function"),
        "PSFFILE": (Path(path).name, "its file"),
        "PSFHASH": (sha256(path), "its SHA-256"),
    }
    return kernel.astype(np.float32), cards
