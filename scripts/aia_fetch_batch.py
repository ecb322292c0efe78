"""Level-1 images and their spikes, many in one process: one server, one reading of the records, the same files."""

from pathlib import Path

import aia_fetch
import aia_fetch_spikes
from helioreduce.aia.frames import Download
from helioreduce.archive import access
from helioreduce.errors import ReductionError
from helioreduce.jsoc import losses
from helioreduce.runtime import batch, script


def fetched(source: str, frame: Download, config: dict, cutout: dict | None) -> ReductionError | None:
    """Fetch one image and its spikes; return the error that ended it."""
    given = {"record_list": frame.record_list, "time": Path(frame.image).stem, "exports": frame.exports}
    given |= {"source": source, "config": config}
    try:
        aia_fetch.main(image=frame.image, history=frame.history, cutout=cutout, **given)
        if frame.spikes:
            aia_fetch_spikes.main(image=frame.image, output=frame.spikes, **given)
    except ReductionError as error:
        return error
    return None


def main(source: str, frames: list[tuple], config: dict, cutout: dict | None = None) -> None:
    """Fetch frame after frame; one that fails does not keep the others from being fetched."""
    downloads = [Download(*names) for names in frames]
    with access.connect(source) as url:
        outcomes = losses.in_turn(downloads, lambda frame: fetched(url, frame, config, cutout))
        batch.each(outcomes, len(downloads), kept="results/store")


if __name__ == "__main__":
    script.run(main, snakemake)
