"""Cosmic rays of frames: flagged, replaced, and listed; many frames in one process."""

from functools import cache
from pathlib import Path

import numpy as np

from helioreduce.cosmic_rays import calibrate, clean
from helioreduce.cosmic_rays.frames import CALIBRATION, Frame
from helioreduce.image import Image
from helioreduce.io import fits, inputs, origin, provenance
from helioreduce.runtime import batch, script


def main(frames: list[tuple], settings: dict, code: str) -> None:
    """Read, calibrate and clean each frame that is not kept from before; write image and hits (flat index, before, after)."""
    reference = cache(lambda path: (fits.read(path), f"{Path(path).name}; sha256 {provenance.sha256(path)}"))

    def read(frame: Frame) -> tuple[Image, dict[str, np.ndarray]]:
        image = fits.read(frame.raw, fits.one_image(frame.raw, settings["choice"]["extension"]))
        image.header["FILENAME"] = provenance.ascii_only(Path(frame.raw).name)
        for step in (step for step in CALIBRATION if step in frame.given):
            image = calibrate.apply(image, reference(frame.given[step])[0], step, reference(frame.given[step])[1])
        return image, {name: fits.read(path).data for name, path in frame.given.items() if name not in CALIBRATION}

    def compute(frame: Frame, found: tuple[Image, dict[str, np.ndarray]]) -> tuple[Frame, Image, np.ndarray]:
        return frame, *clean.with_hits(*found, **settings)

    def write(image: Path, hits: Path, made: tuple[Frame, Image, np.ndarray]) -> None:
        with origin.saying(inputs.origins(made[0].inputs)):
            fits.write(image, made[1])
            fits.write_arrays(hits, {"HITS": made[2]})

    batch.run([Frame(*names) for names in frames], "results/cosmic_rays/batch", (code, settings), (), read, compute, write)


if __name__ == "__main__":
    script.run(main, snakemake)
