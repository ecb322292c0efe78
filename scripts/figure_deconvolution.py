"""Figure: a cut-out around the brightest structure, before and after deconvolution."""

from helioreduce.aia.figures import deconvolution, sky
from helioreduce.io import fits, plots
from helioreduce.runtime.log import log_to


def main(before: str, after: str, side: int, outputs: list[str]) -> None:
    """Read both images, cut, draw, write."""
    blurred, sharp = fits.read(before), fits.read(after)
    centre = sky.liveliest(blurred, side)
    plots.write(outputs, deconvolution.before_after, sky.cut(blurred, centre, side), sky.cut(sharp, centre, side))


if __name__ == "__main__":
    with log_to(snakemake.log[0]):
        main(snakemake.input.before, snakemake.input.after, snakemake.params.side, list(snakemake.output))
