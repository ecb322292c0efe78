"""A level-2 file looked through: its spectral windows and their quality."""

import json

from helioreduce.errors import InputError
from helioreduce.io import fits
from helioreduce.io.atomic import replaced
from helioreduce.runtime.log import log_to
from helioreduce.spice import level2


def main(raster: str, output: str) -> None:
    """Read every window, check it, write what was found."""
    try:
        windows = level2.windows(fits.read_planes(raster, edited=True), fits.read_tables(raster))
        found = [level2.quality(window) for window in windows]
    except InputError as error:
        raise error.at(raster) from None
    with replaced(output) as temporary:
        temporary.write_text(json.dumps(found, indent=1, ensure_ascii=False))


if __name__ == "__main__":
    with log_to(snakemake.log[0]):
        main(snakemake.input.raster, snakemake.output[0])
