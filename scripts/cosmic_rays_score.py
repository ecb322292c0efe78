"""Agreement of L.A.Cosmic with the spikes that AIA's ground pipeline took out of the same frame."""

from dataclasses import asdict

import numpy as np

from helioreduce.cosmic_rays import clean, lacosmic, scores
from helioreduce.image import Flag
from helioreduce.io import ecsv, fits, jsoc_files
from helioreduce.runtime import script


def main(image: str, spikes: list[str], output: str, position: int, search: dict[str, object]) -> None:
    """Find cosmic rays on a respiked frame, compare with its spikes: all of them, and without those that stay (the Sun's).

    ``spikes`` are the lists of consecutive frames, the frame's own at ``position``.
    """
    frame = fits.read(image)
    found = clean.clean(frame, lacosmic.settings(**search), replace=False).flagged(Flag.COSMIC_RAY)
    series = np.stack([scores.spike_mask(jsoc_files.read_spikes(path)[0][0], found.shape) for path in spikes])
    disc = scores.on_disc(frame.header, found.shape)
    transient = ~scores.persistent(series)[position]
    regions = {"all": np.ones_like(disc), "transient": transient, "disc": disc & transient, "off limb": ~disc & transient}
    compared = {
        (name, tolerance): scores.agreement(found, series[position], tolerance=tolerance, where=where)
        for name, where in regions.items()
        for tolerance in (0, 1)
    }
    rows = [{"region": name, "tolerance": n} | asdict(agreed) for (name, n), agreed in compared.items()]
    ecsv.write(output, rows, {"frames": str(len(spikes)), **{key: str(value) for key, value in search.items()}})


if __name__ == "__main__":
    script.run(main, snakemake)
