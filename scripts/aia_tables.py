"""A calibration table, from a file, JSOC or SolarSoft, with version and SHA-256."""

import tempfile
from pathlib import Path

from helioreduce import ecsv, sources
from helioreduce.aia import tables
from helioreduce.jsoc import recording, transfer
from helioreduce.jsoc.client import JSOC, Client
from helioreduce.jsoc.errors import NoData
from helioreduce.log import log_to


def beside(url: str, names: list[str], folder: Path) -> Path | None:
    """The first of these files that an archive has beside its series, as recorded copies do; JSOC itself has none."""
    for name in names if url != JSOC else ():
        try:
            transfer.download(f"{url}{recording.TABLES}/{name}", folder / name, verify=lambda part: None)
            return folder / name
        except NoData:
            continue
    return None


def published(name: str, folder: Path) -> Path:
    """SolarSoft's file."""
    transfer.mirrored([f"{mirror}{name}" for mirror in tables.MIRRORS], folder / name)
    return folder / name


def series(url: str, source: str, version: int, copy: str | None) -> tuple[list[dict], dict]:
    """The archive's response series, which has every version of the degradation."""
    found = Client.at(url).records("aia.response[][!1=1!]")
    if copy:
        recording.keep_table(copy, found)
    rows = [dict(record.keywords) for record in found]
    return rows, {"origin": sources.title(source, "aia.response"), "version": str(version), "sha256": tables.digest(rows)}


def main(source: str, file: str | None, kind: str, version: int, copy: str | None, output: str) -> None:
    """Take the table from ``file``; without one from the archive or, where JSOC is meant, SolarSoft's published file."""
    name = tables.published(kind, version)
    with tempfile.TemporaryDirectory(dir=Path(output).parent) as folder, sources.connect(source) as url:
        place = Path(file) if file else beside(url, [*filter(None, [name]), f"{kind}.json"], Path(folder))
        if not place and name and (url == JSOC or kind == "error"):
            place = published(name, Path(folder))
        rows, meta = tables.read(place, kind) if place else series(url, source, version, copy)
        if place and copy:
            recording.keep_file(copy, place)
    tables.check(rows, kind)
    ecsv.write(output, rows, meta)


if __name__ == "__main__":
    with log_to(snakemake.log[0]):
        main(
            snakemake.params.source,
            snakemake.input.get("file"),
            snakemake.wildcards.table,
            snakemake.params.version,
            snakemake.config["jsoc"]["record"],
            snakemake.output[0],
        )
