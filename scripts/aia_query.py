"""The records of one channel in a period, from one query: quality and all keywords."""

import time

from helioreduce.archive import access
from helioreduce.jsoc import records, retrieval
from helioreduce.runtime import script


def main(source: str, channel: str, slots: list[str], asked: dict, config: dict, output: str) -> None:
    """Query the requested slots, write the records with the query's address and digest."""
    with access.connect(source) as url:
        answer = retrieval.query(url, channel, slots, config["jsoc"], **asked)
    context = {"source": source, "requested": slots, "request": asked, "queries": answer.queries, "unmet": answer.unmet}
    records.save(output, answer.found, **context, nearest=dict(answer.nearest), asked=time.time())


if __name__ == "__main__":
    script.run(main, snakemake)
