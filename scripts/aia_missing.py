"""The requested frames that are unavailable, with the reason of each."""

from pathlib import Path

from helioreduce.jsoc import policy
from helioreduce.quality import Policy
from helioreduce.runtime import script


def main(inputs: list[str], quality: dict, output: str) -> None:
    """Read the lists of records, write channel, time and reason."""
    lines = [
        f"{Path(record_list).parent.name}\t{time}\t{reason}\n"
        for record_list in inputs
        for time, reason in policy.missing(record_list, Policy(**quality)).items()
    ]
    Path(output).write_text("".join(["channel\ttime\treason\n", *lines]))


if __name__ == "__main__":
    script.run(main, snakemake)
