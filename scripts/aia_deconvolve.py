"""The instrument's point-spread function, removed."""

from helioreduce.aia import deconvolve
from helioreduce.io import fits, provenance
from helioreduce.numerics import backend
from helioreduce.runtime import process
from helioreduce.runtime.log import log_to


def main(image: str, psf_file: str, output: str, settings: dict, skipped: dict[str, str], device: str = "cpu") -> None:
    """Read one image and the PSF, deconvolve on its own grid, write."""
    where, options = backend.Device(device), deconvolve.Options(**settings)
    frame = where.upload(provenance.skip(fits.read(image), skipped))
    optics = where.run(options.optics, frame, fits.read_array(psf_file, "OTF")[0])
    fits.write(output, where.download(where.run(options.apply, frame, *optics)))


if __name__ == "__main__":
    with log_to(snakemake.log[0]):
        process.use_threads(snakemake.threads)
        main(
            snakemake.input.image,
            snakemake.input.psf,
            snakemake.output[0],
            snakemake.params.settings,
            snakemake.params.skipped,
            snakemake.params.device,
        )
