"""Figure: correlation of white noise after deconvolution and after registration."""

import numpy as np

from helioreduce.aia import deconvolve, psf, register
from helioreduce.aia.figures import errors
from helioreduce.aia.qa import noise
from helioreduce.image import Image
from helioreduce.io import fits, plots
from helioreduce.runtime.log import log_to

LEVEL_DN = 1000.0  # a uniform field, far above its noise of 1 DN, so that nothing is clipped


def main(image: str, core: str | None, iterations: int, side: int, outputs: list[str]) -> None:
    """Send white noise on a uniform field through the steps of this frame, correlate, draw, write."""
    header = fits.read_header(image)
    field = LEVEL_DN + np.random.default_rng(0).standard_normal((side, side)).astype(np.float32)
    state = Image(field, header)
    maps = {"as read out": noise.autocorrelation(state.data)}
    if core:
        channel = int(header["WAVELNTH"])
        otf = psf.otf(channel, core, psf.grid(field.shape, channel)).astype(np.float32)
        state = deconvolve.deconvolve(state, otf, iterations)
        maps["deconvolved"] = noise.autocorrelation(state.data[32:-32, 32:-32])
    maps["level 1.5"] = noise.autocorrelation(register.register(state).data[32:-32, 32:-32])
    plots.write(outputs, errors.autocorrelation, maps)


if __name__ == "__main__":
    with log_to(snakemake.log[0]):
        settings = snakemake.params.settings
        main(snakemake.input.level1, settings["core"], settings["iterations"], snakemake.params.side, list(snakemake.output))
