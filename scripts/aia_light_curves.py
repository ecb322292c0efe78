"""Light curve of a region in one channel."""

from typing import Any

from helioreduce.aia import light_curves
from helioreduce.io import ecsv, fits
from helioreduce.runtime import script


def main(inputs: list[str], channel: str, box: list[float] | None, deconvolution: dict[str, Any], output: str) -> None:
    """Read every finished image of a channel, measure the region, write one row for each in order of time."""
    correlation = light_curves.Correlation(int(channel), deconvolution)
    rows = [light_curves.measure(light_curves.region(fits.read(file), box), correlation) for file in inputs]
    ecsv.write(output, sorted(rows, key=lambda row: row["T_OBS"]), {"box_arcsec": str(box or "the whole image")})


if __name__ == "__main__":
    script.run(main, snakemake)
