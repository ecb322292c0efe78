"""One calibration frame out of many bias, dark or flat frames."""

from functools import partial

import numpy as np

from helioreduce.cosmic_rays import combine
from helioreduce.image import Image
from helioreduce.io import fits, provenance
from helioreduce.io.hdus import STRUCTURAL
from helioreduce.runtime import script


def main(inputs: list[str], output: str, kind: str, choices: dict, memory_mb: float) -> None:
    """Combine the frames strip by strip, flats after dividing each by its median; write data, error and number of values."""
    header = fits.read_header(inputs[0])
    readers: list[combine.Rows] = [partial(fits.read_rows, path) for path in inputs]
    if kind == "flat":
        readers = [combine.scaled(reader, combine.level(reader, header["NAXIS2"])) for reader in readers]
        header["BUNIT"] = ""
    shape = header["NAXIS2"], header["NAXIS1"]
    result = combine.combine(readers, shape, combine.Choices(**choices), memory_mb=memory_mb)
    for key in STRUCTURAL:
        header.remove(key, ignore_missing=True)
    header["NFRAMES"] = (len(inputs), "frames combined")
    parameters = {"kind": kind, "n_frames": len(inputs), **choices, "mean_count": float(np.mean(result.count))}
    provenance.record(header, "combine", parameters)
    fits.write(output, Image(result.data, header, result.sigma))


if __name__ == "__main__":
    script.run(main, snakemake)
