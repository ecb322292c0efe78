"""A level-1 file that the user has, checked and taken into the results as it is."""

import shutil

from helioreduce.aia import level1
from helioreduce.errors import InputError
from helioreduce.io import fits
from helioreduce.io.atomic import replaced
from helioreduce.quality import Policy
from helioreduce.runtime import script


def main(image: str, output: str, config: dict) -> None:
    """Check the file as AIA level 1, copy it."""
    try:
        level1.ingest(fits.read(image), Policy(**config["aia"]["quality"]))
    except InputError as error:
        raise error.at(image) from None
    with replaced(output) as temporary:
        shutil.copyfile(image, temporary)


if __name__ == "__main__":
    script.run(main, snakemake)
