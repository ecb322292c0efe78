"""The instrument's point-spread function, removed."""

from helioreduce.aia import deconvolution
from helioreduce.io import fits, provenance, psf_files
from helioreduce.runtime import script
from helioreduce.runtime.device import Device


def main(image: str, psf: str, output: str, options: dict, skipped: dict[str, dict[str, str]], config: dict) -> None:
    """Read one image and the PSF, deconvolve on its own grid, write."""
    where, optics = Device(config["aia"]["device"]), deconvolution.Psf(*psf_files.read(psf))
    frame = where.upload(provenance.skip(fits.read(image), skipped["before"]))
    result = where.download(where.run(deconvolution.from_psf, frame, optics, options))
    fits.write(output, provenance.skip(result, skipped["after"]))


if __name__ == "__main__":
    script.run(main, snakemake)
