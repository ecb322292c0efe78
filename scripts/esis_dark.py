"""Average the dark frames of one camera."""

from helioreduce.errors import InputError
from helioreduce.esis import files, level1
from helioreduce.esis.camera import Flight
from helioreduce.image import Image
from helioreduce.io import fits
from helioreduce.runtime import script
from helioreduce.runtime.log import logger


def main(frames: list[str], camera: str, output: str, table: dict) -> None:
    """Read the darks, leave out those that cannot be used, take the trimmed mean, write."""
    usable = []
    for path in frames:
        try:
            usable.append(level1.debias(files.read_frame(path, Flight.of(table)).counts))
        except InputError as error:
            logger.warning("left out: %s", error)
    header = fits.cards(CAMERA=int(camera), BUNIT="DN", NDARK=len(usable))
    fits.write(output, Image(level1.dark(usable), header))


if __name__ == "__main__":
    script.run(main, snakemake)
