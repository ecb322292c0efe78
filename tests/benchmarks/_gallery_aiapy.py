"""The computations of aiapy's gallery (0.12.1), each by its name, from files of a folder; no figures.

python _gallery_aiapy.py FOLDER NAME      (FOLDER as made by gallery.py; writes NAME.theirs.npz)
"""

import sys
from collections import OrderedDict
from pathlib import Path

import astropy.units as u
import numpy as np
import sunpy.map
from _chain_aiapy import pointing_table
from aiapy.calibrate import correct_degradation, degradation, register, respike, update_pointing
from aiapy.calibrate.utils import get_correction_table
from astropy.time import Time
from sunpy.map.mapbase import PixelPair


def plain(value):
    """Structures of IDL as dictionaries."""
    if isinstance(value, np.ndarray) and value.dtype.names and value.size == 1:
        return {name: plain(value.reshape(-1)[0][name]) for name in value.dtype.names}
    return value


def response(folder):
    """Components of 335 Å; the response with and without crosstalk, on a date, and by EVE."""
    from aiapy.response import Channel
    from scipy.io import readsav

    save = plain(next(iter(readsav(folder / "instrument.sav").values())))
    numbers = 94, 131, 171, 193, 211, 304, 335
    telescopes = OrderedDict((f"A{n}_FULL", save.get(f"A{n}_FULL", save.get(f"A{n}"))) for n in numbers)
    channel, table = Channel(335 * u.angstrom, instrument_file=telescopes), get_correction_table(folder / "degradation.txt")
    reported, dated = {"correction_table": table}, {"correction_table": table, "obstime": Time("2019-01-01")}
    return {
        "primary": channel.primary_reflectance,
        "focal_plane_filter": channel.focal_plane_filter_efficiency,
        "quantum_efficiency": channel.quantum_efficiency,
        "response": channel.wavelength_response(**reported),
        "alone": channel.wavelength_response(include_crosstalk=False, **reported),
        "dated": channel.wavelength_response(**dated),
        "eve": channel.wavelength_response(include_eve_correction=True, **dated),
    }


def degradation_of_channels(folder):
    """d(t) of seven channels, week by week."""
    times, table = Time("2010-06-01") + np.arange(0, 15 * 365, 7) * u.day, get_correction_table(folder / "degradation.txt")
    return {str(n): degradation(n * u.angstrom, times, correction_table=table) for n in (94, 131, 171, 193, 211, 304, 335)}


def means(folder):
    """The mean of 335 Å every week for two years, corrected."""
    times = Time("2021-01-01") + np.arange(0, 730, 7) * u.day
    factor = degradation(335 * u.angstrom, times, correction_table=get_correction_table(folder / "degradation.txt"))
    return {"mean": np.linspace(2, 1, times.size) / factor}


def level15(folder):
    """One image from level 1 to level 1.5."""
    smap = sunpy.map.Map(folder / "94.fits")
    smap = register(update_pointing(smap, pointing_table=pointing_table(folder / "pointing.ecsv")))
    return {"data": smap.data}


def deconvolution(folder):
    """The PSF of 171 Å, and 25 iterations of an image."""
    import aiapy.psf

    psf = aiapy.psf.calculate_psf(171 * u.angstrom)
    return {"data": aiapy.psf.deconvolve(sunpy.map.Map(folder / "171.fits"), psf=psf).data, "psf": psf}


def spikes(folder):
    """Pixels put back, and where they are on the Sun."""
    from astropy.io import fits

    with fits.open(folder / "193_spikes.fits") as hdus:
        listed = next(hdu.data for hdu in hdus if hdu.data is not None)
    smap, (y, x) = sunpy.map.Map(folder / "193.fits"), np.divmod(listed[0].astype(np.int64), 4096)
    positions = PixelPair(x * u.pix, y * u.pix)
    where = smap.pixel_to_world(*positions)
    return {"data": respike(smap, spikes=(positions, listed[1])).data, "Tx": where.Tx.to("arcsec"), "Ty": where.Ty.to("arcsec")}


def flare(folder):
    """Short exposures to DN/s, cut out."""
    pointing, table = pointing_table(folder / "pointing_flare.ecsv"), get_correction_table(folder / "degradation.txt")
    found = {}
    for number, file in enumerate(sorted(folder.glob("211_*.fits"))):
        smap = register(update_pointing(sunpy.map.Map(file), pointing_table=pointing))
        smap = correct_degradation(smap, correction_table=table)
        found[str(number)] = (smap.data / smap.exposure_time.value)[2200:3200, 2800:3900]
    return found


WORKS = {
    **{"response": response, "degradation": degradation_of_channels, "correct_degradation": means, "level15": level15},
    **{"deconvolution": deconvolution, "respike": spikes, "flare": flare},
}

if __name__ == "__main__":
    folder = Path(sys.argv[1])
    found = WORKS[sys.argv[2]](folder)
    np.savez(folder / f"{sys.argv[2]}.theirs.npz", **{name: np.asarray(values) for name, values in found.items()})
