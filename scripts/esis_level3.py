"""Assemble level 3 of one line: the co-aligned, vignetting-corrected, normalised cube with its world coordinates."""

import numpy as np

from helioreduce.esis import files, level3
from helioreduce.io import provenance
from helioreduce.runtime import script


def main(aligned: list[str], mask: list[str], slopes: str, factors: str, output: str, flatten: bool) -> None:
    """Correct every sequence and put it at its place on the time axis; gaps are NaN."""
    used = files.usable(aligned)
    found, normalisation = files.read_vignetting(slopes), files.read_normalisation(factors)
    cube = level3.empty([files.read_cards(aligned[k]) for k in used], found)
    axis = level3.time_axis([files.read_time(aligned[k]) for k in used])
    for row, (place, k) in enumerate(zip(axis, used, strict=True)):
        sequence, seen = files.read_aligned(aligned[k]), files.read_masks(mask[k])
        level3.fill(cube, place, sequence, seen, normalisation.factors[row], normalisation.transmission[row])
    left_out = {path: files.refusal(path) for k, path in enumerate(aligned) if k not in used}
    level3.describe(cube, found, flatten=flatten, left_out=left_out)
    reference = f"vignetting sha256:{provenance.sha256(slopes)}; factors sha256:{provenance.sha256(factors)}"
    provenance.record(cube.header, "esis_level3", {"slopes": np.round(cube.vignetting, 5).tolist()}, reference)
    files.write_cube(output, cube)


if __name__ == "__main__":
    script.run(main, snakemake)
