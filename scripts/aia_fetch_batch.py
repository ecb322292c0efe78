"""Level-1 images and their spikes, many in one process: one server, one reading of the records, the same files."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import aia_fetch
import aia_fetch_spikes
from helioreduce.aia.frames import Download
from helioreduce.archive import access
from helioreduce.errors import ReductionError
from helioreduce.runtime import batch
from helioreduce.runtime.log import log_to


def fetched(source: str, frame: Download, quality: Mapping, settings: Mapping) -> ReductionError | None:
    """Fetch one image and its spikes; the error that ended it."""
    listed, exports, time = frame.records, frame.exports, Path(frame.image).stem
    try:
        aia_fetch.main(source, listed, exports, time, quality, settings, frame.image, frame.history)
        if frame.spikes:
            aia_fetch_spikes.main(source, listed, exports, time, frame.image, settings, frame.spikes)
    except ReductionError as error:
        return error
    return None


def main(source: str, frames: list[Download], quality: Mapping, settings: Mapping) -> None:
    """Fetch frame after frame; one that fails does not keep the others from being fetched."""
    with access.connect(source) as url:
        outcomes: Iterator = ((frame, fetched(url, frame, quality, settings)) for frame in frames)
        batch.each(outcomes, len(frames), kept="results/store")


if __name__ == "__main__":
    with log_to(snakemake.log[0]):
        frames = [Download(*names) for names in snakemake.params.frames]
        main(snakemake.params.source, frames, snakemake.params.quality, snakemake.config["jsoc"])
