"""The images of a channel and day as a film: of single images, or from the store of a series."""

from pathlib import Path

from helioreduce.aia import series
from helioreduce.aia.figures import cube as draw
from helioreduce.aia.frames import Part
from helioreduce.io import fits, manifests, plots
from helioreduce.runtime import script


def main(inputs: list[str], part: dict | None, store: str, output: str) -> None:
    """Read the images one by one, draw them on one scale."""
    if part:
        found = manifests.Manifest.read(inputs[0])
        images = series.images(Part(**part), Path(store), found, draw.spread(sorted(found.rows)))
    else:
        images = map(fits.read, draw.spread(inputs))
    small = [draw.small(image) for image in images]
    norm = draw.scale(small)
    plots.write_movie(output, draw.frame, ((image, norm) for image in small), draw.SIZE, fps=draw.FPS)


if __name__ == "__main__":
    script.run(main, snakemake)
