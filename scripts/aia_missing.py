"""The frames that were asked for and cannot be had, with the reason of each."""

from collections.abc import Mapping
from pathlib import Path

from helioreduce.jsoc import policy
from helioreduce.quality import Policy
from helioreduce.runtime.log import log_to


def main(lists: list[str], quality: Mapping, output: str) -> None:
    """Read the lists of records, write channel, time and reason."""
    lines = [
        f"{Path(listed).parent.name}\t{time}\t{reason}\n"
        for listed in lists
        for time, reason in policy.missing(listed, Policy(**quality)).items()
    ]
    Path(output).write_text("".join(["channel\ttime\treason\n", *lines]))


if __name__ == "__main__":
    with log_to(snakemake.log[0]):
        main(list(snakemake.input), snakemake.params.quality, snakemake.output[0])
