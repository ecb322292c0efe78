"""Assemble level 3 of one line: the co-aligned, vignetting-corrected, normalised cube with its world coordinates."""

import numpy as np

from helioreduce.esis import files, level3
from helioreduce.esis.camera import LINES
from helioreduce.io import provenance
from helioreduce.runtime import script


def main(aligned: list[str], mask: list[str], slopes: str, factors: str, line: str, output: str) -> None:
    """Correct every sequence and put it at its place on the time axis; gaps are NaN."""
    dates = [files.read_time(path) for path in aligned]
    normalisation = files.read_normalisation(factors)
    cube = level3.empty(dates, LINES[line], files.read_vignetting(slopes))
    for place, image, seen, factor in zip(level3.time_axis(dates), aligned, mask, normalisation.factors, strict=True):
        level3.fill(cube, place, files.read_aligned(image), files.read_masks(seen), factor)
    facts = {"slopes": np.round(cube.vignetting, 5).tolist()}
    provenance.record(cube.header, "esis_level3", facts, f"sha256:{provenance.sha256(slopes)}")
    files.write_cube(output, cube)


if __name__ == "__main__":
    script.run(main, snakemake)
