"""Figure: pulls of two consecutive frames, or of a frame of the archive and its truth."""

import numpy as np

from helioreduce.aia import exposure
from helioreduce.aia.figures import errors
from helioreduce.aia.qa import noise
from helioreduce.image import Image
from helioreduce.io import fits, plots
from helioreduce.runtime.log import log_to


def main(images: list[str], truth: str | None, outputs: list[str]) -> None:
    """Read the frame and what to hold it against, compute the pulls of all pixels and of the fainter half, draw, write."""
    first = fits.read(images[0])
    if truth:
        expected = fits.read_array(truth, "EXPECTED")[0].astype(np.float32)
        pair, xlabel = (Image(expected, first.header, np.zeros_like(expected)), first), "(counts − expected counts) / σ"
    else:
        pair = tuple(exposure.normalise(frame) for frame in (first, fits.read(images[1])))
        xlabel = "difference of consecutive frames / σ"
    faint = pair[0].data <= np.nanmedian(pair[0].data)
    halves = {"all pixels": np.zeros_like(faint), "fainter half": ~faint}
    sets = {label: noise.pulls(*pair, leave_out=left) for label, left in halves.items()}
    title = f"{first.header['WAVELNTH']} Å, {str(first.header['T_OBS'])[:19]}"
    plots.write(outputs, errors.pulls, {label: (v, noise.robust_spread(v)) for label, v in sets.items()}, xlabel, title)


if __name__ == "__main__":
    with log_to(snakemake.log[0]):
        main(list(snakemake.input.images), snakemake.input.get("truth"), list(snakemake.output))
