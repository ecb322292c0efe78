"""Simulate level-0 frames of a known Sun: light and dark exposures of four cameras, the image to align them to, the truth."""

from pathlib import Path

import numpy as np

from helioreduce.esis import files, level0, readout, simulate
from helioreduce.esis.camera import ACTIVE_SHAPE, CAMERAS
from helioreduce.esis.target import on_grid
from helioreduce.image import Image
from helioreduce.io import fits
from helioreduce.runtime import script


def main(lights: list[str], darks: list[str], aia: list[str], target: str, truth: str, seed: int) -> None:
    """Draw a Sun (like the AIA image, if one is given) and four cameras, then expose."""
    rng = np.random.default_rng(seed)
    like = [fits.read(path) for path in aia]
    sun = simulate.sun(rng, *(on_grid(image.data, image.header, simulate.MARGIN) for image in like))
    optics = {number: simulate.optics(number, rng) for number in CAMERAS}
    for path in [*darks, *lights]:
        number, exposure = level0.identity(Path(path).name)
        photons = np.zeros(ACTIVE_SHAPE)
        if path in lights:
            photons = simulate.exposed(sun, optics[number], simulate.Effects(), rng, exposure)
        fits.write(path, Image(readout.level0(photons, number, rng), readout.header(number, exposure)))
    fits.write(target, Image(simulate.target(sun, rng), simulate.target_header()))
    files.write_truth(truth, sun.ov, np.stack([camera.to_sky.coefficients for camera in optics.values()]))


if __name__ == "__main__":
    script.run(main, snakemake, simulated=True)
