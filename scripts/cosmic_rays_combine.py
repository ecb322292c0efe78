"""One calibration frame out of many bias, dark or flat frames."""

from helioreduce.api.cosmic_rays import combine_frames
from helioreduce.io import fits
from helioreduce.runtime import script


def main(inputs: list[str], output: str, kind: str, choices: dict, extension: int | str | None, config: dict) -> None:
    """Combine the frames strip by strip, write data, error and number of values."""
    memory_mb = config["cosmic_rays"]["memory_mb"]
    fits.write(output, combine_frames(inputs, kind, extension=extension, memory_mb=memory_mb, **choices))


if __name__ == "__main__":
    script.run(main, snakemake)
