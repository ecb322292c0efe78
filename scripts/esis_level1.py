"""Reduce one sequence to level 1: photons of the four cameras, with errors, cosmic rays flagged and replaced."""

from helioreduce.api.esis_frames import reduce_frame
from helioreduce.esis import files, level0, level1
from helioreduce.esis.camera import CAMERAS, Flight
from helioreduce.io import fits, provenance
from helioreduce.runtime import script
from helioreduce.runtime.log import report


def main(frames: list[str], darks: list[str], outputs: list[str], sequence: str, search: dict, table: dict) -> None:
    """Reduce each frame that can be used and write it; in place of the others write why there is none."""
    own = Flight.of(table)
    usable, refused = files.read_sequence(frames, own)
    for why in refused.values():
        report(f"warning: sequence {sequence}: {why}")
    for camera, dark, output in zip(CAMERAS, darks, outputs, strict=True):
        if level0.too_few(refused) or camera not in usable:
            why = refused.get(camera, level0.too_few(refused))
            fits.write(output, level1.missing(camera, int(sequence), why, own))
            continue
        reference = f"dark sha256:{provenance.sha256(dark)}"
        fits.write(output, reduce_frame(usable[camera], dark, **search, reference=reference, flight=own))


if __name__ == "__main__":
    script.run(main, snakemake)
