"""Reduce one sequence to level 1: photons of the four cameras, with errors, cosmic rays flagged and replaced."""

import numpy as np

from helioreduce.cosmic_rays import lacosmic
from helioreduce.esis import files, level0, level1
from helioreduce.image import Flag, Image
from helioreduce.io import fits, provenance
from helioreduce.runtime import script


def main(frames: list[str], darks: list[str], outputs: list[str], sigclip: float, objlim: float) -> None:
    """Check the four frames, then reduce each and write."""
    sequence = [files.read_frame(path) for path in frames]
    choices = lacosmic.settings(sigclip=sigclip, objlim=objlim)
    level0.complete([frame.camera for frame in sequence])
    for frame, output in zip(sequence, outputs, strict=True):
        dark = darks[frame.camera - 1]
        light = level1.electrons(frame.counts, fits.read(dark).data, frame.camera)
        found = lacosmic.detect(light, level1.variance_e(light, frame.camera), choices)
        bits = np.where(found.mask, Flag.COSMIC_RAY, 0).astype(np.uint8)
        header = level1.header(frame.header, frame.camera)
        image = level1.photons(Image(found.cleaned, header, np.sqrt(found.variance), bits))
        facts = {"sigclip": sigclip, "objlim": objlim, "cosmic_ray_pixels": found.n_pixels}
        provenance.record(image.header, "esis_level1", facts, f"dark sha256:{provenance.sha256(dark)}")
        fits.write(output, image)


if __name__ == "__main__":
    script.run(main, snakemake)
