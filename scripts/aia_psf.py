"""The point-spread function of a channel and its transform, kept for every full frame."""

import numpy as np

from helioreduce.aia import psf
from helioreduce.io import fits
from helioreduce.runtime import script


def main(channel: str, core: str, output: str) -> None:
    """Compute both on the full frame's grid, write: PSF centred on pixel (2048, 2048), OTF on the half-plane of rfft2."""
    functions = {"PSF": psf.psf, "OTF": psf.otf}
    fits.write_arrays(output, {name: of(int(channel), core).astype(np.float32) for name, of in functions.items()})


if __name__ == "__main__":
    script.run(main, snakemake)
