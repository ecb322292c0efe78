"""Make level 3 of one line of one sequence: co-aligned, vignetting-corrected, normalised, with its world coordinates."""

import numpy as np

from helioreduce.esis import files, level3
from helioreduce.esis.camera import Flight
from helioreduce.io import provenance
from helioreduce.runtime import script


def main(aligned: str, mask: str, slopes: str, factors: str, output: str, sequence: str, flatten: bool, table: dict) -> None:
    """Correct the sequence and write it; or why it is left out."""
    if files.refusal(aligned):
        files.write_refused(output, files.read_cards(aligned))
        return
    found, images = files.read_vignetting(slopes), files.read_aligned(aligned)
    cube = level3.empty([images.header], found, cadence_s=Flight.of(table).exposure_s)
    level3.fill(cube, 0, images, files.read_masks(mask), *files.read_factors(factors, int(sequence)))
    level3.describe(cube, found, flatten=flatten)
    reference = f"vignetting sha256:{provenance.sha256(slopes)}; factors sha256:{provenance.sha256(factors)}"
    provenance.record(cube.header, "esis_level3", {"slopes": np.round(cube.vignetting, 5).tolist()}, reference)
    files.write_cube(output, cube)


if __name__ == "__main__":
    script.run(main, snakemake)
