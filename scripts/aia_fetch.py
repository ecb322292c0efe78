"""One level-1 image: its file as the archive stores it, with the header that the database holds today."""

from pathlib import Path

from helioreduce import fits, sources
from helioreduce.jsoc import header, quality, records, transfer, wire
from helioreduce.jsoc.errors import Rejected
from helioreduce.log import log_to, progress


def main(source: str, listed: str, time: str, output: str) -> None:
    """Find the record, refuse bad quality, download, rebuild the header, write."""
    record = records.find(listed, time)
    reason = quality.verdict(record.keywords["QUALITY"])
    if reason:
        raise Rejected(f"QUALITY = {record.keywords['QUALITY']}: {reason}", cure="Leave this time out", where=record.name)
    raw = Path(f"{output}.raw")
    with sources.connect(source) as url:
        transfer.download(wire.joined(url, record.path("image")), raw, progress=progress(record.name))
    fits.rewrite(raw, output, header.merge(fits.read_header(raw), record))
    raw.unlink()


if __name__ == "__main__":
    with log_to(snakemake.log[0]):
        main(snakemake.params.source, snakemake.input.records, snakemake.wildcards.time, snakemake.output[0])
