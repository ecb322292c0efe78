"""Pictures of finished images and their errors."""

from helioreduce.aia.figures import quicklook
from helioreduce.io import fits, plots
from helioreduce.runtime import script
from helioreduce.runtime.log import logger


def main(inputs: list[str], outputs: list[str]) -> None:
    """Read each image, draw it, write a JPEG."""
    for image, output in zip(inputs, outputs, strict=True):
        logger.info("draw %s", image)
        plots.write([output], quicklook.draw, fits.read(image), style=quicklook.STYLE)


if __name__ == "__main__":
    script.run(main, snakemake)
