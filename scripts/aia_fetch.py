"""One level-1 image: its file as the archive stores it, with the header that the database holds today."""

from collections.abc import Mapping

from helioreduce.archive import access
from helioreduce.jsoc import fetch, policy, recording, records, staged
from helioreduce.jsoc.store import Store
from helioreduce.quality import Policy
from helioreduce.runtime.log import log_to, transfer_progress


def main(
    source: str, listed: str, exports: str | None, time: str, quality: Mapping, settings: Mapping, output: str, history: str
) -> None:
    """Find the record, refuse bad quality, fetch into the store, rebuild the header, write; tell where it came from."""
    allowed = Policy(**quality)
    record = policy.usable(listed, time, allowed)
    path = staged.load(exports).get((record.name, "image")) if exports else None
    with access.connect(source) as url:
        options = {**fetch.options(settings), "path": path, "progress": transfer_progress(record.name)}
        entry = fetch.segment(record, "image", url, Store("results/store"), **options)
    if settings["record"]:
        recording.keep_frame(settings["record"], record, {"image": entry.file})
    fetch.write_history(history, fetch.image(entry, record, output, records.origin(listed)["queries"], allowed))


if __name__ == "__main__":
    with log_to(snakemake.log[0]):
        main(
            snakemake.params.source,
            snakemake.input.records,
            snakemake.input.get("exports"),
            snakemake.wildcards.time,
            snakemake.params.quality,
            snakemake.config["jsoc"],
            snakemake.output.image,
            snakemake.output.history,
        )
