"""A part of a series: a day of a channel from level 1 to its shards, with the manifest of its images."""

import json
import shutil
from pathlib import Path

import aia_batch
from helioreduce.aia import series
from helioreduce.aia.frames import Part
from helioreduce.errors import InputError, Unwritable
from helioreduce.io import fits, manifests
from helioreduce.jsoc import store as fetched
from helioreduce.runtime import batch, process, script


def main(collected: str, part: dict, made_by: tuple, store: str, level1: str, config: dict, output: str,
         error_table: str, degradation_table: str = "", psf: str = "", pointing: str = "") -> None:  # fmt: skip
    """Reduce what is not in the part yet, write its shards, then the manifest; what has been reduced survives a kill."""
    own, tables, work = Part(**part), (error_table, degradation_table, psf), f"{Path(store).parent}/.{part['day']}"
    before, lost = manifests.Manifest.read(output), json.loads(Path(collected, "lost.json").read_text())
    kept = before.done(made_by, (*tables, pointing))
    images = {place: Path(own.image(time, level1, collected)) for place, time in own.names.items() if place not in kept}
    there = {place: image for place, image in images.items() if image.exists() and own.names[place] not in lost}
    frames = {place: own.frame(str(image), pointing, f"{work}/{own.channel}/{image.name}") for place, image in there.items()}
    try:
        aia_batch.main(list(frames.values()), made_by[1], config, made_by[0], *tables, kept=str(work))
    except Unwritable:
        raise
    except InputError:  # of single images
        lost |= {Path(f).stem: (*why, manifests.FAILED) for f, why in batch.reasons(list(frames.values()), work).items()}
    day = series.Day(own, Path(store), kept, made_by[1]["precision"])
    day.fill({k: frame for k, frame in frames.items() if Path(frame.output).exists()}, lambda frame: fits.read(frame.output))
    day.manifest(lost, before, made_by, (*tables, pointing)).write(output)
    shutil.rmtree(work, ignore_errors=True)
    fetched.Store().drop_listed(f"{collected}/{own.channel}/{own.day}.jsonl")


if __name__ == "__main__":
    process.keep_memory()
    script.run(main, snakemake)
