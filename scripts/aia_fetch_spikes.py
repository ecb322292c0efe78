"""The spikes of one level-1 image, with their positions on the Sun."""

from pathlib import Path

from helioreduce import fits, sources
from helioreduce.aia import level1, spikes
from helioreduce.jsoc import records, transfer, wire
from helioreduce.log import log_to, progress


def main(source: str, listed: str, time: str, image: str, output: str) -> None:
    """Download the spikes of the image's own record, add the positions, write; without a file, an empty list."""
    record, raw = records.find(listed, time), Path(f"{output}.raw")
    if "spikes" not in record.segments:
        fits.write_arrays(output, {}, fits.cards(REASON=f"{record.name} has no spikes file"))
        return
    with sources.connect(source) as url:
        transfer.download(wire.joined(url, record.path("spikes")), raw, progress=progress(f"{record.name} spikes"))
    array, _ = fits.read_spikes(raw)
    frame = level1.ingest(fits.read(image))
    fits.write_arrays(output, {"SPIKES": array, "POSITION": spikes.coordinates(frame, array)})
    raw.unlink()


if __name__ == "__main__":
    with log_to(snakemake.log[0]):
        main(
            snakemake.params.source,
            snakemake.input.records,
            snakemake.wildcards.time,
            snakemake.input.image,
            snakemake.output[0],
        )
