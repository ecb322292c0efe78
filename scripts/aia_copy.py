"""A level-1 file that the user has, checked and taken into the results as it is, or a region of it."""

import shutil

from helioreduce.aia import level1
from helioreduce.aia.cutout import Region
from helioreduce.errors import InputError
from helioreduce.io import fits, jsoc_files
from helioreduce.io.atomic import replaced
from helioreduce.quality import Policy
from helioreduce.runtime import script


def main(image: str, output: str, config: dict, cutout: dict) -> None:
    """Check the file as AIA level 1, copy it."""
    try:
        found = fits.read(image)
        level1.ingest(found, Policy(**config["aia"]["quality"]))
        if cutout:
            jsoc_files.cut(image, output, found.header, Region.of(cutout).part)
            return
    except InputError as error:
        raise error.at(image) from None
    with replaced(output) as temporary:
        shutil.copyfile(image, temporary)


if __name__ == "__main__":
    script.run(main, snakemake)
