"""The spikes of one level-1 image, with their positions on the Sun."""

from helioreduce.aia import spikes
from helioreduce.archive import access
from helioreduce.io import fits, jsoc_files
from helioreduce.jsoc import fetch, recording, records, staged
from helioreduce.jsoc.store import Store
from helioreduce.runtime import script
from helioreduce.runtime.log import transfer_progress


def main(
    source: str, record_list: str, time: str, image: str, config: dict, output: str, exports: str = "", copy: str = ""
) -> None:
    """Fetch the spikes of the image's own record, add the positions, write; without a file, an empty list; keep a copy."""
    record, settings = records.find(record_list, time), config["jsoc"]
    path = staged.load(exports).get((record.name, "spikes")) if exports else record.segments.get("spikes")
    if not path:
        fits.write_arrays(output, {}, fits.cards(REASON=f"{record.name} has no spikes file"))
        return
    with access.connect(source) as url:
        options = {**fetch.options(settings), "path": path, "progress": transfer_progress(f"{record.name} spikes")}
        entry = fetch.segment(record, "spikes", url, Store(), **options)
    if copy:
        recording.keep_frame(copy, record, {"spikes": entry.file})
    values, _ = jsoc_files.read_spikes(entry.file)
    fits.write_arrays(output, {"SPIKES": values, "POSITION": spikes.coordinates(fits.read(image), values)})


if __name__ == "__main__":
    script.run(main, snakemake)
