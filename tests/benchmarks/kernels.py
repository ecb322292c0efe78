"""The kernels of the AIA chain against aiapy and scipy: ratios in one process, alternating.

Run it with the Python of an environment that has aiapy: 0.10 computes with numpy, 0.12 also with JAX where it is installed.

    PYTHONPATH=scripts python tests/benchmarks/kernels.py [--size 4096] [--rounds 3] [--keep-memory]
"""

from __future__ import annotations

import sys
import time
import warnings
from pathlib import Path

import numpy as np
from _measure import alternate, arguments, machine
from astropy import units
from astropy.io import fits
from astropy.table import QTable
from scipy import ndimage

from helioreduce.aia import error, psf, register, richardson_lucy
from helioreduce.aia.deconvolution import deconvolve
from helioreduce.image import Image
from helioreduce.numerics import fft, spline
from helioreduce.runtime import process

CHANNEL, ITERATIONS = 171, 25
ERRORS = {"DNPERPHT": 1.122, "COMPRESS": 14.4, "CALERR": 0.25, "EVEERR": 0.019, "CHIANTI": 0.25}
HEADER = {
    **{"TELESCOP": "SDO/AIA", "INSTRUME": "AIA_3", "WAVELNTH": CHANNEL, "WAVEUNIT": "angstrom", "LVL_NUM": 1.0},
    **{"DATE-OBS": "2014-01-01T00:00:00.34", "EXPTIME": 2.0, "RSUN_OBS": 975.0, "CUNIT1": "arcsec", "CUNIT2": "arcsec"},
    **{"CTYPE1": "HPLN-TAN", "CTYPE2": "HPLT-TAN", "CRVAL1": 0.0, "CRVAL2": 0.0, "CROTA2": 0.0193},
    **{"HGLN_OBS": 0.0, "HGLT_OBS": -3.0, "DSUN_OBS": 1.471e11, "RSUN_REF": 6.96e8},
}


def scene(size: int) -> np.ndarray:
    """Disk, texture and an active region in Poisson noise, blurred by the PSF, float32."""
    y, x = (np.indices((size, size)) - size / 2) * 4096 / size
    radius = np.hypot(y, x)
    counts = 3 + (radius < 1620) * (250 + 100 * np.sin(x / 7) * np.cos(y / 9)) + 4000 * np.exp(-((x - 500) ** 2 + y**2) / 2e4)
    light = fft.irfft2(fft.rfft2(counts) * psf.otf(CHANNEL, shape=counts.shape), counts.shape)
    return np.random.default_rng(1).poisson(light.clip(0)).astype(np.float32)


def header(size: int) -> fits.Header:
    """Level-1 header of a frame of that size that shows the whole Sun."""
    scale = 0.599489 * 4096 / size
    return fits.Header(HEADER | {"CDELT1": scale, "CDELT2": scale, "CRPIX1": size / 2 + 5.35, "CRPIX2": size / 2 - 0.93})


def peer_map(data: np.ndarray, size: int) -> object:
    from sunpy.map import Map

    return Map(data, dict(header(size)))


def bench_psf(rounds: int) -> None:
    """aiapy's numpy code takes hours for many rounds: it is timed with 3 and 9 orders and continued in a straight line."""
    ours = alternate("PSF of one channel, 4096², as OTF, double precision", {"helioreduce": lambda: psf.otf(CHANNEL)}, rounds)[
        "helioreduce"
    ]
    channel = CHANNEL * units.angstrom
    try:
        from aiapy.psf import calculate_psf as peer
    except ImportError:
        from aiapy.psf import psf as peer
    if "jax" in sys.modules:
        peer(channel, diffraction_orders=[1])
        seconds = [_cpu(lambda: peer(channel)) for _ in range(2)]
        total, how = min(seconds), "JAX, whole, better of two calls"
    else:
        few, more = (_cpu(lambda n=n: peer(channel, diffraction_orders=range(1, n + 1))) for n in (1, 3))
        slope = (more - few) / 2
        total, how = few + 199 * slope, f"numpy, from {slope:.2f} s per order"
    print(f"| aiapy ({how}) | {total:.1f} | | {total / np.median(ours.cpu_s):.0f} | |")


