"""Staged exports of one channel and day: requested in batches, waited for, listed."""

import os

from helioreduce.archive import access
from helioreduce.jsoc import fetch, policy, records, staged
from helioreduce.jsoc.client import Client
from helioreduce.jsoc.store import Store
from helioreduce.quality import Policy
from helioreduce.runtime import script


def main(source: str, record_list: str, quality: dict, config: dict, output: str, cutout: dict | None = None) -> None:
    """Have the usable records of a list staged, one request at a time for the address; write the paths of their files."""
    allowed, settings = Policy(**quality), config["jsoc"]
    wanted = [record for record in records.load(record_list) if not policy.verdict(record, allowed)]
    email = "reader@localhost" if source == "archive" else settings["email"] or os.environ.get("JSOC_EMAIL")
    waiting = staged.Waiting(timeout_s=settings["export_timeout_s"])
    # spikes are of whole frames: those of a cut-out are taken as they are stored
    segments, process = (["image"], {"im_patch": cutout["im_patch"]}) if cutout else (list(staged.FILES), None)
    found: dict[tuple[str, str], str] = {}
    with fetch.connection(settings), access.connect(source) as url:
        client = Client.at(url, email=email, retry_policy=fetch.retry_policy(settings))
        client.check_address()
        for text, members in staged.batches(wanted):
            with staged.optional(text):
                found |= staged.paths(client, text, members, segments, Store().locks(), waiting, process)
    staged.save(output, found)


if __name__ == "__main__":
    script.run(main, snakemake)
