"""Figure: the terms of the error against counts, and the counts of an image."""

import numpy as np

from helioreduce.aia import error, tables
from helioreduce.aia.figures import errors
from helioreduce.io import ecsv, fits, plots
from helioreduce.runtime.log import log_to


def main(image: str, table: str, outputs: list[str]) -> None:
    """Read the raw counts and the error table, compute every term, draw, write."""
    frame = fits.read(image)
    channel = int(frame.header["WAVELNTH"])
    edges = np.unique(np.round(np.geomspace(1, 16384, 120))) - 0.5
    terms = error.components(edges, channel, tables.error_row(ecsv.read(table)[0], channel))
    pixels = np.histogram(frame.data[np.isfinite(frame.data)], edges)[0]
    plots.write(outputs, errors.components, edges, terms, channel, (edges, pixels))


if __name__ == "__main__":
    with log_to(snakemake.log[0]):
        main(snakemake.input.image, snakemake.input.table, list(snakemake.output))
