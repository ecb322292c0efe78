"""Find the factors that bring the cameras of one line to one response, and the level of each sequence."""

import numpy as np

from helioreduce.esis import files, normalise, vignetting
from helioreduce.esis.values import Vignetting
from helioreduce.runtime import script


def main(aligned: list[str], mask: list[str], slopes: str, output: str, flatten: bool) -> None:
    """Take the masked means of every sequence without its vignetting, derive the factors, write."""
    found = files.read_vignetting(slopes)
    used = files.usable(aligned)
    means = np.stack([_means(aligned[k], mask[k], found) for k in used])
    exposures = [int(files.read_cards(aligned[k])["SEQUENCE"]) for k in used]
    files.write_normalisation(output, normalise.normalisation(means, flatten=flatten), exposures)


def _means(aligned: str, mask: str, found: Vignetting) -> np.ndarray:
    sequence = files.read_aligned(aligned)
    field = vignetting.fields(found.slopes, vignetting.positions(sequence.quadratic, sequence.stops))
    return normalise.masked_means(sequence.data / field, files.read_masks(mask).clear)


if __name__ == "__main__":
    script.run(main, snakemake)
