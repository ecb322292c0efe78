"""One level-1 image: its file as the archive stores it, with the header that the database holds today."""

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
) -> None:
    """Fetch the image of a usable record, rebuild the header, write it and where it came from; keep a copy."""
    frame, allowed = retrieval.Listed(record_list, time, exports), Policy(**config["aia"]["quality"])
    with losses.noted(frame.channel, time), access.connect(source) as url:
        record, entry = retrieval.file(url, frame, "image", config["jsoc"], allowed)
        if copy:
            recording.keep_frame(copy, record, {"image": entry.file})
        fetch.write_history(history, fetch.image(entry, record, image, records.origin(record_list)["queries"], allowed))


if __name__ == "__main__":
    script.run(main, snakemake)
