"""The windows of a group made ready for the fit: joined with their noise, spikes taken out, smoothed if asked."""

from typing import Any

from helioreduce.runtime import script
from helioreduce.runtime.log import logger
from helioreduce.spice import files, initial
from helioreduce.spice.group import join
from helioreduce.spice.prepare import prepare


def main(
    level2: str,
    output: str,
    group: str,
    windows: list[int],
    joining: dict[str, Any],
    threshold: float | None,
    denoise: bool,
    model: dict[str, Any],
    catalogue: str = "",
) -> None:
    """Read the windows of one group, prepare them, write them."""
    found = files.read_level2(level2)
    settings = initial.Settings.of(model) if model else initial.Settings()
    with files.naming(level2):
        joined = join(group, [found[number] for number in windows], **joining)
        prepared, facts = prepare(joined, files.read_catalogue(catalogue), settings, threshold=threshold, denoise=denoise)
    logger.info("%s: %s", ", ".join(window.name for window in prepared.windows), facts)
    files.write_prepared(output, prepared, facts, level2)


if __name__ == "__main__":
    script.run(main, snakemake)
