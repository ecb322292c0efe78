"""One calibration frame out of many bias, dark or flat frames."""

from functools import partial

import numpy as np

from helioreduce.cosmic_rays.combine import Choices, combine, level, scaled
from helioreduce.image import Image
from helioreduce.io import fits
from helioreduce.io.provenance import record
from helioreduce.runtime.log import log_to


def main(frames: list[str], output: str, kind: str, choices: dict[str, object], memory_mb: float) -> None:
    """Combine the frames strip by strip, flats after dividing each by its median; write data, error and number of values."""
    header = fits.read_header(frames[0])
    readers = [partial(fits.read_rows, frame) for frame in frames]
    if kind == "flat":
        readers = [scaled(reader, level(reader, header["NAXIS2"])) for reader in readers]
        header["BUNIT"] = ""
    result = combine(readers, (header["NAXIS2"], header["NAXIS1"]), Choices(**choices), memory_mb=memory_mb)
    for key in fits.STRUCTURAL:
        header.remove(key, ignore_missing=True)
    header["NFRAMES"] = (len(frames), "frames combined")
    told = {"kind": kind, "n_frames": len(frames), **choices, "mean_count": float(np.mean(result.count))}
    record(header, "combine", told)
    fits.write(output, Image(result.data, header, result.sigma))


if __name__ == "__main__":
    with log_to(snakemake.log[0]):
        main(
            list(snakemake.input),
            snakemake.output[0],
            snakemake.params.kind,
            snakemake.params.choices,
            snakemake.params.memory_mb,
        )
