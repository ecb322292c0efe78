"""What makes the shards of a channel and year a series: coordinates, attributes, metadata; and the list of missing images.

All parts of the year that are there belong to it, those of earlier requests, too.
"""

from pathlib import Path

from helioreduce.aia import series
from helioreduce.io import manifests, shards
from helioreduce.runtime import script
from helioreduce.runtime.log import logger


def main(channel: str, year: str, inputs: list[str], grid: dict, store: str, missing: str) -> None:
    """Read the manifests of the year, write the index; the root of the store comes last."""
    files, places = sorted(Path(inputs[0]).parent.glob(f"{year}????.ecsv")), series.Grid(**grid)
    parts = {file.stem: manifests.Manifest.read(file) for file in files}
    series.check(parts, Path(store).parent, files[0].parent)
    if odd := manifests.odd(parts):
        logger.warning("%s Å, %s: other settings, code or tables than the rest of the year", channel, ", ".join(odd))
    if unlisted := places.unlisted(parts, Path(store).parent, int(year)):
        logger.warning("%s Å, %s: images without a manifest; run these days again", channel, ", ".join(unlisted))
    rows = {places.place(day, at): row for day, part in parts.items() for at, row in part.rows.items()}
    listed = [row for row in rows.values() if row["reason"]]
    lines = [f"{channel}\t{row['time']}\t{row['may_return']}\t{row['reason']}\n" for row in listed]
    if taken := sum(row["state"] == manifests.DONE for row in listed):
        logger.warning("%s of %s images of %s Å are the nearest good record: see %s", taken, len(rows), channel, missing)
    Path(missing).write_text("".join(["channel\ttime\tmay_return\treason\n", *lines]))
    keys = ("unit", "calibration", "precision")
    units, calibration, precisions = ({line for part in parts.values() for line in part.lines(key)} for key in keys)
    whole = places.dataset(int(year), int(channel), rows, {"calibration": sorted(calibration)})
    shards.index(Path(store).parent, whole, places.planes(", ".join(units), ", ".join(precisions)))


if __name__ == "__main__":
    script.run(main, snakemake)
