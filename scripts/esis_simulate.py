"""Level-0 frames of a known Sun: light and dark exposures of four cameras, the image to align them to, and the truth."""

from pathlib import Path

import numpy as np

from helioreduce.esis import camera, readout, simulate, target
from helioreduce.image import Image
from helioreduce.io import fits
from helioreduce.runtime.log import log_to


def main(lights: list[str], darks: list[str], aia: list[str], target_file: str, truth: str, seed: int) -> None:
    """Draw a Sun (like the AIA image, if one is given) and four cameras, then expose."""
    rng = np.random.default_rng(seed)
    like = [fits.read(path) for path in aia]
    sun = simulate.sun(rng, *(target.on_grid(image.data, image.header, simulate.MARGIN) for image in like))
    optics = {number: simulate.optics(number, rng) for number in camera.CAMERAS}
    for path in [*darks, *lights]:
        number, exposure = readout.identity(Path(path).name)
        photons = np.zeros(camera.ACTIVE_SHAPE)
        if path in lights:
            photons = simulate.exposed(sun, optics[number], simulate.Effects(), rng, exposure)
        fits.write(path, Image(readout.level0(photons, number, rng), readout.header(number, exposure)))
    fits.write(target_file, Image(simulate.target(sun, rng), simulate.target_header()))
    fits.write_arrays(truth, {"OV": sun["ov"], "TO_SKY": np.stack([one.to_sky.coefficients for one in optics.values()])})


if __name__ == "__main__":
    with log_to(snakemake.log[0]):
        output = snakemake.output
        main(output.lights, output.darks, snakemake.input.aia, output.target, output.truth, snakemake.params.seed)
