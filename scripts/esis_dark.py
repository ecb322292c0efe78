"""Mean dark frame of one camera."""

from helioreduce.errors import InputError
from helioreduce.esis import level1
from helioreduce.image import Image
from helioreduce.io import fits
from helioreduce.runtime.log import log_to, logger


def main(frames: list[str], camera: int, output: str) -> None:
    """Read the darks, leave out those that cannot be used, take the trimmed mean, write."""
    usable = []
    for path in frames:
        try:
            frame, header = fits.read_array(path)
            level1.check(header, frame.shape)
            usable.append(level1.debias(frame))
        except InputError as error:
            logger.warning("left out: %s", error.at(path))
    header = fits.cards(CAMERA=camera, BUNIT="DN", NDARK=len(usable))
    fits.write(output, Image(level1.dark(usable), header))


if __name__ == "__main__":
    with log_to(snakemake.log[0]):
        main(snakemake.input, int(snakemake.wildcards.camera), snakemake.output[0])
