"""The level-1 images and spikes that a part of a series does not have yet, and why the others are missing."""

import json
from pathlib import Path

import aia_fetch_batch
import aia_query
from helioreduce.aia.frames import Part
from helioreduce.errors import InputError, Unwritable, counted
from helioreduce.io import manifests
from helioreduce.jsoc import losses
from helioreduce.quality import Policy
from helioreduce.runtime import script
from helioreduce.runtime.log import logger


def main(source: str, part: dict, made_by: tuple, manifest: str, level1: str, asked: dict, config: dict, output: str,
         error_table: str, degradation_table: str = "", psf: str = "", pointing: str = "",
         archive: tuple = ()) -> None:  # fmt: skip
    """Ask once for the records of the day, fetch what is usable; a frame that fails costs itself."""
    own, allowed = Part(**part), Policy(**config["aia"]["quality"])
    done = manifests.Manifest.read(manifest).done(made_by, (error_table, degradation_table, psf, pointing))
    record_list, images = f"{output}/{own.channel}/{own.day}.jsonl", own.wanted(done, level1, output)
    aia_query.main(source, own.channel, list(images), asked, config, record_list)
    lost = losses.of(record_list, allowed)
    usable = [own.download(image, record_list) for time, image in images.items() if time not in lost]
    try:
        aia_fetch_batch.main(source, [frame for frame in usable if not frame.is_there(archive)], config)
    except Unwritable:
        raise
    except InputError as error:
        logger.warning("%s", error)
    lost = losses.of(record_list, allowed)
    if untried := [time for time, image in images.items() if time not in lost and not Path(image).exists()]:
        raise InputError(f"{counted(len(untried), 'image')} could not be asked for", cure="Run again later", where=untried[0])
    Path(output, "lost.json").write_text(json.dumps(losses.plain(lost)))


if __name__ == "__main__":
    script.run(main, snakemake)
