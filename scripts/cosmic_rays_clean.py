"""Cosmic rays of one frame: flagged, replaced, and listed."""

from pathlib import Path

from helioreduce.cosmic_rays import calibrate, clean, lacosmic, profile
from helioreduce.cosmic_rays.proportion import Limits
from helioreduce.io import fits, provenance
from helioreduce.runtime import script


def main(raw: str, image: str, hits: str, noise: dict, search: dict, electrons: bool, choice: dict, **given: str) -> None:
    """Read a frame, calibrate it, clean it, write the image and the list of hits (flat index, before, after)."""
    frame = fits.read(raw, fits.one_image(raw, choice["extension"]))
    for step in ("bias", "dark", "flat"):
        if step in given:
            reference = f"{Path(given[step]).name}; sha256 {provenance.sha256(given[step])}"
            frame = calibrate.apply(frame, fits.read(given[step]), step, reference)
    planes = {name: fits.read(given[name]).data for name in ("variance", "background", "mask") if name in given}
    before, detector, planes = clean.prepared(frame, noise, planes, electrons=electrons)
    psf = fits.read(given["psf"]).data if "psf" in given else None
    if choice["psf"]:
        psf = profile.profile(**choice["psf"])
    choices = lacosmic.settings(**search, psf=psf)
    after = clean.clean(before, choices, detector=detector, limits=Limits(**choice["limits"]), **planes)
    fits.write(image, after)
    fits.write_arrays(hits, {"HITS": clean.hits(before, after)})


if __name__ == "__main__":
    script.run(main, snakemake)
