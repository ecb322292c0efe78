"""What cannot be reduced: a job that fails, so that the run does, while all others go on."""

from helioreduce.errors import InputError
from helioreduce.runtime import script
from helioreduce.runtime.log import logger


def main(reasons: list[str]) -> None:
    """Fail with the reasons that were found when the run was planned; the screen shows them at its end."""
    for reason in reasons:
        logger.error("%s", reason)
    raise InputError(f"images refused: {len(reasons)}", cure="See results/logs/aia_refuse.log")


if __name__ == "__main__":
    script.run(main, snakemake)
