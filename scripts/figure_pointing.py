"""Figure: a day of the pointing table, and the rows that the images took."""

import numpy as np

from helioreduce import times
from helioreduce.aia import pointing
from helioreduce.aia.figures import registration
from helioreduce.io import ecsv, fits, plots
from helioreduce.runtime.log import log_to


def main(table: str, images: list[str], channel: int, outputs: list[str]) -> None:
    """Read the table and the times of the images, draw, write; without a table the reason."""
    rows, _ = ecsv.read(table)
    if not rows:
        plots.write(outputs, plots.reason, "There is no pointing table: the headers' pointing was kept.")
        return
    observed = [times.parse(fits.read_header(image)["T_OBS"]) for image in images]
    chosen = [times.parse(str(pointing.select(rows, time)["T_START"])) for time in observed]
    starts = [times.parse(str(row["T_START"])) for row in rows]
    entries = {name: np.array([entry(row, channel, name) for row in rows]) for name in ("X0", "Y0", "IMSCALE", "INSTROT")}
    plots.write(outputs, registration.pointing, registration.Series(starts, entries), chosen, channel)


def entry(row: dict[str, object], channel: int, name: str) -> float:
    """A number of the table; NaN where it is missing."""
    try:
        return float(row.get(f"A_{channel:03d}_{name}", "nan"))  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return float("nan")


if __name__ == "__main__":
    with log_to(snakemake.log[0]):
        main(snakemake.input.table, snakemake.input.images, int(snakemake.wildcards.channel), list(snakemake.output))
