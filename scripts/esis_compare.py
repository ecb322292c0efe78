"""Compare the cameras of one line: tables of the sequences and of the events where they disagree, and the movie of both."""

from collections.abc import Iterator

from helioreduce.esis import events, figures, files
from helioreduce.io import ecsv, plots
from helioreduce.runtime import script


def main(level3: list[str], sequences: str, table: str, movie: str, limits: dict, line: str) -> None:
    """Read level 3 of each sequence, find where the cameras disagree, write the tables and the movie."""
    numbers: list[dict] = []
    places: list[dict] = []

    def frames() -> Iterator[tuple]:
        for path in (level3[k] for k in files.usable(level3)):
            found, header, values = files.read_disagreement(path)
            numbers.append(events.sequence(header, values, found))
            here = events.events(found, limits["sigma"], limits["pixels"])
            places.extend({name: numbers[-1][name] for name in ("exposure", "time")} | place for place in here)
            yield found.significance, here, f"{header['LINE']} Å   {header['DATE-AVG']}   {figures.coordinates(header)}"

    plots.write_movie(movie, figures.disagreement, frames(), size=(12, 7.8))
    ecsv.write(sequences, events.with_left_out(numbers, files.left_out(level3)), {"line": line})
    ecsv.write(table, places, {"line": line, **{f"least_{name}": str(value) for name, value in limits.items()}}, events.COLUMNS)


if __name__ == "__main__":
    script.run(main, snakemake)
