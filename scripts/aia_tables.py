"""A calibration table, from a file, JSOC or SolarSoft, with version and SHA-256."""

import tempfile
from pathlib import Path

from helioreduce import ecsv, sources
from helioreduce.aia import tables
from helioreduce.jsoc import transfer
from helioreduce.jsoc.client import Client
from helioreduce.log import log_to


def main(source: str, file: str | None, kind: str, version: int, output: str) -> None:
    """Take the table from ``file``; without one the archive's response series, or SolarSoft's published file."""
    name = tables.published(kind, version)
    if file:
        rows, meta = tables.read(Path(file), kind)
    elif source == "archive" or not name:
        with sources.connect(source) as url:
            client = Client.at(url)
            rows = [dict(record.keywords) for record in client.records("aia.response[][!1=1!]")]
        meta = {"origin": f"{source}, aia.response", "version": str(version), "sha256": client.queries[-1].sha256}
    else:
        with tempfile.TemporaryDirectory(dir=Path(output).parent) as folder:
            path = Path(folder, name)
            transfer.mirrored([f"{mirror}{name}" for mirror in tables.MIRRORS], path)
            rows, meta = tables.read(path, kind)
    tables.check(rows, kind)
    ecsv.write(output, rows, meta)


if __name__ == "__main__":
    with log_to(snakemake.log[0]):
        main(
            snakemake.params.source,
            snakemake.input.get("file"),
            snakemake.wildcards.table,
            snakemake.params.version,
            snakemake.output[0],
        )
