"""Reduce one sequence to level 1: photons of the four cameras, with errors, cosmic rays flagged and replaced."""

from helioreduce.api import esis
from helioreduce.esis import files, level0
from helioreduce.io import fits, provenance
from helioreduce.runtime import script


def main(frames: list[str], darks: list[str], outputs: list[str], sigclip: float, objlim: float) -> None:
    """Check the four frames, then reduce each and write."""
    sequence = [files.read_frame(path) for path in frames]
    level0.complete([frame.camera for frame in sequence])
    for frame, output in zip(sequence, outputs, strict=True):
        dark = darks[frame.camera - 1]
        reference = f"dark sha256:{provenance.sha256(dark)}"
        fits.write(output, esis.reduce_frame(frame, dark, sigclip=sigclip, objlim=objlim, reference=reference))


if __name__ == "__main__":
    script.run(main, snakemake)
