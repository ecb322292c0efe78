"""The embedded archive's instrument and emissivity: analytic models in the open form."""

from helioreduce.aia.response import model, tables
from helioreduce.io import ecsv
from helioreduce.runtime import script


def main(instrument: str, emissivity: str) -> None:
    """Compute both, write both."""
    ecsv.write_table(instrument, tables.from_instrument(model.instrument(), {"origin": model.ORIGIN}))
    ecsv.write_table(emissivity, tables.from_emissivity(model.emissivity()))


if __name__ == "__main__":
    script.run(main, snakemake)
