"""A picture of a finished image and its error."""

from pathlib import Path

from helioreduce import fits, quicklook
from helioreduce.log import log_to


def main(image: str, output: str) -> None:
    """Read one image, draw it, write a PNG."""
    temporary = Path(output).with_suffix(".part.png")
    quicklook.draw(fits.read(image)).savefig(temporary, dpi=150, metadata={"Software": None})
    temporary.replace(output)


if __name__ == "__main__":
    with log_to(snakemake.log[0]):
        main(snakemake.input[0], snakemake.output[0])
