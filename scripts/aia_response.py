"""Wavelength response of a channel at the date of an image, with every component."""

from typing import Any

from helioreduce import times
from helioreduce.aia.response import tables
from helioreduce.io import ecsv
from helioreduce.runtime import script


def main(instrument: str, degradation: str, channel: str, time: str, settings: dict[str, Any], output: str) -> None:
    """Read the instrument and the degradation table, compute the response, write."""
    components = ecsv.read_table(instrument)
    telescopes = tables.to_instrument(components)
    rows, meta = ecsv.read(degradation)
    when = times.from_compact(time)
    factors = tables.factors(telescopes, int(channel), rows, settings["version"], when, eve=settings["eve"])
    origin = {"time": times.iso(when), "instrument": components.meta["origin"], "degradation_table": ecsv.reference(meta)}
    table = tables.of_wavelength(telescopes, int(channel), factors, blend=settings["crosstalk"], meta=origin)
    ecsv.write_table(output, table)


if __name__ == "__main__":
    script.run(main, snakemake)
