"""Align the sequences of one line to each other: measure how the Sun drifts over the field stop, and fit it."""

import numpy as np

from helioreduce import times
from helioreduce.errors import InputError
from helioreduce.esis import drift, files
from helioreduce.esis.camera import CAMERAS, REFERENCE
from helioreduce.esis.level3 import seconds
from helioreduce.runtime import script
from helioreduce.runtime.log import report


def main(registered: list[str], output: str, min_correlation: float) -> None:
    """Compare every sequence with the one in the middle, fit the drift, write it; a sequence unlike the others is left out."""
    sequences = [files.read_registered(registered[k]) for k in files.usable(registered)]
    middle = drift.prepared(sequences[len(sequences) // 2].scene)
    found, header = [], drift.header(sequences[0].header)
    for sequence in sequences:
        number = int(sequence.header["SEQUENCE"])
        try:
            found.append((number, sequence, drift.between(drift.prepared(sequence.scene), middle, min_correlation, number)))
        except InputError as error:
            header[f"OUT{number:05d}"] = str(error)
            report(f"warning: sequence {number} is left out: {error}")
    exposures, kept, maps = zip(*found, strict=True)
    dates = seconds([times.parse(one.header["DATE-AVG"]) for one in kept])
    own = np.stack([one.linear[CAMERAS.index(REFERENCE)] for one in kept])
    result = drift.drift(exposures, dates, own, np.stack(maps))
    drift.describe(header, result)
    files.write_drift(output, result, header)


if __name__ == "__main__":
    script.run(main, snakemake)
