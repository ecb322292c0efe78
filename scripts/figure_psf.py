"""Figure: the point-spread function of a channel, its arms and its core."""

from helioreduce.aia.figures import deconvolution
from helioreduce.io import fits, plots
from helioreduce.runtime.log import log_to


def main(psf: str, channel: int, core: str, outputs: list[str]) -> None:
    """Read the PSF, draw, write."""
    plots.write(outputs, deconvolution.psf, fits.read_array(psf, "PSF")[0], channel, core)


if __name__ == "__main__":
    with log_to(snakemake.log[0]):
        main(snakemake.input.psf, int(snakemake.wildcards.channel), snakemake.params.core, list(snakemake.output))
