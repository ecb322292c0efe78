"""Processing of exports: cut-outs (``im_patch``), level 1.5 (``aia_scale``), rebinning; into records of a series ``…_mod``."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
from astropy.io.fits import Header

from helioreduce.archive.aia_scale import AIAScale
from helioreduce.archive.im_patch import BLANK, ImPatch
from helioreduce.errors import InputError
from helioreduce.io import fits, jsoc_files

#: Returns an image and its header after one process; None for a frame that it skips.
Process = Callable[[np.ndarray, Header], tuple[np.ndarray, Header] | None]


def processes(steps: Iterable[str], headers: Sequence[Header]) -> list[Process]:
    """Return the processes of the steps ``name,key=value,…`` of a request whose frames have these headers.

    Raises
    ------
    InputError
        If a step is unknown, or lacks an option.
    """
    found = []
    for step in steps:
        name, *options = step.split(",")
        if name not in _STEPS:
            raise InputError(f"the process {name!r} is not known")
        found.append(_STEPS[name](dict(option.split("=", 1) for option in options if "=" in option), headers))
    return found


def processed(source: Path, target: Path, header: Header, steps: Iterable[Process], request: str, parent: str) -> bool:
    """Write ``source``, of the record ``parent``, after some processes, with ``header`` changed accordingly.

    Returns
    -------
    bool
        Whether there is a file: frames may be skipped.
    """
    image, stored = jsoc_files.read_counts(source)
    for step in steps:
        result = step(image, header)
        if result is None:
            return False
        image, header = result
    header["PRIMARYK"], header["REQUESTI"] = "T_REC, WAVELNTH, RequestID", request[:8]
    header["DRMS_ID"] = str(header.get("DRMS_ID", "")).replace(":", "_mod:", 1)
    header["SOURCE"] = parent
    good = image[image != BLANK] if image.dtype.kind == "i" else image[np.isfinite(image)]
    if good.size:
        header["DATAMIN"], header["DATAMAX"], header["DATAMEAN"] = float(good.min()), float(good.max()), float(good.mean())
        header["DATAMEDN"], header["DATARMS"] = float(np.median(good)), float(good.std())
    header["DATAVALS"], header["MISSVALS"] = int(good.size), int(header.get("TOTVALS", image.size) - good.size)
    if image.dtype == np.int16:
        jsoc_files.write_compressed(target, image, header, like=stored)
    else:
        fits.write_planes(target, [fits.Plane("", image, header)])
    return True


def _rebin(options: Mapping[str, str], _: Sequence[Header]) -> Process:
    """Return the process ``rebin``: means over boxes of 1/scale pixels."""
    n = round(1 / float(options["scale"]))

    def rebin(image: np.ndarray, header: Header) -> tuple[np.ndarray, Header]:
        """Return the means, and the header."""
        ny, nx = (side // n for side in image.shape)
        means = image[: ny * n, : nx * n].reshape(ny, n, nx, n).mean(axis=(1, 3), dtype=np.float64)
        header = header.copy()
        for axis in "12":
            if f"CRPIX{axis}" in header:
                header[f"CRPIX{axis}"] = (header[f"CRPIX{axis}"] - 0.5) / n + 0.5
                header[f"CDELT{axis}"] *= n
        return means.astype(np.float32), header

    return rebin


_STEPS: Mapping[str, Callable[[Mapping[str, str], Sequence[Header]], Process]] = {
    "im_patch": ImPatch,
    "aia_scale_aialev1": AIAScale,
    "rebin": _rebin,
}
