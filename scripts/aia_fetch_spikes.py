"""The spikes of one level-1 image, with their positions on the Sun."""

from helioreduce.aia import spikes
from helioreduce.archive import access
from helioreduce.io import fits, jsoc_files
from helioreduce.jsoc import losses, recording, retrieval
from helioreduce.quality import Policy
from helioreduce.runtime import script


def main(
    source: str,
    record_list: str,
    time: str,
    image: str,
    config: dict,
    output: str,
    exports: str = "",
    copy: str = "",
) -> None:
    """Fetch the spikes of the image's own record, add the positions, write; an empty list where it has none; keep a copy."""
    frame, recnum = retrieval.Listed(record_list, time, exports), fits.read_header(image).get("RECNUM")
    # where spikes are unavailable their image goes too: its record may be another one by the time they can
    with losses.noted(frame.channel, time, image), access.connect(source) as url:
        record, entry, reason = retrieval.spikes(url, frame, recnum, config["jsoc"], Policy(**config["aia"]["quality"]))
    if entry is None:
        fits.write_arrays(output, {}, fits.cards(REASON=reason) if reason else None)
        return
    if copy:
        recording.keep_frame(copy, record, {"spikes": entry.file})
    values, _ = jsoc_files.read_spikes(entry.file)
    planes = {"SPIKES": values, "POSITION": spikes.coordinates(fits.read(image), values)}
    fits.write_arrays(output, planes, fits.cards(VERIFIED=", ".join(entry.history["verified"])))


if __name__ == "__main__":
    script.run(main, snakemake)
