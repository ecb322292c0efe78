"""The instrument's point-spread function, removed."""

from helioreduce import fits, provenance
from helioreduce.aia import deconvolve, psf
from helioreduce.log import log_to


def main(image: str, psf_file: str, output: str, core: str, iterations: int, skipped: dict[str, str]) -> None:
    """Read one image and the PSF, deconvolve on its own grid, write."""
    frame = provenance.skip(fits.read(image), skipped)
    channel = frame.header["WAVELNTH"]
    otf = psf.for_image(frame.data.shape, channel, core, fits.read_array(psf_file, "OTF")[0])
    fits.write(output, deconvolve.deconvolve(frame, otf, iterations, core=core, edge=psf.reach(channel, 0.9)))


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
