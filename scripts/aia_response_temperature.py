"""Temperature response of the EUV channels at the date of an image."""

from typing import Any

from helioreduce import times
from helioreduce.aia.response import tables
from helioreduce.io import ecsv
from helioreduce.runtime import script


def main(
    instrument: str, emissivity: str, degradation: str, time: str, settings: dict[str, Any], output: str, fix: str = ""
) -> None:
    """Read the tables, fold instrument and emissivity, write."""
    components = ecsv.read_table(instrument)
    telescopes = tables.to_instrument(components)
    rows, meta = ecsv.read(degradation)
    when = times.from_compact(time)
    factors = tables.euv_factors(telescopes, rows, settings["version"], when, eve=settings["eve"])
    origin = {"time": times.iso(when), "instrument": components.meta["origin"], "degradation_table": ecsv.reference(meta)}
    light, fixed = tables.read_emissivity(emissivity), tables.read_chiantifix(fix) if fix else None
    table = tables.of_temperature(telescopes, light, factors, blend=settings["crosstalk"], fix=fixed, meta=origin)
    ecsv.write_table(output, table)


if __name__ == "__main__":
    script.run(main, snakemake)
