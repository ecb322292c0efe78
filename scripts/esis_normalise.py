"""Factors that bring every camera and sequence of one line to one mean over what all cameras see of the Sun."""

import numpy as np

from helioreduce.esis import normalise, vignetting
from helioreduce.io import fits
from helioreduce.runtime.log import log_to


def main(aligned: list[str], mask: list[str], slopes: str, output: str) -> None:
    """Take the masked means of every sequence without its vignetting, derive the factors, write."""
    (fitted,), _ = fits.read_arrays(slopes, "SLOPES")
    means = np.stack([_means(*files, fitted[0]) for files in zip(aligned, mask, strict=True)])
    fits.write_arrays(output, {"FACTORS": normalise.factors(means), "MEANS": means})


def _means(aligned: str, mask: str, slopes: np.ndarray) -> np.ndarray:
    (image, maps, stops), _ = fits.read_arrays(aligned, "IMAGE", "QUADRATIC", "STOP")
    (clear,), _ = fits.read_arrays(mask, "CLEAR")
    field = vignetting.fields(slopes, vignetting.positions(maps, stops))
    return normalise.masked_means(image / field, clear.astype(bool))


if __name__ == "__main__":
    with log_to(snakemake.log[0]):
        main(snakemake.input.aligned, snakemake.input.mask, snakemake.input.vignetting, snakemake.output[0])
