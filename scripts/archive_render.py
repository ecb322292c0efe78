"""One frame of the embedded archive: level-1 image, spikes, record and truth."""

from pathlib import Path

from helioreduce import times
from helioreduce.archive import records
from helioreduce.io import fits
from helioreduce.runtime import process
from helioreduce.runtime.log import log_to
from helioreduce.sun import calibration
from helioreduce.sun.frame import render
from helioreduce.sun.scenario import Scenario


def main(settings: dict, channel: int, time: str, psf: str | None, folder: str | Path) -> None:
    """Render the frame in the slot ``time`` and write its files into ``folder``; the record comes last."""
    folder, t_rec = Path(folder), times.from_compact(time)
    response = fits.read_array(psf)[0] if psf else None
    scenario = Scenario.from_mapping(settings)
    frame = render(scenario, channel, t_rec, response, calibration.degradation(channel, t_rec))
    fits.write_compressed(folder / "image_lev1.fits", frame.image, frame.header, quarters=scenario.quarter_dn and channel == 94)
    if frame.spikes is not None:
        fits.write_compressed(folder / "spikes.fits", frame.spikes)
    fits.write_arrays(folder / "truth.fits", frame.truth.planes(), frame.truth_header())
    records.write(folder / "record.json", frame.record)


if __name__ == "__main__":
    with log_to(snakemake.log[0]):
        process.use_threads(snakemake.threads)
        main(
            snakemake.params.scenario,
            int(snakemake.wildcards.channel),
            snakemake.wildcards.time,
            snakemake.input.get("psf"),
            Path(snakemake.output.record).parent,
        )
