"""Frames for the example: darks, a star field, and the truth about its cosmic rays."""

from helioreduce.cosmic_rays import simulate
from helioreduce.image import Image
from helioreduce.io import fits
from helioreduce.runtime import script


def main(darks: list[str], science: str, truth: str, gain: float, read_noise: float) -> None:
    """Simulate one camera, write its frames in DN, and the number of each pixel's hit."""
    camera = simulate.Camera(gain=gain, read_noise=read_noise)
    header = fits.cards(BUNIT="adu", INSTRUME="simulated CCD", GAIN=gain, RDNOISE=read_noise)
    for seed, path in enumerate(darks):
        fits.write(path, Image(simulate.dark_frame(camera, seed), header))
    data, events = simulate.science_frame(camera, len(darks))
    fits.write(science, Image(data, header))
    fits.write_arrays(truth, {"EVENTS": events})


if __name__ == "__main__":
    script.run(main, snakemake, simulated=True)
