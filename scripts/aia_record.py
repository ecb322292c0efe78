"""A copy of everything fetched: images, spikes and tables, from which the archive serves the whole run again."""

import tempfile
from pathlib import Path

import aia_fetch
import aia_fetch_spikes
import aia_pointing
import aia_tables
from helioreduce.aia.frames import Download
from helioreduce.archive import access
from helioreduce.runtime import script


def main(
    source: str, folder: str, frames: list, periods: list, pointing: list, version: int, files: dict, config: dict, output: str
) -> None:
    """Fetch once more, images and spikes out of the store, with a copy of each into the folder; list the images."""
    downloads = [Download(*names) for names in frames]
    with tempfile.TemporaryDirectory(dir=Path(output).parent) as scratch, access.connect(source, pointing=pointing) as url:
        image, history, other = (f"{scratch}/{name}" for name in ("image.fits", "history.json", "other"))
        for frame in downloads:
            given = {"record_list": frame.record_list, "time": Path(frame.image).stem, "exports": frame.exports}
            given |= {"source": url, "config": config, "copy": folder}
            aia_fetch.main(image=image, history=history, **given)
            if frame.spikes:
                aia_fetch_spikes.main(image=image, output=other, **given)
        for table in ("degradation", "error"):
            aia_tables.main(url, table, version, config, other, files[table], copy=folder)
        for period in periods:
            aia_pointing.main(url, period, config, other, files["pointing"], copy=folder)
    Path(output).write_text("".join(f"{frame.name}\n" for frame in downloads))


if __name__ == "__main__":
    script.run(main, snakemake)
