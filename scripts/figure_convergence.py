"""Figure: convergence of the deconvolution and its amplification of noise."""

import numpy as np

from helioreduce.aia import psf
from helioreduce.aia.figures import deconvolution, sky
from helioreduce.aia.qa import convergence
from helioreduce.io import fits, plots
from helioreduce.runtime.log import log_to

STEPS = (1, 2, 3, 5, 8, 12, 18, 25, 40, 60, 100)


def main(image: str, core: str, iterations: int, side: int, outputs: list[str]) -> None:
    """Read the image, cut, deconvolve with several numbers of iterations, draw, write."""
    frame = fits.read(image)
    part, channel = sky.cut(frame, sky.liveliest(frame, side), side), int(frame.header["WAVELNTH"])
    otf = psf.otf(channel, core, psf.grid(part.data.shape, channel)).astype(np.float32)
    trace = convergence.trace(part, otf, sorted({*STEPS, iterations}))
    plots.write(outputs, deconvolution.convergence, *trace, iterations)


if __name__ == "__main__":
    with log_to(snakemake.log[0]):
        settings = snakemake.params.settings
        main(snakemake.input.before, settings["core"], settings["iterations"], snakemake.params.side, list(snakemake.output))
