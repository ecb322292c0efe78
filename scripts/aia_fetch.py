"""One level-1 image, or a region of it: its file as the archive stores it, with the header that the database holds today."""

from helioreduce.aia.cutout import Region
from helioreduce.archive import access
from helioreduce.jsoc import fetch, losses, recording, records, retrieval
from helioreduce.quality import Policy
from helioreduce.runtime import script


def main(
    source: str,
    record_list: str,
    time: str,
    config: dict,
    image: str,
    history: str,
    exports: str = "",
    copy: str = "",
    cutout: dict | None = None,
) -> None:
    """Fetch the image of a usable record, rebuild the header, write it and where it came from; keep a copy."""
    frame, allowed = retrieval.Listed(record_list, time, exports), Policy(**config["aia"]["quality"])
    region = Region.of(cutout) if cutout else None
    cut = fetch.Cut.of(cutout["im_patch"], region.served) if cutout and region and exports else None
    with losses.noted(frame.channel, time), access.connect(source) as url:
        record, entry = retrieval.file(url, frame, "image", config["jsoc"], allowed, cut)
        if copy:
            recording.keep_frame(copy, record, {"image": entry.file})
        fetched = fetch.image(
            entry, record, image, records.origin(record_list)["queries"], allowed, region.locate if region else None, time
        )
        fetch.write_history(history, fetched)
        if cutout and not cut:  # whole images are too large to be kept for a part of them
            entry.drop()


if __name__ == "__main__":
    script.run(main, snakemake)
