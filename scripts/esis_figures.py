"""Pictures of one line: alignment, correlations, masks, differences and vignetting."""

import numpy as np

from helioreduce.esis import camera, figures, resample, transforms, vignetting
from helioreduce.io import fits, plots
from helioreduce.runtime.log import log_to


def main(given: object, exposures: list[int], line: camera.Line, outputs: dict[str, str]) -> None:
    """Draw the middle sequence, and the numbers of all."""
    k = len(exposures) // 2
    (image, maps, stops, target), header = fits.read_arrays(given.aligned[k], "IMAGE", "QUADRATIC", "STOP", "TARGET")
    numbers = [fits.read_arrays(path, "INTERNAL", "AIM")[0] for path in given.aligned]
    outlines, _ = fits.read_arrays(given.mask[k], *(f"OUTLINE{n}" for n in camera.CAMERAS))
    (lit,), _ = fits.read_arrays(given.mask[k], "LIT")
    (slopes, single), _ = fits.read_arrays(given.vignetting, "SLOPES", "SINGLE")
    field = np.where(lit, vignetting.fields(slopes[0], vignetting.positions(maps, stops)), np.nan)
    (affine,), _ = fits.read_arrays(given.aligned[k], "LINEAR")
    level1 = [fits.read(path).data[line.window] for path in given.level1]
    linear = [resample.resample(d, transforms.on_grid(m), image.shape[1:])[0] for d, m in zip(level1, affine, strict=True)]
    names = f"{line.name} Å   {header['DATE-AVG']}"
    internal, aim = (np.stack(part) for part in zip(*numbers, strict=True))
    plots.write([outputs["coalignment"]], figures.coalignment, image, target, names)
    plots.write([outputs["correlation"]], figures.correlation, internal, aim, exposures)
    plots.write([outputs["masks"]], figures.masks, image, [outline[1] for outline in outlines], names)
    plots.write([outputs["differences"]], figures.differences, np.stack(linear), image, image / field)
    plots.write([outputs["vignetting"]], figures.vignetting, field, slopes, single)


if __name__ == "__main__":
    with log_to(snakemake.log[0]):
        line = camera.LINES[snakemake.wildcards.line]
        main(snakemake.input, snakemake.params.exposures, line, dict(snakemake.output.items()))
