"""Align one line of one sequence: linear to a target, then quadratic among the cameras, on the level-3 grid."""

import numpy as np

from helioreduce import times
from helioreduce.esis import coalign, files, stack
from helioreduce.esis.camera import CAMERAS, LINES, REFERENCE
from helioreduce.esis.target import nearest, on_grid
from helioreduce.io import fits, provenance
from helioreduce.runtime import script


def main(images: list[str], target: list[str], line: str, output: str, min_correlation: float, robust: bool) -> None:
    """Read four cameras and the target nearest in time, register, resample, write images and transforms."""
    frames = {number: fits.read(path) for number, path in zip(CAMERAS, images, strict=True)}
    path, aim = _target(target, frames[REFERENCE].header["DATE-AVG"]) if target else ("", None)
    windows = {number: frame.data[LINES[line].window] for number, frame in frames.items()}
    found = coalign.coalign(windows, LINES[line], aim, min_correlation=min_correlation, robust=robust)
    aligned = stack.aligned(frames, found, LINES[line], aim)
    facts = {
        "correlation": np.round(aligned.internal.mean(axis=2), 5).tolist(),
        "target": path or "camera 2 by design",
        "min_correlation": min_correlation,
        "robust": robust,
    }
    provenance.record(aligned.header, "esis_align", facts, f"target sha256:{provenance.sha256(path)}" if path else "")
    files.write_aligned(output, aligned)


def _target(paths: list[str], time: str) -> tuple[str, np.ndarray]:
    dates = [times.parse(fits.read_header(path)["DATE-OBS"]) for path in paths]
    path = paths[nearest(dates, times.parse(time))]
    image = fits.read(path)
    return path, on_grid(image.data, image.header)


if __name__ == "__main__":
    script.run(main, snakemake)
