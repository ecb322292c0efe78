"""Put one line of one sequence on the level-3 grid, at its place in the frame of all sequences."""

import numpy as np

from helioreduce.esis import files, level0, stack
from helioreduce.esis.camera import Flight
from helioreduce.io import fits
from helioreduce.runtime import script


def main(
    images: list[str], target: list[str], registered: str, drift: str, line: str, sequence: str, output: str, table: dict
) -> None:
    """Read level 1 and its transforms, add the drift, resample once, write; or why there is nothing."""
    found, common = files.read_drift(drift)
    if why := files.refusal(registered) or str(common.get(f"OUT{sequence}", "")):
        header = fits.read_header(images[0])
        level0.refuse(header, why)
        files.write_refused(output, header)
        return
    stored = files.read_registered(registered)
    place = found.places[np.flatnonzero(found.exposures == int(sequence))[0]]
    coalignment = stack.coalignment(stored, place)
    frames = {number: frame for number, frame in files.read_level1(images)[0].items() if number in coalignment.stops}
    _, aim = files.read_target(target, stored.header["DATE-AVG"])
    aligned = stack.aligned(frames, coalignment, Flight.of(table).lines[line], aim)
    files.write_aligned(output, stack.described(aligned, stored.header, common))


if __name__ == "__main__":
    script.run(main, snakemake)
