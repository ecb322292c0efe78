"""Figure: intensity along a slit across bright loops, before and after deconvolution."""

from helioreduce.aia.figures import deconvolution, sky
from helioreduce.aia.qa import slit
from helioreduce.io import fits, plots
from helioreduce.runtime.log import log_to


def main(before: str, after: str, side: int, outputs: list[str]) -> None:
    """Read both images, cut, lay the slit, draw, write."""
    blurred, sharp = fits.read(before), fits.read(after)
    centre = sky.liveliest(blurred, side)
    first, second = sky.cut(blurred, centre, side), sky.cut(sharp, centre, side)
    line = slit.across(first.data, side // 3)
    planes = [None if p is None else slit.along(p, line) for p in (first.data, second.data, first.sigma, second.sigma)]
    along = deconvolution.Slit(line.x, line.y, line.distance * float(first.header["CDELT1"]), *planes)
    plots.write(outputs, deconvolution.slit, second, along)


if __name__ == "__main__":
    with log_to(snakemake.log[0]):
        main(snakemake.input.before, snakemake.input.after, snakemake.params.side, list(snakemake.output))
