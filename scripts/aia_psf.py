"""The point-spread function of a channel and its transform, kept for every full frame."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from astropy.io.fits import Header

from helioreduce.aia import psf, stray_light
from helioreduce.errors import InputError
from helioreduce.io import fits, psf_files
from helioreduce.runtime import script


def main(channel: str, core: str, output: str, settings: dict[str, Any], source: Sequence[str] = ()) -> None:
    """Make both, write: PSF centred on pixel (ny // 2, nx // 2), OTF on the half-plane of rfft2 of the full frame."""
    if core not in ("file", "parametric"):
        functions = {"PSF": psf.psf, "OTF": psf.otf}
        fits.write_arrays(output, {name: of(int(channel), core).astype(np.float32) for name, of in functions.items()})
        return
    if core == "file":
        kernel, cards = psf_files.read_array(source[0])
    else:
        side, parts = settings["side"], (settings["diffuse"], settings["wings"])
        kernel = stray_light.parametric(int(channel), settings["core"], (side, side), *parts).astype(np.float32)
        cards = stray_light.cards(*parts)
    try:
        arrays = {"PSF": kernel, "OTF": psf.transform(kernel, psf.FULL_FRAME)}
    except InputError as error:
        raise error.at(source[0] if source else "aia.psf") from None
    header = Header()
    header.update(cards)
    fits.write_arrays(output, arrays, header)


if __name__ == "__main__":
    script.run(main, snakemake)
