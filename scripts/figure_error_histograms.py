"""Figure: relative errors of an image with the noise alone, and with the systematic terms of CHIANTI or EVE."""

import numpy as np

from helioreduce.aia import error, tables
from helioreduce.aia.figures import errors
from helioreduce.io import ecsv, fits, plots
from helioreduce.runtime.log import log_to

TERMS = {"nominal": (), "EVE": ("eve",), "CHIANTI": ("chianti",)}


def main(image: str, table: str, outputs: list[str]) -> None:
    """Read the raw counts and the error table, estimate the error three times, draw, write."""
    frame = fits.read(image)
    channel, counts = int(frame.header["WAVELNTH"]), frame.data[(frame.data >= error.LOSSLESS_BELOW_DN) & (frame.mask == 0)]
    row = tables.error_row(ecsv.read(table)[0], channel)
    sample = counts[:: max(1, counts.size // 1_000_000)].astype(float)
    relative = {
        name: 100 * error.total(error.components(sample, channel, row, systematic=systematic)) / np.abs(sample)
        for name, systematic in TERMS.items()
    }
    plots.write(outputs, errors.histograms, relative, channel)


if __name__ == "__main__":
    with log_to(snakemake.log[0]):
        main(snakemake.input.image, snakemake.input.table, list(snakemake.output))
