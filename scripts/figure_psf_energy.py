"""Figure: radial profile and encircled energy of the channels' point-spread functions."""

from helioreduce.aia.figures import deconvolution
from helioreduce.aia.qa import psf
from helioreduce.io import fits, plots
from helioreduce.runtime.log import log_to


def main(files: list[str], channels: list[int], outputs: list[str]) -> None:
    """Read the PSFs, sum them over rings and circles, draw, write."""
    found = {channel: psf.encircled(fits.read_array(file, "PSF")[0]) for channel, file in zip(channels, files, strict=True)}
    radius = next(iter(found.values())).radius
    curves = {channel: (energy.profile, energy.energy) for channel, energy in found.items()}
    plots.write(outputs, deconvolution.psf_energy, radius, curves)


if __name__ == "__main__":
    with log_to(snakemake.log[0]):
        main(list(snakemake.input), snakemake.params.channels, list(snakemake.output))
