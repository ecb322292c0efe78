"""The records of one channel and day, from one query: quality and all keywords."""

from helioreduce import times
from helioreduce.archive import access
from helioreduce.jsoc import fetch, records, vso
from helioreduce.jsoc.client import Client
from helioreduce.runtime import script


def main(source: str, channel: str, slots: list[str], config: dict, output: str) -> None:
    """Query the requested slots, write the records with the query's address and digest."""
    wanted = [times.from_compact(slot) for slot in slots]
    if source == vso.ADDRESS:
        found, queries = vso.frames(int(channel), wanted), []
    else:
        with fetch.connection(config["jsoc"]), access.connect(source) as url:
            client = Client.at(url, retry_policy=fetch.retry_policy(config["jsoc"]))
            found = list(client.in_slots(int(channel), wanted))
        queries = [{"url": query.url, "sha256": query.sha256} for query in client.queries]
    records.save(output, found, source=source, requested=slots, queries=queries)


if __name__ == "__main__":
    script.run(main, snakemake)
