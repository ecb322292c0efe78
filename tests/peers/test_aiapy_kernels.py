"""Side by side with aiapy: PSF, deconvolution, registration."""

import numpy as np
import pytest
from astropy.io import fits

from helioreduce.aia import psf, richardson_lucy
from helioreduce.aia.register import register
from helioreduce.image import Flag, Image

units = pytest.importorskip("astropy.units")
pytest.importorskip("aiapy")
pytestmark = [
    pytest.mark.filterwarnings("ignore::sunpy.util.exceptions.SunpyMetadataWarning"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]

FULL = pytest.mark.full
HEADER = {
    **{"TELESCOP": "SDO/AIA", "INSTRUME": "AIA_3", "WAVELNTH": 171, "WAVEUNIT": "angstrom", "LVL_NUM": 1.0, "BUNIT": "DN"},
    **{"DATE-OBS": "2014-01-01T00:00:00.34", "T_OBS": "2014-01-01T00:00:01.34Z", "EXPTIME": 2.0, "RSUN_OBS": 975.0},
    **{"CTYPE1": "HPLN-TAN", "CTYPE2": "HPLT-TAN", "CUNIT1": "arcsec", "CUNIT2": "arcsec", "CRVAL1": 0.0, "CRVAL2": 0.0},
    **{"CDELT1": 0.599489, "CDELT2": 0.599489, "CRPIX1": 2053.85, "CRPIX2": 2047.57, "CROTA2": 0.0193},
    **{"HGLN_OBS": 0.0, "HGLT_OBS": -3.0, "DSUN_OBS": 1.471e11, "RSUN_REF": 6.96e8},
}


def aia_map(data):
    from sunpy.map import Map

    return Map(data, HEADER)


@pytest.mark.parametrize(
    ("channel", "core", "orders"),
    [
        (171, "default", [1]),
        pytest.param(171, "preflight", [1, 20, 100], marks=FULL),
        *(pytest.param(channel, "default", [3, 64, 100], marks=FULL) for channel in psf.MESHES),
    ],
)
def test_psf(channel, core, orders):
    """To 1e-12 of the peak, with a few orders of diffraction: aiapy takes a third of a second for each of 1200 spots."""
    from aiapy.psf import psf as peer

    theirs = peer(
        channel * units.angstrom, use_preflightcore=core == "preflight", diffraction_orders=[*orders, *(-m for m in orders)]
    )
    ours = psf.psf(channel, core, orders=orders)
    assert np.abs(ours - theirs).max() < 1e-12 * theirs.max()


@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float64, 1e-12), (np.float32, 5e-7)])
def test_deconvolve(rng, dtype, tolerance):
    """25 iterations on a frame of good pixels."""
    from aiapy.psf import deconvolve as peer

    shape = (256, 256)
    data = rng.gamma(1.0, 200.0, shape)
    data[100:110, 50:60] += 9000
    data[5, 7] = -4
    theirs = peer(aia_map(data), psf=psf.psf(171, shape=shape), iterations=25).data
    clipped = data.clip(0).astype(dtype)
    ours, _ = richardson_lucy.restore(clipped, clipped.copy(), psf.otf(171, shape=shape).astype(dtype), 25)
    assert np.abs(ours - theirs).max() < tolerance * theirs.max()


@FULL
def test_register(rng):
    """To 1e-4 of a count on the pixels that both have, and two units in the last place where these are larger.

    aiapy pads by a pixel, crops to 4094² and centres on 2047.5.
    """
    from aiapy.calibrate import register as peer

    y, x = np.indices((4096, 4096)) - 2048.0
    scene = 40 + 300 * np.exp(-((np.hypot(y, x) / 1500) ** 8)) + 9000 * np.exp(-((y - 300) ** 2 + x**2) / 5000)
    data = rng.poisson(scene).astype(np.float32)
    theirs = peer(aia_map(data))
    assert theirs.data.shape == (4094, 4094)
    ours = register(Image(data, fits.Header(HEADER)))
    assert ours.data.shape == (4096, 4096)
    assert ours.header["CRPIX1"] == theirs.meta["crpix1"] + 1
    assert ours.header["CDELT1"] == pytest.approx(theirs.meta["cdelt1"], rel=1e-14)
    assert ours.header["R_SUN"] == pytest.approx(theirs.meta["r_sun"])
    inner = np.s_[24:-24, 24:-24]
    difference = ours.data[1:-1, 1:-1][inner] - theirs.data[inner]
    assert np.all(np.abs(difference) <= np.maximum(1e-4, 2 * np.spacing(np.abs(theirs.data[inner]))))
    assert np.isnan(ours.data[0, 0])
    assert ours.flagged(Flag.OUTSIDE)[0, 0]
