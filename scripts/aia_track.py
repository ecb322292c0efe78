"""Every step from level 1 to the grid of the tracked cube, for many images of one channel in one process."""

import aia_batch
from helioreduce.aia import steps
from helioreduce.runtime import process, script


def main(
    frames: list[tuple], settings: dict, config: dict, code: str, error_table: str, degradation_table: str = "", psf: str = ""
) -> None:
    """Reduce as the batches do, with tracking in place of prep; nothing is asked of a frame that is kept from before."""
    tables = {"error_table": error_table, "degradation_table": degradation_table, "psf": psf}
    aia_batch.main(frames, settings, config, code, **tables, kept="results/aia/batch_tracked", whole=steps.TRACKED)


if __name__ == "__main__":
    process.keep_memory()
    script.run(main, snakemake)
