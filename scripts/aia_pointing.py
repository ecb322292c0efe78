"""A day's rows of the master pointing table."""

from pathlib import Path

from helioreduce import times
from helioreduce.aia import tables
from helioreduce.archive import access
from helioreduce.io import ecsv
from helioreduce.jsoc import recording
from helioreduce.jsoc.client import Client
from helioreduce.runtime.log import log_to


def main(source: str, file: str | None, day: str, copy: str | None, output: str) -> None:
    """Take the rows from ``file``; without one query the archive; local files without either keep their headers' pointing."""
    if file:
        rows, meta = tables.read(Path(file), "pointing")
    elif source == "local":
        rows, meta = [], {"origin": "the images' headers", "version": "none", "sha256": "none"}
    else:
        noon = times.tai_seconds(times.from_compact(f"{day}T120000"))
        start, end = (times.iso(times.from_tai(noon + hours * 3600)) for hours in (-18, 12))
        with access.connect(source) as url:
            found = Client.at(url).records(f"aia.master_pointing3h[{start}-{end}]")
        if copy:
            recording.keep_table(copy, found)
        rows = [dict(record.keywords) for record in found]
        origin = access.title(source, "aia.master_pointing3h")
        meta = {"origin": origin, "version": "3h", "sha256": tables.digest(rows)}
        meta["queried"] = times.iso(times.now())
    tables.check(rows, "pointing")
    ecsv.write(output, rows, meta)


if __name__ == "__main__":
    with log_to(snakemake.log[0]):
        copy = snakemake.config["jsoc"]["record"]
        main(snakemake.params.source, snakemake.input.get("file"), snakemake.wildcards.day, copy, snakemake.output[0])
