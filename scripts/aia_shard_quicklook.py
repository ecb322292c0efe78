"""Pictures of chosen images of a part of a series, from its store."""

from pathlib import Path

from helioreduce.aia import series
from helioreduce.aia.figures import quicklook
from helioreduce.aia.frames import Part
from helioreduce.io import atomic, manifests, plots
from helioreduce.runtime import script
from helioreduce.runtime.log import logger


def main(manifest: str, part: dict, store: str, every: int, output: str) -> None:
    """Draw every N-th image of the day, where there is one; each picture has the name of its image."""
    own, found = Part(**part), manifests.Manifest.read(manifest)
    chosen = [place for place, row in found.rows.items() if place % every == 0 and row["state"] == manifests.DONE]
    atomic.made(Path(output))
    for place, image in zip(chosen, series.images(own, Path(store), found, chosen), strict=True):
        name = f"{found.rows[place]['time']}.jpg"
        logger.info("draw %s", name)
        plots.write([Path(output, name)], quicklook.draw, image, style=quicklook.STYLE)


if __name__ == "__main__":
    script.run(main, snakemake)
