"""The requested frames that are unavailable, with the reason of each; those that may come back are asked for once more."""

from pathlib import Path

from helioreduce.archive import access
from helioreduce.jsoc import losses, retrieval
from helioreduce.quality import Policy
from helioreduce.runtime import script

COLUMNS = ("channel", "time", "frame", "may_return", "reason")


def main(source: str, inputs: list[str], again: list[tuple], respike: bool, quality: dict, config: dict, output: str) -> None:
    """Ask again for the frames ``again``; write channel, time, what becomes of the frame, whether it may return, and why."""
    allowed = Policy(**quality)
    if again:
        with access.connect(source) as url:
            frames = ((retrieval.Listed(*names), spikes) for *names, spikes in again)
            retrieval.recover(url, frames, config["jsoc"], allowed)
    rows = [COLUMNS]
    for record_list in inputs:
        channel = Path(record_list).parent.name
        for time, loss in losses.of(record_list, allowed).items():
            rows.append((channel, time, "left out", "yes" if loss.may_return else "no", loss.reason))
        for time, (taken, reason) in losses.replaced_by_neighbours(record_list).items():
            rows.append((channel, time, f"taken from {taken}", "no", reason))
        for time, reason in losses.without_spikes(record_list).items() if respike else ():
            rows.append((channel, time, "reduced without its spikes", "yes", reason))
    Path(output).write_text("".join("\t".join(row) + "\n" for row in rows))


if __name__ == "__main__":
    script.run(main, snakemake)
