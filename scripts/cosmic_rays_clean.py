"""Cosmic rays of one frame: flagged, replaced, and listed."""

from pathlib import Path

from helioreduce.cosmic_rays import calibrate, clean, lacosmic
from helioreduce.io import fits, provenance
from helioreduce.runtime.log import log_to


def main(frame: str, calibration: dict[str, str], image: str, hits: str, noise: dict, search: dict, electrons: bool) -> None:
    """Read a frame, calibrate it, clean it, write the image and the list of hits (flat index, before, after)."""
    before = fits.read(frame)
    for step, path in calibration.items():
        reference = f"{Path(path).name}; sha256 {provenance.sha256(path)}"
        before = calibrate.apply(before, fits.read(path), step, reference)
    detector = clean.noise_model(before.header, **noise)
    if electrons:
        before = clean.to_electrons(before, noise["gain"])
        detector = clean.noise_model(before.header, **{**noise, "gain": 1.0})
    after = clean.clean(before, lacosmic.settings(**search), detector=detector)
    fits.write(image, after)
    fits.write_arrays(hits, {"HITS": clean.hits(before, after)})


if __name__ == "__main__":
    with log_to(snakemake.log[0]):
        main(
            snakemake.input.frame,
            {step: snakemake.input.get(step) for step in ("bias", "dark", "flat") if snakemake.input.get(step)},
            snakemake.output.image,
            snakemake.output.hits,
            snakemake.params.noise,
            snakemake.params.search,
            snakemake.params.electrons,
        )
