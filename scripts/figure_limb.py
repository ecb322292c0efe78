"""Figure: the limb's residual from a centred circle, before and after registration."""

from helioreduce.aia.figures import registration
from helioreduce.aia.qa import limb
from helioreduce.errors import InputError
from helioreduce.io import fits, plots
from helioreduce.runtime.log import log_to


def main(before: str, after: str, outputs: list[str]) -> None:
    """Read both images, fit the limb of each, draw, write; a cut-out without a limb gets the reason instead."""
    first, second = fits.read(before), fits.read(after)
    try:
        fits_ = limb.fit(first), limb.fit(second)
    except InputError as error:
        plots.write(outputs, plots.reason, str(error))
        return
    plots.write(outputs, registration.limb, *fits_, first.header["WAVELNTH"])


if __name__ == "__main__":
    with log_to(snakemake.log[0]):
        main(snakemake.input.level1, snakemake.input.registered, list(snakemake.output))
