"""Every step from level 1 to the finished image, for many images of one channel in one process."""

from pathlib import Path
from typing import Any

from helioreduce.aia import binning, chain, deconvolution
from helioreduce.aia.frames import Frame
from helioreduce.image import Image
from helioreduce.io import ecsv, fits, jsoc_files, provenance, psf_files
from helioreduce.runtime import batch, process, script
from helioreduce.runtime.device import Device


def main(
    frames: list, settings: dict, config: dict, code: str, error_table: str, degradation_table: str = "", psf: str = "",
    kept: str = "results/aia/batch", whole: tuple = ()) -> None:  # fmt: skip
    """Read the channel's tables and PSF once; then read, reduce and write each frame that is not kept from before."""
    where, reduced = Device(config["aia"]["device"]), [Frame(*names) for names in frames]
    tables = {"error_table": error_table} | ({"degradation_table": degradation_table} if degradation_table else {})
    optics, quality = deconvolution.Psf(*psf_files.read(psf)) if psf else None, config["aia"]["quality"]
    shared = {"psf": optics, "quality": quality, **settings, **{name: ecsv.read(file) for name, file in tables.items()}}
    pointing = {file: ecsv.read(file) for file in {frame.pointing for frame in reduced}}

    def read(frame: Frame) -> tuple[Image, Any]:
        return where.upload(fits.read(frame.image)), jsoc_files.read_spikes(frame.spikes) if frame.spikes else None

    def compute(frame: Frame, found: tuple[Image, Any]) -> Image:
        given = shared | {"pointing": pointing[frame.pointing], "spikes": found[1]}
        return where.run(chain.reduce, found[0], given, frame.left_out, process.trim_memory, whole)

    def write(path: Path, image: Image) -> None:
        fits.write(path, binning.from_settings(where.download(image), settings.get("binning")), compressed=True)

    common = where.module.__name__, [provenance.sha256(file) for file in (*tables.values(), psf) if file]
    batch.run(reduced, kept, (code, settings), common, read, compute, write, judged_by=quality)


if __name__ == "__main__":
    process.keep_memory()
    script.run(main, snakemake)
