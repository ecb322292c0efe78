"""A local file that cannot be named: its own job says why, and the other frames go on."""

from helioreduce.errors import InputError
from helioreduce.runtime import script


def main(reason: str) -> None:
    """Fail with the reason found when the folder was read."""
    raise InputError(reason)


if __name__ == "__main__":
    script.run(main, snakemake)
