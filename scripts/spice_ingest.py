"""Quality of a level-2 file, window by window."""

import json

from helioreduce.errors import InputError
from helioreduce.io import fits
from helioreduce.io.atomic import replaced
from helioreduce.runtime import script
from helioreduce.spice.level2 import quality, windows


def main(level2: str, output: str) -> None:
    """Read every window, check it, write what was found."""
    try:
        found = [quality(window) for window in windows(fits.read_planes(level2, edited=True), fits.read_tables(level2))]
    except InputError as error:
        raise error.at(level2) from None
    with replaced(output) as temporary:
        temporary.write_text(json.dumps(found, indent=1, ensure_ascii=False))


if __name__ == "__main__":
    script.run(main, snakemake)
