"""A calibration table, from a file, JSOC or SolarSoft, with version and SHA-256."""

import tempfile
from contextlib import nullcontext
from pathlib import Path

from helioreduce.aia import tables
from helioreduce.archive import access
from helioreduce.io import ecsv
from helioreduce.jsoc import fetch, recording, transfer
from helioreduce.jsoc.client import JSOC, Client
from helioreduce.runtime import script


def main(source: str, table: str, version: int | None, config: dict, output: str, file: str = "", copy: str = "") -> None:
    """Take the table from ``file``, an archive that has it, SolarSoft's published file or the response series."""
    name, settings, found = tables.published(table, version), config["jsoc"], []
    retry_policy = fetch.retry_policy(settings)
    held = nullcontext() if file else fetch.connection(settings)
    with held, tempfile.TemporaryDirectory(dir=Path(output).parent) as folder, access.connect(source) as url:
        names = [*filter(None, [name]), f"{table}.json"]
        place = Path(file) if file else recording.beside(url, names, Path(folder), retry_policy)
        if not place and name and (url == JSOC or table == "error"):
            place = Path(folder, name)
            transfer.mirrored([f"{mirror}{name}" for mirror in tables.MIRRORS], place, retry_policy=retry_policy)
        if place:
            rows, meta = tables.read(place, table)
        else:
            found = Client.at(url, retry_policy=retry_policy).records("aia.response[][!1=1!]")
            rows = [dict(record.keywords) for record in found]
            tables.check(rows, table)
            own = {tables.version(row) for row in rows if int(row["VER_NUM"]) == version}
            meta = tables.queried(rows, access.title(source, "aia.response"), ",".join(own) or str(version))
        if copy:
            recording.keep_file(copy, place) if place else recording.keep_table(copy, found)
    ecsv.write(output, rows, meta)


if __name__ == "__main__":
    script.run(main, snakemake)
