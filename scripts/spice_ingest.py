"""Quality of a level-2 file, window by window."""

from helioreduce.runtime import script
from helioreduce.spice import files
from helioreduce.spice.level2 import quality


def main(level2: str, output: str) -> None:
    """Read every window, check it, write what was found."""
    files.write_checks(output, [quality(window) for window in files.read_good_windows(level2).windows])


if __name__ == "__main__":
    script.run(main, snakemake)
