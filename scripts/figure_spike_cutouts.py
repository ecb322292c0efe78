"""Figure: a cut-out as delivered and respiked, the spikes circled."""

import numpy as np

from helioreduce.aia import spikes
from helioreduce.aia.figures import sky
from helioreduce.aia.figures.spikes import cutouts
from helioreduce.io import fits, jsoc_files, plots
from helioreduce.runtime.log import log_to


def main(before: str, after: str, spikes_file: str, side: int, outputs: list[str]) -> None:
    """Read both images and the spikes, cut around the densest of them, draw, write."""
    despiked, respiked = fits.read(before), fits.read(after)
    x, y, inside = spikes.positions(despiked, jsoc_files.read_spikes(spikes_file)[0])
    x, y = x[inside], y[inside]
    counts, rows, columns = np.histogram2d(y, x, [np.arange(0, n + side, side) for n in despiked.data.shape])
    row, column = np.unravel_index(int(counts.argmax()), counts.shape)
    centre = (int(columns[column]) + side // 2, int(rows[row]) + side // 2)
    first, second = sky.cut(despiked, centre, side), sky.cut(respiked, centre, side)
    left, bottom = (float(despiked.header[key]) - float(first.header[key]) for key in ("CRPIX1", "CRPIX2"))
    plots.write(outputs, cutouts, first, second, x - left, y - bottom)


if __name__ == "__main__":
    with log_to(snakemake.log[0]):
        main(
            snakemake.input.level1,
            snakemake.input.respiked,
            snakemake.input.spikes,
            snakemake.params.side // 6,
            list(snakemake.output),
        )
