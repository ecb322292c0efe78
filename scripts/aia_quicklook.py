"""Pictures of finished images and their errors."""

from helioreduce.aia.figures import quicklook
from helioreduce.io import fits
from helioreduce.io.atomic import replaced
from helioreduce.runtime.log import log_to


def main(images: list[str], outputs: list[str]) -> None:
    """Read each image, draw it, write a PNG."""
    for image, output in zip(images, outputs, strict=True):
        with replaced(output) as temporary:
            quicklook.draw(fits.read(image)).savefig(temporary, format="png", dpi=150, metadata={"Software": None})


if __name__ == "__main__":
    with log_to(snakemake.log[0]):
        main(snakemake.input, snakemake.output)
