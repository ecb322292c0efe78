"""Fit the vignetting slopes and gains of the four cameras, from all sequences of one line."""

from helioreduce.esis import files, vignetting
from helioreduce.runtime import script


def main(aligned: list[str], mask: list[str], output: str) -> None:
    """Average every sequence over blocks, fit them together and each by itself, write."""
    parts = [_blocks(aligned[k], mask[k]) for k in files.usable(aligned)]
    files.write_vignetting(output, vignetting.fit_together(parts))


def _blocks(aligned: str, mask: str) -> vignetting.Blocks:
    sequence = files.read_aligned(aligned)
    f = vignetting.positions(sequence.quadratic, sequence.stops)
    across = vignetting.across(sequence.quadratic, sequence.stops)
    return vignetting.blocks(sequence.data, sequence.sigma, f, files.read_masks(mask).clear, across)


if __name__ == "__main__":
    script.run(main, snakemake)
