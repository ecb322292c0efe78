"""Draw one line: alignment, correlations, masks, differences, vignetting and drift."""

import numpy as np

from helioreduce.esis import figures, files, resample, transforms
from helioreduce.esis import vignetting as v
from helioreduce.esis.camera import CAMERAS, Flight
from helioreduce.io import fits, plots
from helioreduce.runtime import script


def main(
    aligned: list[str], mask: list[str], slopes: str, drift: str, level1: list[str], line: str, outputs: list[str], table: dict
) -> None:
    """Draw the sequence in the middle of the flight, and the numbers of all."""
    used, own = files.usable(aligned), Flight.of(table).lines[line]
    internal, aim, exposures, whole = (list(part) for part in zip(*(files.read_numbers(aligned[k]) for k in used), strict=True))
    complete = [k for k, every in zip(used, whole, strict=True) if every] or used
    middle = complete[len(complete) // 2]
    shown, masks, fit = files.read_aligned(aligned[middle]), files.read_masks(mask[middle]), files.read_vignetting(slopes)
    field = v.fields(fit.slopes, v.positions(shown.quadratic, shown.stops))
    lit = np.where(masks.lit, field, np.nan)
    shape, n = shown.data.shape[1:], len(CAMERAS)
    images = [fits.read(path).data[own.window] for path in level1[n * middle : n * (middle + 1)]]
    linear = [resample.resample(i, transforms.on_grid(m), shape).data for i, m in zip(images, shown.linear, strict=True)]
    title = f"{own.name} Å   {shown.header['DATE-AVG']}   {figures.coordinates(shown.header)}"
    coalignment, correlation, outlines, differences, vignetting, drifted = outputs
    plots.write([coalignment], figures.coalignment, shown.data, shown.target, title)
    plots.write([correlation], figures.correlation, np.stack(internal), np.stack(aim), exposures)
    plots.write([outlines], figures.masks, shown.data, [outline[1] for outline in masks.outlines], title)
    plots.write([differences], figures.differences, np.stack(linear), shown.data, shown.data / lit)
    plots.write([vignetting], figures.vignetting, lit, np.stack([fit.slopes, fit.slope_errors]), fit.single)
    plots.write([drifted], figures.drift, files.read_drift(drift)[0])


if __name__ == "__main__":
    script.run(main, snakemake)
