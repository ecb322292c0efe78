"""What a threshold finds on a frame whose cosmic rays are known: a table of scores and a figure."""

from dataclasses import asdict
from pathlib import Path

from helioreduce.cosmic_rays import clean, figure, scores, sources
from helioreduce.image import Flag
from helioreduce.io import ecsv, fits, plots
from helioreduce.runtime import script


def main(images: list[str], hits: list[str], truth: str, table: str, picture: str, names: list[str]) -> None:
    """Score every cleaned frame against the truth, write the table, draw the frame with what was found."""
    events, _ = fits.read_array(truth, "EVENTS")
    cleaned = [fits.read(image) for image in images]
    masks = [image.flagged(Flag.COSMIC_RAY) for image in cleaned]
    found = {name: sources.find(mask) for name, mask in zip(names, masks, strict=True)}
    agreed = {name: scores.agreement(mask, events > 0) for name, mask in zip(names, masks, strict=True)}
    rows = [{"name": name, **sources.statistics(found[name]), **asdict(agreed[name])} for name in names]
    ecsv.write(table, rows, {"truth": Path(truth).name})
    frame = cleaned[0].data + clean.excess(events.shape, fits.read_array(hits[0], "HITS")[0])
    labels = {name: str(agreed[name]) for name in names}
    plots.write([picture], figure.thresholds, frame, found, labels, cleaned[0].header["BUNIT"])


if __name__ == "__main__":
    script.run(main, snakemake)
