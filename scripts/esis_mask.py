"""Map where each camera sees one line of one sequence on the level-3 grid: inside its field stop, and free of Mg X."""

from helioreduce.esis import files, masks
from helioreduce.esis.camera import Flight
from helioreduce.runtime import script


def main(aligned: str, line: str, output: str, table: dict) -> None:
    """Map the outlines of level 1 through the transforms, fill them, write."""
    if files.refusal(aligned):
        files.write_refused(output, files.read_cards(aligned))
        return
    sequence = files.read_aligned(aligned)
    own = Flight.of(table).lines[line]
    files.write_masks(output, masks.seen(sequence.stops, sequence.quadratic, own), sequence.header)


if __name__ == "__main__":
    script.run(main, snakemake)
