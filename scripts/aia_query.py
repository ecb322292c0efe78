"""The records of one channel and day, in one query: what there is, its quality and all keywords."""

from helioreduce import times
from helioreduce.archive import access
from helioreduce.jsoc import records, vso
from helioreduce.jsoc.client import Client
from helioreduce.runtime.log import log_to


def main(source: str, channel: int, slots: list[str], cadence_s: float, output: str) -> None:
    """Ask for the requested slots, keep the answer with the query's address and digest."""
    wanted = [times.from_compact(slot) for slot in slots]
    if source == vso.ADDRESS:
        found, queries = vso.frames(channel, wanted), []
    else:
        with access.connect(source) as url:
            client = Client.at(url)
            found = list(client.frames(channel, wanted[0], wanted[-1], cadence_s))
        queries = [{"url": query.url, "sha256": query.sha256} for query in client.queries]
    records.save(output, found, source=source, requested=slots, queries=queries)


if __name__ == "__main__":
    with log_to(snakemake.log[0]):
        main(
            snakemake.params.source,
            int(snakemake.wildcards.channel),
            snakemake.params.slots,
            snakemake.params.cadence_s,
            snakemake.output[0],
        )
