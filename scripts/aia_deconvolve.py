"""The instrument's point-spread function, removed."""

from helioreduce import fits, provenance
from helioreduce.aia import deconvolve, level1, psf
from helioreduce.log import log_to


def main(image: str, psf_file: str, output: str, core: str, iterations: int, skipped: dict[str, str]) -> None:
    """Read one image and the PSF, deconvolve on its own grid, write."""
    frame = provenance.skip(fits.read(image), skipped)
    channel, edge = frame.header["WAVELNTH"], 0
    if level1.is_full_frame(frame):
        otf = fits.read_array(psf_file, "OTF")[0]
    else:
        otf = psf.otf(channel, core, psf.grid(frame.data.shape, channel))
        edge = psf.reach(channel, 0.9)
    fits.write(output, deconvolve.deconvolve(frame, otf, iterations, core=core, edge=edge))


if __name__ == "__main__":
    with log_to(snakemake.log[0]):
        main(
            snakemake.input.image,
            snakemake.input.psf,
            snakemake.output[0],
            snakemake.params.core,
            snakemake.params.iterations,
            snakemake.params.skipped,
        )
