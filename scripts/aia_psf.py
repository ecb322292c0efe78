"""The point-spread function of a channel and its transform, kept for every full frame."""

import numpy as np

from helioreduce.aia import psf
from helioreduce.io import fits
from helioreduce.runtime import process
from helioreduce.runtime.log import log_to


def main(channel: int, core: str, output: str) -> None:
    """Compute both on the full frame's grid, write: PSF centred on pixel (2048, 2048), OTF on the half-plane of rfft2."""
    planes = {"PSF": psf.psf(channel, core).astype(np.float32), "OTF": psf.otf(channel, core).astype(np.float32)}
    fits.write_arrays(output, planes)


if __name__ == "__main__":
    with log_to(snakemake.log[0]):
        process.use_threads(snakemake.threads)
        main(int(snakemake.wildcards.channel), snakemake.wildcards.core, snakemake.output[0])
