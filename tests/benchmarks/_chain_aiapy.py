"""The chain by aiapy, as its gallery does it: one process, image after image, with a PSF that is given.

python _chain_aiapy.py FOLDER NUMBER      (FOLDER as made by chain.py)
"""

import sys
from pathlib import Path

import aiapy
import astropy.units as u
import numpy as np
import sunpy.map
from aiapy.calibrate import correct_degradation, estimate_error, register, respike, update_pointing
from aiapy.psf import deconvolve
from astropy.io import fits
from astropy.table import QTable
from astropy.time import Time
from sunpy.map.mapbase import PixelPair

try:
    from aiapy.calibrate.utils import get_correction_table, get_error_table
except ImportError:  # before 0.11
    from aiapy.calibrate.util import get_correction_table, get_error_table


def pointing_table(path: Path) -> QTable:
    """The pointing table with the units that aiapy wants."""
    table = QTable.read(path, format="ascii.ecsv")
    units = {"X0": u.pix, "Y0": u.pix, "IMSCALE": u.arcsec / u.pix, "INSTROT": u.deg}
    for name in table.colnames:
        if name in ("T_START", "T_STOP"):
            table[name] = Time([text.rstrip("Z") for text in table[name]], scale="utc")
        elif name.rsplit("_", 1)[-1] in units:
            table[name] = np.array(table[name], float) * units[name.rsplit("_", 1)[-1]]
    return table


def reduce(smap, listed, psf, pointing, degradation, errors):
    """Respike, error, deconvolution, pointing, registration, degradation, exposure."""
    y, x = np.divmod(listed[0].astype(np.int64), 4096)
    smap = respike(smap, spikes=(PixelPair(x * u.pix, y * u.pix), listed[1]))
    counts = smap.quantity / u.pix
    error = estimate_error(counts, smap.wavelength, error_table=errors)
    smap = register(update_pointing(deconvolve(smap, psf=psf), pointing_table=pointing))
    smap = correct_degradation(smap, correction_table=degradation)
    return smap / smap.exposure_time, error


def main(folder: Path, number: int) -> None:
    """Reduce the first images of the folder and write them."""
    pointing = pointing_table(folder / "pointing.ecsv")
    degradation, errors = get_correction_table(folder / "degradation.txt"), get_error_table(folder / "error.txt")
    psf = np.load(folder / "psf.npy")
    for i in range(number):
        with fits.open(folder / f"{i:02d}_spikes.fits") as hdus:
            listed = np.array(next(hdu.data for hdu in hdus if hdu.data is not None))
        smap, error = reduce(sunpy.map.Map(folder / f"{i:02d}.fits"), listed, psf, pointing, degradation, errors)
        smap.save(folder / "peer" / f"{i:02d}.fits", overwrite=True)
        fits.writeto(folder / "peer" / f"{i:02d}_error.fits", error.value.astype(np.float32), overwrite=True)


if __name__ == "__main__":
    print("aiapy", aiapy.__version__)
    main(Path(sys.argv[1]), int(sys.argv[2]))
