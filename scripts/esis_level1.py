"""Level 1 of one sequence: photons of the four cameras, with errors and cosmic rays flagged and replaced."""

import numpy as np

from helioreduce.cosmic_rays import lacosmic
from helioreduce.errors import InputError
from helioreduce.esis import level1
from helioreduce.image import Image, Mask
from helioreduce.io import fits, provenance
from helioreduce.runtime.log import log_to


def main(frames: list[str], darks: list[str], outputs: list[str], thresholds: dict[str, float]) -> None:
    """Check the four frames, then reduce each and write."""
    cameras = [_camera(path) for path in frames]
    level1.complete(cameras)
    for path, number, output in zip(frames, cameras, outputs, strict=True):
        counts, header = fits.read_array(path)
        dark = darks[number - 1]
        light = level1.electrons(counts, fits.read(dark).data, number)
        found = lacosmic.detect(light, level1.variance_e(light, number), lacosmic.settings(**thresholds))
        bits = np.where(found.mask, Mask.COSMIC_RAY, 0).astype(np.uint8)
        image = level1.photons(Image(found.cleaned, level1.header(header, number), np.sqrt(found.variance), bits))
        measured = {**thresholds, "cosmic_ray_pixels": found.n_pixels}
        provenance.record(image.header, "esis_level1", measured, f"dark sha256:{provenance.sha256(dark)}")
        fits.write(output, image)


def _camera(path: str) -> int:
    counts, header = fits.read_array(path)
    try:
        return level1.check(header, counts.shape)
    except InputError as error:
        raise error.at(path) from None


if __name__ == "__main__":
    with log_to(snakemake.log[0]):
        main(snakemake.input.frames, snakemake.input.darks, snakemake.output, snakemake.params.thresholds)
