"""The windows of a group made ready: joined with their noise, spikes out, denoised if asked."""

from pathlib import Path

from helioreduce.errors import InputError
from helioreduce.io import fits, provenance
from helioreduce.runtime.log import log_to, logger
from helioreduce.spice import catalogue, fit, group, initial, level2, prepare


def main(raster: str, lines: str, output: str, windows: list[int], options: dict[str, dict], threads: int) -> None:
    """Read the windows of one group, prepare, write."""
    fit.use_threads(threads)
    try:
        found = level2.windows(fits.read_planes(raster, edited=True), fits.read_tables(raster))
        joined = group.join([found[i] for i in windows], **options["join"])
        known = catalogue.load(Path(lines).read_text()) if lines else catalogue.built_in()
        prepared, facts = prepare.prepare(joined, known, **options["prepare"], **initial.options(options["model"]))
    except InputError as error:
        raise error.at(raster) from None
    logger.info("%s: %s", ", ".join(window.name for window in prepared.windows), facts)
    planes = group.to_planes(prepared)
    for plane in planes[::2]:
        provenance.record(plane.header, "prepare", facts, f"level 2 {raster}")
    fits.write_planes(output, planes)


if __name__ == "__main__":
    with log_to(snakemake.log[0]):
        main(
            snakemake.input.raster,
            snakemake.input.get("catalogue", ""),
            snakemake.output[0],
            snakemake.params.windows,
            snakemake.params.options,
            snakemake.threads,
        )
