"""One frame of the embedded archive: level-1 image, spikes, record and truth."""

from helioreduce import times
from helioreduce.archive import records
from helioreduce.io import fits, jsoc_files
from helioreduce.runtime import script
from helioreduce.sun import calibration
from helioreduce.sun.frame import STORED_IN_STEPS, render
from helioreduce.sun.scenario import Scenario


def main(
    scenario: dict,
    channel: str,
    time: str,
    image: str,
    truth: str,
    record: str,
    spikes: str = "",
    psf: str = "",
    stray_light: bool = False,
) -> None:
    """Render the frame in the slot ``time`` and write its files; the record comes last."""
    settings, number, t_rec = Scenario.from_mapping(scenario), int(channel), times.from_compact(time)
    response = fits.read_array(psf)[0] if psf else None
    frame = render(settings, number, t_rec, response, calibration.degradation(number, t_rec), dark_sky=stray_light)
    jsoc_files.write_compressed(image, frame.image, frame.header, quarters=settings.quarter_dn and number == 94)
    if frame.spikes is not None:
        jsoc_files.write_compressed(spikes, frame.spikes)
    fits.write_arrays(truth, frame.truth.planes(), frame.truth_header(), in_steps=STORED_IN_STEPS)
    records.write(record, frame.record)


if __name__ == "__main__":
    script.run(main, snakemake, simulated=True)
