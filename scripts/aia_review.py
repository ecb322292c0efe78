"""What the series of a request lack: images that the archive does not have, and images that could not be reduced."""

from pathlib import Path

from helioreduce.aia import coverage
from helioreduce.errors import InputError
from helioreduce.runtime import script
from helioreduce.runtime.log import logger

#: Failed images that are named; the manifests have all.
MOST = 50


def main(parts: dict, logs: str, on_missing: str, output: str) -> None:
    """Note what is missing; fail where images failed, or are missing and that is to be an error."""
    found = coverage.review(parts, logs)
    for note in found.notes:
        logger.warning("%s", note)
    if failed := found.failed:
        more = [f"and {len(failed) - MOST} more"] * (len(failed) > MOST)
        problem = "\n  ".join([f"{len(failed)} of {found.asked} images failed, all else is finished", *failed[:MOST], *more])
        raise InputError(problem, cure="The next run tries those again that may succeed")
    if found.missing and on_missing == "fail":
        raise InputError(
            f"{found.missing} of {found.asked} images are missing, all else is finished",
            cure='To end without an error, set on_missing: skip in config.yaml, or add --config jsoc="{on_missing: skip}"',
        )
    Path(output).write_text("".join(f"{note}\n" for note in found.notes) or "All images are there.\n")


if __name__ == "__main__":
    script.run(main, snakemake)
