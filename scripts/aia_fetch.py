"""One level-1 image: its file as the archive stores it, with the header that the database holds today."""

from helioreduce.archive import access
from helioreduce.jsoc import fetch, policy, recording, records, staged
from helioreduce.jsoc.store import Store
from helioreduce.quality import Policy
from helioreduce.runtime import script
from helioreduce.runtime.log import transfer_progress


def main(
    source: str,
    record_list: str,
    time: str,
    quality: dict,
    config: dict,
    image: str,
    history: str,
    exports: str = "",
    copy: str = "",
) -> None:
    """Find the record, refuse bad quality, fetch, rebuild the header, write it and where it came from; keep a copy."""
    allowed, settings = Policy(**quality), config["jsoc"]
    record = policy.usable(record_list, time, allowed)
    path = staged.load(exports).get((record.name, "image")) if exports else None
    with access.connect(source) as url:
        options = {**fetch.options(settings), "path": path, "progress": transfer_progress(record.name)}
        entry = fetch.segment(record, "image", url, Store(), **options)
    if copy:
        recording.keep_frame(copy, record, {"image": entry.file})
    fetch.write_history(history, fetch.image(entry, record, image, records.origin(record_list)["queries"], allowed))


if __name__ == "__main__":
    script.run(main, snakemake)
