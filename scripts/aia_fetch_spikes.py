"""The spikes of one level-1 image, with their positions on the Sun."""

from collections.abc import Mapping

from helioreduce.aia import spikes
from helioreduce.archive import access
from helioreduce.io import fits
from helioreduce.jsoc import fetch, recording, records, staged
from helioreduce.jsoc.store import Store
from helioreduce.runtime.log import log_to, transfer_progress


def main(source: str, listed: str, exports: str | None, time: str, image: str, settings: Mapping, output: str) -> None:
    """Fetch the spikes of the image's own record, add the positions, write; without a file, an empty list."""
    record = records.find(listed, time)
    path = staged.load(exports).get((record.name, "spikes")) if exports else record.segments.get("spikes")
    if not path:
        fits.write_arrays(output, {}, fits.cards(REASON=f"{record.name} has no spikes file"))
        return
    with access.connect(source) as url:
        options = {**fetch.options(settings), "path": path, "progress": transfer_progress(f"{record.name} spikes")}
        entry = fetch.segment(record, "spikes", url, Store("results/store"), **options)
    if settings["record"]:
        recording.keep_frame(settings["record"], record, {"spikes": entry.file})
    array, _ = fits.read_spikes(entry.file)
    fits.write_arrays(output, {"SPIKES": array, "POSITION": spikes.coordinates(fits.read(image), array)})


if __name__ == "__main__":
    with log_to(snakemake.log[0]):
        main(
            snakemake.params.source,
            snakemake.input.records,
            snakemake.input.get("exports"),
            snakemake.wildcards.time,
            snakemake.input.image,
            snakemake.config["jsoc"],
            snakemake.output[0],
        )
