"""Staged exports of one channel and day: asked for in batches, waited for, listed."""

import os
from collections.abc import Mapping

from helioreduce.archive import access
from helioreduce.jsoc import fetch, records, staged
from helioreduce.jsoc.client import Client
from helioreduce.jsoc.store import Store
from helioreduce.quality import Policy, objections
from helioreduce.runtime.log import log_to


def main(source: str, listed: str, quality: Mapping, settings: Mapping, output: str) -> None:
    """Have the usable records of a list staged, one request at a time for the address; write the paths of their files."""
    wanted = [record for record in records.load(listed) if not objections(record.keywords, Policy(**quality))]
    email = "reader@localhost" if source == "archive" else settings["email"] or os.environ.get("JSOC_EMAIL")
    waiting = staged.Waiting(timeout_s=settings["export_timeout_s"])
    found: dict[tuple[str, str], str] = {}
    with access.connect(source) as url:
        client = Client.at(url, email=email, retry_policy=fetch.options(settings)["retry_policy"])
        client.check_address()
        for text, members in staged.batches(wanted):
            found |= staged.paths(client, text, members, list(staged.FILES), Store("results/store").locks(), waiting)
    staged.save(output, found)


if __name__ == "__main__":
    with log_to(snakemake.log[0]):
        main(
            snakemake.params.source,
            snakemake.input.records,
            snakemake.params.quality,
            snakemake.config["jsoc"],
            snakemake.output[0],
        )
