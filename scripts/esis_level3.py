"""Level 3 of one line: the co-aligned, vignetting-corrected, normalised cube with its world coordinates."""

import numpy as np

from helioreduce import times
from helioreduce.esis import camera, level3, vignetting
from helioreduce.io import fits, provenance
from helioreduce.runtime.log import log_to


def main(aligned: list[str], mask: list[str], slopes: str, factors: str, line: camera.Line, output: str) -> None:
    """Put every sequence at its place on the time axis, corrected; gaps are NaN."""
    (fitted,), _ = fits.read_arrays(slopes, "SLOPES")
    (factor,), _ = fits.read_arrays(factors, "FACTORS")
    dates = [times.parse(fits.read_arrays(path)[1]["DATE-AVG"]) for path in aligned]
    cube = level3.Cube.empty(level3.time_axis(dates), len(camera.CAMERAS), camera.GRID_SHAPE)
    for number, files in enumerate(zip(aligned, mask, strict=True)):
        (image, sigma, bits, maps, stops), _ = fits.read_arrays(files[0], "IMAGE", "SIGMA", "BITS", "QUADRATIC", "STOP")
        (lit, clear), _ = fits.read_arrays(files[1], "LIT", "CLEAR")
        field = vignetting.fields(fitted[0], vignetting.positions(maps, stops))
        cube.fill(number, level3.correct(image, sigma, bits, lit.astype(bool), field, factor[number]), clear, maps, stops)
    header = level3.wcs_header(dates[0])
    header["BUNIT"], header["LINE"], header["WAVELNTH"] = "photon", line.name, line.wavelength_A
    provenance.record(header, "esis_level3", {"slopes": np.round(fitted, 5).tolist()}, f"sha256:{provenance.sha256(slopes)}")
    tables = {"VIGNET": fitted, "FACTORS": cube.placed(factor), "TIME": cube.placed(level3.seconds(dates))}
    fits.write_cube(output, cube.data, cube.sigma, cube.mask, header, cube.extras() | tables)


if __name__ == "__main__":
    with log_to(snakemake.log[0]):
        given, line = snakemake.input, camera.LINES[snakemake.wildcards.line]
        main(given.aligned, given.mask, given.vignetting, given.normalised, line, snakemake.output[0])
