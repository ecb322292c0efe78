"""Draw one line: alignment, correlations, masks, differences and vignetting."""

import numpy as np

from helioreduce.esis import figures, files, resample, transforms
from helioreduce.esis import vignetting as v
from helioreduce.esis.camera import LINES
from helioreduce.io import fits, plots
from helioreduce.runtime import script


def main(
    aligned: list[str], mask: list[str], slopes: str, level1: list[str], exposures: list[int], line: str, outputs: list[str]
) -> None:
    """Draw the sequence in the middle of the flight, and the numbers of all."""
    middle = len(exposures) // 2
    shown, masks, fit = files.read_aligned(aligned[middle]), files.read_masks(mask[middle]), files.read_vignetting(slopes)
    internal, aim = (np.stack(part) for part in zip(*(_correlations(path) for path in aligned), strict=True))
    field = v.fields(fit.slopes, v.positions(shown.quadratic, shown.stops))
    lit = np.where(masks.lit, field, np.nan)
    shape = shown.data.shape[1:]
    images = [fits.read(path).data[LINES[line].window] for path in level1]
    linear = [resample.resample(i, transforms.on_grid(m), shape).data for i, m in zip(images, shown.linear, strict=True)]
    title = f"{LINES[line].name} Å   {shown.header['DATE-AVG']}"
    coalignment, correlation, outlines, differences, vignetting = outputs
    plots.write([coalignment], figures.coalignment, shown.data, shown.target, title)
    plots.write([correlation], figures.correlation, internal, aim, exposures)
    plots.write([outlines], figures.masks, shown.data, [outline[1] for outline in masks.outlines], title)
    plots.write([differences], figures.differences, np.stack(linear), shown.data, shown.data / lit)
    plots.write([vignetting], figures.vignetting, lit, np.stack([fit.slopes, fit.slope_errors]), fit.single)


def _correlations(path: str) -> tuple[np.ndarray, np.ndarray]:
    aligned = files.read_aligned(path)
    return aligned.internal, aligned.aim


if __name__ == "__main__":
    script.run(main, snakemake)
