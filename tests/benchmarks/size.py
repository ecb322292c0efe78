"""Bytes of one finished image by how it is stored, what they cost to write and read, and what they lose.

    python tests/benchmarks/size.py [--run FOLDER]

FOLDER is the working folder of a finished run (`make demo` leaves one here). Rice stores whole steps of a quantum, with
subtractive dither; the quantum is a fraction of the smallest errors of the image (first percentile of sigma), the same for data
and sigma. The table goes to results/benchmarks/size.md.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from _process import TIME, keep, machine, require
from astropy.io import fits

Planes = tuple[np.ndarray, np.ndarray, np.ndarray]


def timed(function: Callable[[], Any]) -> tuple[float, Any]:
    """CPU seconds of a call, and its result."""
    began = time.process_time()
    result = function()
    return time.process_time() - began, result


def stored(planes: Planes, kind: str, quantum: float) -> fits.HDUList:
    """Data, sigma and mask plain, or compressed: without loss (quantum 0) or in steps of ``quantum``."""
    if kind == "plain":
        return fits.HDUList([fits.PrimaryHDU(planes[0]), *(fits.ImageHDU(plane) for plane in planes[1:])])
    options = {"compression_type": kind, "quantize_level": -quantum, "quantize_method": 1, "dither_seed": 1}
    mask = fits.CompImageHDU(planes[2], compression_type="GZIP_1" if kind == "GZIP_1" else "RICE_1")
    return fits.HDUList([fits.PrimaryHDU(), *(fits.CompImageHDU(plane, **options) for plane in planes[:2]), mask])


def row(name: str, planes: Planes, path: Path, kind: str, quantum: float = 0.0) -> str:
    """One line of the table."""
    data, sigma, mask = planes
    write_s, _ = timed(lambda: stored(planes, kind, quantum).writeto(path, overwrite=True, checksum=True))

    def read() -> list[np.ndarray]:
        with fits.open(path, memmap=False) as hdus:
            return [np.array(hdu.data) for hdu in hdus if hdu.data is not None]

    read_s, (back, *_) = timed(read)
    good = np.isfinite(data) & (mask == 0)
    loss = (back - data)[good] / sigma[good]
    rms, largest = np.sqrt(np.mean(loss**2)), np.abs(loss).max()
    return f"| {name} | {path.stat().st_size / 1e6:.1f} | {write_s:.2f} | {read_s:.2f} | {rms:.4f} | {largest:.3f} |"


def main() -> None:
    """Write and read each way, print and keep the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--run", type=Path, default=Path(), help="working folder of a finished run")
    run = parser.parse_args().run
    require(run)
    with fits.open(run / f"results/aia/normalised/171/{TIME}.fits", memmap=False) as hdus:
        planes = tuple(np.array(hdu.data, hdu.data.dtype.newbyteorder("=")) for hdu in hdus)
    smallest = float(np.nanpercentile(planes[1], 1))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "image.fits"
        rows = [row("float32, plain (the product)", planes, path, "plain")]
        rows += [row(f"{kind}, lossless", planes, path, kind) for kind in ("GZIP_1", "GZIP_2")]
        rows += [row(f"Rice, quantum {q} σ", planes, path, "RICE_1", q * smallest) for q in (0.1, 0.25, 0.5)]
    heads = ("MB", "write, CPU s", "read, CPU s", "rms loss / σ", "largest loss / σ")
    keep(run, "size", "\n".join([machine("astropy"), "", f"| | {' | '.join(heads)} |", "|---" * 6 + "|", *rows]))


if __name__ == "__main__":
    main()
