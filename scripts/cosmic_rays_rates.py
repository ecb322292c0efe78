"""Hits of each frame of a job as a rate, hot pixels distinguished from cosmic rays."""

from pathlib import Path

import numpy as np

from helioreduce.cosmic_rays import frames, rates, sources
from helioreduce.io import ecsv, fits
from helioreduce.runtime import script


def main(images: list[str], hits: list[str], table: str, hot: str, rate: dict) -> None:
    """Find the pixels that too many frames share, count the other hits of each frame, write both."""
    headers = {path: fits.read_header(path) for path in images}
    frames.check_same(headers, frames.SHAPE, "Give the frames of each shape to a job of their own in cosmic_rays.clean")
    shape = headers[images[0]]["NAXIS2"], headers[images[0]]["NAXIS1"]
    pixels = [fits.read_array(path, "HITS")[0][0].astype(np.int64) for path in hits]
    always = rates.hot(pixels, shape)
    rows = []
    for (path, header), found in zip(headers.items(), pixels, strict=True):
        mask = np.zeros(shape, bool)
        mask.flat[found] = True
        counted = sources.find(mask & ~always)
        rows.append(rates.row(Path(path).stem, header, counted, int((mask & always).sum()), shape, **rate))
    meta = {"pixel_um": str(rate["pixel_um"]), "hot_pixels": str(int(always.sum())), "frames": str(len(images))}
    ecsv.write(table, rows, meta, rates.COLUMNS)
    fits.write_arrays(hot, {"HOT": always.astype(np.uint8)}, fits.cards(NHOT=int(always.sum()), NFRAMES=len(images)))


if __name__ == "__main__":
    script.run(main, snakemake)
