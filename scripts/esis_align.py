"""One line of one sequence on the level-3 grid: linear co-alignment to a target, then quadratic among the cameras."""

import numpy as np

from helioreduce import times
from helioreduce.esis import camera, coalign, stack, target
from helioreduce.io import fits, provenance
from helioreduce.runtime.log import log_to


def main(images: list[str], targets: list[str], line: camera.Line, output: str, merit: dict) -> None:
    """Read four cameras and the target nearest in time, register, resample, write images and transforms."""
    frames = {number: fits.read(path) for number, path in zip(camera.CAMERAS, images, strict=True)}
    header = frames[camera.REFERENCE].header
    path = _nearest(targets, header["DATE-AVG"]) if targets else None
    aim = _on_grid(path) if path else None
    cut = {number: frame.data[line.window] for number, frame in frames.items()}
    arrays = stack.aligned(frames, coalign.coalign(cut, line, aim, **merit), line, aim)
    header["LINE"], header["WAVELNTH"] = line.name, line.wavelength_A
    found = np.round(arrays["INTERNAL"].mean(axis=2), 5).tolist()
    measured = {"correlation": found, "target": path or "camera 2 by design", **merit}
    provenance.record(header, "esis_align", measured, f"target sha256:{provenance.sha256(path)}" if path else "")
    fits.write_arrays(output, arrays, header)


def _nearest(paths: list[str], time: str) -> str:
    dates = [times.parse(fits.read_header(path)["DATE-OBS"]) for path in paths]
    return paths[target.nearest(dates, times.parse(time))]


def _on_grid(path: str) -> np.ndarray:
    image = fits.read(path)
    return target.on_grid(image.data, image.header)


if __name__ == "__main__":
    with log_to(snakemake.log[0]):
        given, line = snakemake.input, camera.LINES[snakemake.wildcards.line]
        main(given.images, given.target, line, snakemake.output[0], snakemake.params.merit)
