"""A level-1 file that the user has, checked and taken into the results as it is."""

import os
import shutil
from pathlib import Path

from helioreduce import fits
from helioreduce.aia import level1
from helioreduce.errors import InputError
from helioreduce.log import log_to


def main(image: str, output: str) -> None:
    """Check the file as AIA level 1, copy it under a temporary name, rename."""
    try:
        level1.ingest(fits.read(image))
    except InputError as error:
        raise error.at(image) from None
    temporary = Path(f"{output}.{os.getpid()}.part")
    shutil.copyfile(image, temporary)
    temporary.replace(output)


if __name__ == "__main__":
    with log_to(snakemake.log[0]):
        main(snakemake.input.image, snakemake.output[0])
