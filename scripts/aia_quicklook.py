"""Pictures of finished images and their errors."""

from helioreduce.aia.figures import quicklook
from helioreduce.io import fits
from helioreduce.io.atomic import replaced
from helioreduce.runtime import script


def main(inputs: list[str], outputs: list[str]) -> None:
    """Read each image, draw it, write a PNG."""
    for image, output in zip(inputs, outputs, strict=True):
        with replaced(output) as temporary:
            quicklook.draw(fits.read(image)).savefig(temporary, format="png", dpi=150, metadata={"Software": None})


if __name__ == "__main__":
    script.run(main, snakemake)