def bench_deconvolution(data: np.ndarray, rounds: int) -> None:
    from aiapy.psf import deconvolve as peer

    size = data.shape[0]
    image, otf = Image(data, header(size), np.sqrt(np.maximum(data, 1))), psf.otf(CHANNEL, shape=data.shape).astype(np.float32)
    kernel, their_map = psf.psf(CHANNEL, shape=data.shape), peer_map(data.astype(float), size)
    double, wide = data.astype(float), psf.otf(CHANNEL, shape=data.shape)
    functions = {
        "iteration alone, single precision": lambda: richardson_lucy.restore(data, data.copy(), otf, ITERATIONS),
        "the same, double precision": lambda: richardson_lucy.restore(double, double.copy(), wide, ITERATIONS),
        "deconvolve with sigma and mask, single precision": lambda: deconvolve(image, otf, ITERATIONS),
        "aiapy, double precision": lambda: peer(their_map, psf=kernel, iterations=ITERATIONS),
    }
    alternate(f"Richardson–Lucy, {ITERATIONS} iterations, {size}²", functions, rounds)
    lost = np.abs(functions["iteration alone, single precision"]()[0] - functions["the same, double precision"]()[0])
    noise = lost / np.sqrt(np.maximum(data, 1))
    print(f"\nSingle against double precision: at most {lost.max():.1e} DN, {noise.max():.1e} of √counts")


def bench_registration(data: np.ndarray, rounds: int) -> None:
    from aiapy.calibrate import register as peer

    size = data.shape[0]
    plain, full = Image(data, header(size)), Image(data, header(size), np.sqrt(np.maximum(data, 1)))
    their_map = peer_map(data, size)
    angle = np.deg2rad(0.0193)
    matrix = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]]) * 0.6 / 0.599489
    origin = size / 2 * (1 - matrix.sum(axis=1))
    functions = {
        "register, single precision": lambda: register.register(plain),
        "register with sigma, single precision": lambda: register.register(full),
        "spline alone, single precision": lambda: spline.resample(
            spline.coefficients(data), None, None, origin, matrix, data.shape
        ),
        "scipy affine_transform, single precision in and out": lambda: ndimage.affine_transform(
            data, matrix[::-1, ::-1], origin[::-1], order=3
        ),
        "aiapy, single precision in and out": lambda: peer(their_map, missing=0.0),
    }
    alternate(f"Registration, {size}²", functions, rounds)


def bench_error(data: np.ndarray, rounds: int) -> None:
    from aiapy.calibrate import estimate_error as peer

    image, channel, table = Image(data, header(data.shape[0])), CHANNEL * units.angstrom, _error_table()
    counts = data.astype(float) * units.DN / units.pix
    functions = {
        "error, single precision": lambda: error.estimate(image, ERRORS),
        "aiapy, double precision": lambda: peer(counts, channel, error_table=table),
    }
    alternate(f"Error plane, {data.shape[0]}²", functions, rounds)


def _error_table() -> QTable:
    """aiapy's own error table, as it ships it."""
    import aiapy

    try:
        from aiapy.calibrate.utils import get_error_table
    except ImportError:  # its name until 0.11
        from aiapy.calibrate.util import get_error_table
    return get_error_table(Path(aiapy.__file__).parent / "tests" / "data" / "aia_V3_error_table.txt")


def _cpu(function: object) -> float:
    start = time.process_time()
    function()
    return time.process_time() - start


def main() -> None:
    """Print the tables."""
    parser = arguments(__doc__, ("psf", "deconvolution", "registration", "error"))
    parser.add_argument("--size", type=int, default=4096)
    options = parser.parse_args()
    if options.keep_memory:
        process.keep_memory()
    warnings.simplefilter("ignore")
    print(machine("helioreduce", "aiapy", "jax", "numpy", "scipy", "numba"))
    data = scene(options.size)
    benches = {
        "psf": bench_psf,
        "deconvolution": lambda rounds: bench_deconvolution(data, rounds),
        "registration": lambda rounds: bench_registration(data, rounds),
        "error": lambda rounds: bench_error(data, rounds),
    }
    for name, bench in benches.items():
        if options.only in (None, name):
            bench(options.rounds)


if __name__ == "__main__":
    main()
