"""The emission measure of the embedded archive's Sun, in pixels of its size, solar north up."""

from helioreduce import times
from helioreduce.io import fits
from helioreduce.runtime import script
from helioreduce.sun import plasma
from helioreduce.sun.scenario import Scenario


def main(scenario: dict, time: str, output: str) -> None:
    """Paint the layers, write them."""
    layers, header = plasma.truth(Scenario.from_mapping(scenario), times.from_compact(time))
    fits.write_arrays(output, {"EM": layers}, header, {"EM": "1e26 cm-5"}, {"EM": 2.0**-12})


if __name__ == "__main__":
    script.run(main, snakemake, simulated=True)
