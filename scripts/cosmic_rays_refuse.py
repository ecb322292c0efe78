"""Frames that cannot be cleaned: a job that fails, so that the run does, while all others are finished."""

from helioreduce.errors import InputError
from helioreduce.runtime import script


def main(reasons: list[str]) -> None:
    """Fail with the reasons that an earlier run has found."""
    listed = "".join(f"\n  {reason}" for reason in reasons)
    raise InputError(f"frames refused: {len(reasons)}{listed}", cure="Mend them or leave them out of cosmic_rays.clean")


if __name__ == "__main__":
    script.run(main, snakemake)
