"""Every step from level 1 to the finished image, for many images of one channel in one process."""

from helioreduce.aia import chain, deconvolve
from helioreduce.image import Image
from helioreduce.io import ecsv, fits, provenance
from helioreduce.numerics import backend
from helioreduce.runtime import batch, process
from helioreduce.runtime.log import log_to


def main(frames: list[batch.Frame], files: dict[str, list[str]], settings: dict, code: str, device: str) -> None:
    """Read the channel's tables and PSF once; then read, reduce and write each frame that is not kept from before."""
    where = backend.Device(device)
    tables = {name: [ecsv.read(file) for file in files[name]] for name in ("error", "degradation")}
    otf = [fits.read_array(file, "OTF")[0] for file in files["psf"]]
    calibration = chain.Calibration(*(next(iter(found), None) for found in (*tables.values(), otf)))
    pointing = {file: ecsv.read(file) for file in {frame.pointing for frame in frames}}
    chosen = chain.Settings(**settings | {"deconvolve": deconvolve.Options(**settings["deconvolve"])})

    def read(frame: batch.Frame) -> list:
        return [where.upload(fits.read(frame.image)), fits.read_spikes(frame.spikes) if frame.spikes else None]

    def compute(frame: batch.Frame, planes: list) -> Image:
        listed, image = planes.pop(), planes.pop()
        return where.run(chain.reduce, image, listed, pointing[frame.pointing], calibration, chosen, frame.left_out)

    common = code, settings, where.module.__name__, [provenance.sha256(file) for name in tables for file in files[name]]
    batch.run(frames, "results/aia/batch", common, read, compute, lambda path, image: fits.write(path, where.download(image)))


if __name__ == "__main__":
    with log_to(snakemake.log[0]):
        process.use_threads(snakemake.threads)
        process.keep_memory()
        files = {name: snakemake.input.get(name, []) for name in ("error", "degradation", "psf")}
        frames = [batch.Frame(*names) for names in snakemake.params.frames]
        main(frames, files, snakemake.params.settings, snakemake.params.code, snakemake.params.device)
