"""The computations of the gallery in ``docs/examples``, each by its name, from the same files as aiapy's; no figures.

python _gallery_ours.py FOLDER NAME      (FOLDER as made by gallery.py; writes NAME.ours.npz)
"""

import sys
from pathlib import Path

import numpy as np
from astropy import units as u
from astropy.time import Time

from helioreduce import Image, aia


def response(folder):
    """Components of 335 Å; the response with and without crosstalk, on a date, and by EVE."""
    file, tables = folder / "instrument.sav", aia.calibration(folder)
    reported, alone = aia.wavelength_response(335, file), aia.wavelength_response(335, file, crosstalk=False)
    dated = aia.wavelength_response(335, file, "2019-01-01", tables, eve=True)
    names = "primary", "focal_plane_filter", "quantum_efficiency"
    responses = {"response": reported["at_launch"], "alone": alone["at_launch"], "eve": dated["at_date"]}
    return {name: reported[name] for name in names} | responses | {"dated": dated["at_date"] / dated.meta["eve"]}


def degradation(folder):
    """d(t) of seven channels, week by week."""
    times, tables = Time("2010-06-01") + np.arange(0, 15 * 365, 7) * u.day, aia.calibration(folder)
    return {str(n): aia.sensitivity(n, times, tables) for n in (94, 131, 171, 193, 211, 304, 335)}


def means(folder):
    """The mean of 335 Å every week for two years, corrected."""
    times = Time("2021-01-01") + np.arange(0, 730, 7) * u.day
    return {"mean": np.linspace(2, 1, times.size) / aia.sensitivity(335, times, aia.calibration(folder))}


def level15(folder):
    """One image from level 1 to level 1.5, with its σ."""
    tables = aia.calibration(folder, pointing=folder / "pointing.ecsv")
    return {"data": aia.prep(aia.estimate_error(folder / "94.fits", tables), tables).data}


def deconvolution(folder):
    """The PSF of 171 Å, and 25 iterations of an image."""
    psf = aia.calculate_psf(171)
    return {"data": aia.deconvolve(folder / "171.fits", psf).data, "psf": psf}


def spikes(folder):
    """Pixels put back, and where they are on the Sun."""
    image, listed = Image.read(folder / "193.fits"), folder / "193_spikes.fits"
    where = aia.locate_spikes(image, listed)
    return {"data": aia.respike(image, listed).data, "Tx": where.Tx.to("arcsec"), "Ty": where.Ty.to("arcsec")}


def flare(folder):
    """Short exposures to DN/s with their σ, cut out."""
    tables = aia.calibration(folder, pointing=folder / "pointing_flare.ecsv")
    given = {"without": ["respike", "deconvolve"], "exposure_time": "measured"}  # EXPTIME, as aiapy
    found = [aia.reduce(file, tables, **given) for file in sorted(folder.glob("211_*.fits"))]
    return {str(number): image.data[2200:3200, 2800:3900] for number, image in enumerate(found)}


WORKS = {
    **{"response": response, "degradation": degradation, "correct_degradation": means, "level15": level15},
    **{"deconvolution": deconvolution, "respike": spikes, "flare": flare},
}

if __name__ == "__main__":
    folder = Path(sys.argv[1])
    found = WORKS[sys.argv[2]](folder)
    np.savez(folder / f"{sys.argv[2]}.ours.npz", **{name: np.asarray(values) for name, values in found.items()})
