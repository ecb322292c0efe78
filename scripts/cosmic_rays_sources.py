"""The single hits of cleaned frames: for each a table and a figure."""

from pathlib import Path

from helioreduce.cosmic_rays import clean, figure, sources
from helioreduce.image import Flag
from helioreduce.io import ecsv, fits, inputs, origin, plots
from helioreduce.runtime import script


def main(images: list[str], hits: list[str], tables: list[str], pictures: list[str]) -> None:
    """Find the sources on each mask, write their table with the statistics, draw the largest ones."""
    for image, listed, table, picture in zip(images, hits, tables, pictures, strict=True):
        with origin.saying(inputs.origins([image, listed])):
            draw(image, listed, table, picture)


def draw(image: str, hits: str, table: str, picture: str) -> None:
    """List and draw the hits of one frame."""
    cleaned = fits.read(image)
    excess = clean.excess(cleaned.data.shape, fits.read_array(hits, "HITS")[0])
    mask = cleaned.flagged(Flag.COSMIC_RAY)
    found = sources.find(mask)
    numbers = sources.statistics(found)
    meta = {name: f"{value:g}" for name, value in {**numbers, "extended_from": sources.EXTENDED}.items()}
    ecsv.write(table, sources.table(found, excess), {**meta, "unit": cleaned.header.get("BUNIT") or ""}, sources.COLUMNS)
    planes = {"mask": mask, "image": cleaned.data + excess, "cleaned": cleaned.data}
    title = f"{Path(image).parent.name}/{Path(image).stem}: {sources.describe(numbers)}"
    plots.write([picture], figure.snippets, planes, sources.largest(found, figure.MOST), title)


if __name__ == "__main__":
    script.run(main, snakemake)
