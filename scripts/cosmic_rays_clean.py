"""Cosmic rays of one frame: flagged, replaced, and listed."""

from pathlib import Path

from helioreduce.cosmic_rays import calibrate, clean, lacosmic
from helioreduce.io import fits, provenance
from helioreduce.runtime import script


def main(
    raw: str,
    image: str,
    hits: str,
    noise: dict,
    search: dict,
    electrons: bool,
    bias: str = "",
    dark: str = "",
    flat: str = "",
) -> None:
    """Read a frame, calibrate it, clean it, write the image and the list of hits (flat index, before, after)."""
    before = fits.read(raw)
    for step, path in (("bias", bias), ("dark", dark), ("flat", flat)):
        if path:
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
    script.run(main, snakemake)
