"""Where each camera sees one line of one sequence on the level-3 grid: inside its field stop, and free of Mg X."""

import numpy as np

from helioreduce.esis import camera, masks, transforms
from helioreduce.io import fits
from helioreduce.runtime.log import log_to


def main(aligned: str, line: camera.Line, output: str) -> None:
    """Map the outlines of level 1 through the transforms, fill them, write."""
    (stops, maps), header = fits.read_arrays(aligned, "STOP", "QUADRATIC")
    seen = [masks.on_grid(s, line, transforms.on_grid(m), camera.GRID_SHAPE) for s, m in zip(stops, maps, strict=True)]
    lit, clear, outlines = zip(*seen, strict=True)
    arrays = {"LIT": np.stack(lit).astype(np.uint8), "CLEAR": np.stack(clear).astype(np.uint8)}
    fits.write_arrays(output, arrays | {f"OUTLINE{n}": o for n, o in zip(camera.CAMERAS, outlines, strict=True)}, header)


if __name__ == "__main__":
    with log_to(snakemake.log[0]):
        main(snakemake.input.aligned, camera.LINES[snakemake.wildcards.line], snakemake.output[0])
