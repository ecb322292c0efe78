"""A calibration table, from a file, JSOC or SolarSoft, with version and SHA-256."""

import tempfile
from pathlib import Path

from helioreduce.aia import tables
from helioreduce.archive import access
from helioreduce.io import ecsv
from helioreduce.jsoc import recording, transfer
from helioreduce.jsoc.client import JSOC, Client
from helioreduce.runtime.log import log_to


def main(source: str, file: str | None, kind: str, version: int, copy: str | None, output: str) -> None:
    """Take the table from ``file``, an archive that has it, SolarSoft's published file or the response series."""
    name = tables.published(kind, version)
    with tempfile.TemporaryDirectory(dir=Path(output).parent) as folder, access.connect(source) as url:
        place = Path(file) if file else recording.beside(url, [*filter(None, [name]), f"{kind}.json"], Path(folder))
        if not place and name and (url == JSOC or kind == "error"):
            place = Path(folder, name)
            transfer.mirrored([f"{mirror}{name}" for mirror in tables.MIRRORS], place)
        if place:
            rows, meta = tables.read(place, kind)
        else:
            found = Client.at(url).records("aia.response[][!1=1!]")
            rows, origin = [dict(record.keywords) for record in found], access.title(source, "aia.response")
            meta = {"origin": origin, "version": str(version), "sha256": tables.digest(rows)}
        tables.check(rows, kind)
        if copy and place:
            recording.keep_file(copy, place)
        elif copy:
            recording.keep_table(copy, found)
    ecsv.write(output, rows, meta)


if __name__ == "__main__":
    with log_to(snakemake.log[0]):
        file, kind, copy = snakemake.input.get("file"), snakemake.wildcards.table, snakemake.config["jsoc"]["record"]
        main(snakemake.params.source, file, kind, snakemake.params.version, copy, snakemake.output[0])
