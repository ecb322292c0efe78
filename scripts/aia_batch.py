"""Every step from level 1 to the finished image, for many images of one channel in one process."""

import numba

from helioreduce import batch, ecsv, fft, fits, memory, provenance
from helioreduce.aia import chain
from helioreduce.image import Image
from helioreduce.log import log_to


def main(frames: list[batch.Frame], files: dict[str, list[str]], settings: dict, code: str, threads: int) -> None:
    """Read the channel's tables and PSF once; then read, reduce and write each frame that is not kept from before."""
    memory.keep_freed()
    fft.set_threads(threads)
    numba.set_num_threads(min(threads, numba.config.NUMBA_NUM_THREADS))
    tables = {name: [ecsv.read(file) for file in files[name]] for name in ("error", "degradation")}
    otf = [fits.read_array(file, "OTF")[0] for file in files["psf"]]
    calibration = chain.Calibration(*(next(iter(found), None) for found in (*tables.values(), otf)))
    pointing = {file: ecsv.read(file) for file in {frame.pointing for frame in frames}}
    chosen = chain.Settings(**settings)

    def read(frame: batch.Frame) -> list:
        return [fits.read(frame.image), fits.read_spikes(frame.spikes) if frame.spikes else None]

    def compute(frame: batch.Frame, planes: list) -> Image:
        listed, image = planes.pop(), planes.pop()
        return chain.reduce(image, listed, pointing[frame.pointing], calibration, chosen, frame.left_out)

    digests = [provenance.sha256(file) for name in tables for file in files[name]]
    batch.run(frames, "results/aia/batch", (code, settings, digests), read, compute, fits.write)


if __name__ == "__main__":
    with log_to(snakemake.log[0]):
        files = {name: snakemake.input.get(name, []) for name in ("error", "degradation", "psf")}
        frames = [batch.Frame(*names) for names in snakemake.params.frames]
        main(frames, files, snakemake.params.settings, snakemake.params.code, snakemake.threads)
