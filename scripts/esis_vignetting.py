"""Vignetting slopes and gains of the four cameras, from all sequences of one line."""

import numpy as np

from helioreduce.esis import vignetting
from helioreduce.io import fits
from helioreduce.runtime.log import log_to


def main(aligned: list[str], mask: list[str], output: str) -> None:
    """Average every sequence over blocks, fit them together and each by itself, write."""
    parts = [_blocks(*files) for files in zip(aligned, mask, strict=True)]
    fit = vignetting.fit(*(np.concatenate(planes) for planes in zip(*parts, strict=True)))
    arrays = {
        "SLOPES": np.stack([fit.slopes, fit.slope_errors]),
        "GAINS": np.stack([fit.gains, fit.gain_errors]),
        "SINGLE": np.stack([vignetting.fit(*part).slopes for part in parts]),
    }
    fits.write_arrays(output, arrays, fits.cards(SCATTER=fit.scatter, NBLOCKS=fit.blocks))


def _blocks(aligned: str, mask: str) -> tuple[np.ndarray, ...]:
    (image, sigma, maps, stops), _ = fits.read_arrays(aligned, "IMAGE", "SIGMA", "QUADRATIC", "STOP")
    (clear,), _ = fits.read_arrays(mask, "CLEAR")
    return vignetting.blocks(image, sigma, vignetting.positions(maps, stops), clear.astype(bool))


if __name__ == "__main__":
    with log_to(snakemake.log[0]):
        main(snakemake.input.aligned, snakemake.input.mask, snakemake.output[0])
