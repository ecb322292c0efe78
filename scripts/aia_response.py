"""Wavelength response of a channel at the date of an image, with every component."""

from helioreduce import times
from helioreduce.aia.response import tables
from helioreduce.io import ecsv
from helioreduce.runtime.log import log_to


def main(instrument: str, degradation: str, channel: int, time: str, settings: dict, output: str) -> None:
    """Read the instrument and the degradation table, compute the response, write."""
    components = ecsv.read_table(instrument)
    telescopes = tables.to_instrument(components)
    rows, meta = ecsv.read(degradation)
    when = times.from_compact(time)
    factors = tables.factors(telescopes, channel, rows, settings["version"], when, eve=settings["eve"])
    told = {"time": times.iso(when), "instrument": components.meta["origin"], "degradation_table": ecsv.reference(meta)}
    ecsv.write_table(output, tables.of_wavelength(telescopes, channel, factors, blend=settings["crosstalk"], meta=told))


if __name__ == "__main__":
    with log_to(snakemake.log[0]):
        main(
            snakemake.input.instrument,
            snakemake.input.degradation,
            int(snakemake.wildcards.channel),
            snakemake.wildcards.time,
            snakemake.params.settings,
            snakemake.output[0],
        )
