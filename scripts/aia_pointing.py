"""The rows of the master pointing table of a day, month or year."""

from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path

from helioreduce import times
from helioreduce.aia import tables
from helioreduce.archive import access
from helioreduce.io import ecsv
from helioreduce.jsoc import fetch, recording
from helioreduce.jsoc.client import Client
from helioreduce.runtime import script


def main(
    source: str, period: str, config: dict, output: str, file: str = "", archive: Iterable[str] | None = None, copy: str = ""
) -> None:
    """Take the rows from ``file``; without one query the archive; local files without either keep their headers' pointing."""
    settings = config["jsoc"]
    if file:
        rows, meta = tables.read(Path(file), "pointing")
    elif source == "local":
        rows, meta = [], {"origin": "the images' headers", "version": "none", "sha256": "none"}
    else:
        start, end = (times.iso(time) for time in times.ends(period, before=timedelta(hours=6)))
        with fetch.connection(settings), access.connect(source, pointing=archive) as url:
            client = Client.at(url, retry_policy=fetch.retry_policy(settings))
            found = client.records(f"aia.master_pointing3h[{start}-{end}]")
        if copy:
            recording.keep_table(copy, found)
        rows = [dict(record.keywords) for record in found]
        meta = tables.queried(rows, access.title(source, "aia.master_pointing3h"), "3h") | {"queried": times.iso(times.now())}
    tables.check(rows, "pointing")
    ecsv.write(output, rows, meta)


if __name__ == "__main__":
    script.run(main, snakemake, simulated=snakemake.params.source == "archive")
