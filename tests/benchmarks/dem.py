"""DEMs against demregpy, EMToolKit, utu and SciPy's HiGHS: pixels per CPU second on one core, in one process, alternating.

OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 PYTHONPATH=scripts:tests/support python tests/benchmarks/dem.py [--pixels 2000]

``--maps`` takes real pixels in place of made-up ones, the images in demregpy's own tests: an active region, 64² of 2.4″, and a
flare, 67² of 0.6″. Then the largest difference of a DEM over its peak is printed, too.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import dem_cases
import dem_peers
import numba
import numpy as np
from astropy.io import fits
from scipy.optimize import linprog

from helioreduce.aia.dem import tikhonov
from helioreduce.aia.dem.found import empty
from helioreduce.aia.dem.inversion import Inversion

PLASMAS = [(5.9, 0.1, 1e29), (6.2, 0.1, 3e28), (6.5, 0.2, 1e29), (6.9, 0.1, 3e29), (6.15, 0.15, 1e27)]
#: What is compared with what.
PAIRS = (
    ("logsmooth, 39 bins, no σ", "utu"),
    ("logsmooth, 39 bins, σ and bands", "utu"),
    ("logsmooth, 39 bins, no σ", "EMToolKit"),
    ("tikhonov, 42 bins, σ and resolution", "demregpy"),
    ("sparse, 84 functions, σ", "SciPy HiGHS, the same program"),
)
#: Pixels that a slow peer gets.
FEW = 60
#: Folder, pattern of the files, pixels that one of the image is the mean of, and side of the part that is taken.
MAPS = {"active region": ("aia", "*00-00_{:03d}.fits", 16, 64), "flare": ("aia_flare", "*T01-46-*_{:03d}.fits", 1, 67)}
#: Electrons per DN and read noise, DN, of the channels of a DEM (Boerner et al. 2012).
GAIN, READ = (18.3, 17.6, 17.7, 18.3, 18.3, 17.6), (1.14, 1.18, 1.15, 1.20, 1.20, 1.18)


def pixels(number: int) -> tuple[np.ndarray, np.ndarray]:
    parts = [dem_cases.draws(dem_cases.gaussian(*plasma), number // len(PLASMAS), seed=n) for n, plasma in enumerate(PLASMAS)]
    data, sigma = (np.concatenate([part[n] for part in parts]) for n in (0, 1))
    return np.abs(data), np.ascontiguousarray(sigma)


def real(name: str) -> tuple[np.ndarray, np.ndarray]:
    """Counts and σ (pixels, channels) of the brightest part of a map, DN/s: photons, read noise, rounding and 10 %."""
    folder, pattern, mean, side = MAPS[name]
    data = Path(next(iter(find_spec("demregpy").submodule_search_locations))) / "tests/data" / folder
    images, variances = [], []
    for channel, gain, read in zip(dem_cases.CHANNELS, GAIN, READ, strict=True):
        with fits.open(next(data.glob(pattern.format(channel)))) as hdus:
            dn, exposure_s = hdus[0].data.astype(float), hdus[0].header["EXPTIME"]
        photons = np.maximum(dn, 0) * 12398.4 / channel / 3.65 / gain
        images.append(dn / exposure_s)
        variances.append((photons / mean + read**2 / mean + 0.1**2) / exposure_s**2 + (0.1 * dn / exposure_s) ** 2)
    bright = np.nan_to_num(images[4])
    blocks = [(bright[y : y + side, x : x + side].sum(), y, x) for y in range(0, bright.shape[0] - side + 1, 16)
              for x in range(0, bright.shape[1] - side + 1, 16)]  # fmt: skip
    _, y, x = max(blocks)
    planes = (np.array([plane[y : y + side, x : x + side].ravel() for plane in found]).T for found in (images, variances))
    counts, variance = (np.ascontiguousarray(plane) for plane in planes)
    return counts, np.sqrt(variance)


def with_resolution(inversion: Inversion, data: np.ndarray, sigma: np.ndarray) -> None:
    nt = inversion.logt.size
    found, width = empty(len(data), data.shape[1], nt, len(inversion.bands) - 1), np.empty((len(data), nt))
    tikhonov.invert(data, sigma, inversion.problem, tikhonov.Options(inversion.widths, 1.0, 42, 10, True), found, width, 1)


def highs(inversion: Inversion, data: np.ndarray, sigma: np.ndarray) -> None:
    for d, e in zip(data, sigma, strict=True):
        kernel = inversion.problem.counts / e[:, None]
        limits = np.concatenate([d / e + 1.4, -np.maximum(d / e - 1.4, 0)])
        linprog(np.ones(kernel.shape[1]), np.vstack([kernel, -kernel]), limits, method="highs")


def speeds(
    functions: dict[str, tuple[Callable[..., Any], int]], data: np.ndarray, sigma: np.ndarray, rounds: int
) -> dict[str, float]:
    """Pixels per CPU second of each function, the median of some rounds."""
    found: dict[str, list[float]] = {}
    for turn in range(rounds + 1):
        for name, (function, number) in functions.items():
            part = np.linspace(0, len(data) - 1, number).astype(int)
            start = time.process_time()
            function(data[part], sigma[part])
            if turn:  # the first compiles
                found.setdefault(name, []).append(number / (time.process_time() - start))
    return {name: float(np.median(values)) for name, values in found.items()}


def differences(
    peers: dict[str, tuple[Any, Any, Inversion]], data: np.ndarray, sigma: np.ndarray, number: int
) -> dict[str, float]:
    """Largest difference of a DEM from a peer's, over its peak, in pixels that all codes take as they are."""
    good = np.flatnonzero((data > 0).all(axis=1))
    good = good[np.linspace(0, good.size - 1, min(number, good.size)).astype(int)]
    found = {}
    for name, (run, module, inversion) in peers.items():
        theirs, ours = run(module, inversion, data[good], sigma[good])[0], inversion.invert(data[good], sigma[good]).dem
        ours = ours if name == "demregpy" else ours * inversion.per_kelvin
        found[name] = float((np.abs(theirs - ours).max(axis=1) / np.abs(theirs).max(axis=1)).max())
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pixels", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--maps", action="store_true")
    options = parser.parse_args()
    numba.set_num_threads(1)
    for name in MAPS if options.maps else [""]:
        print(f"\n{name or 'made-up pixels'}")
        compare(*(real(name) if name else pixels(options.pixels)), options.rounds)


def compare(data: np.ndarray, sigma: np.ndarray, rounds: int) -> None:
    """Print the speeds on some pixels, their ratios, and the differences."""
    number = len(data)
    smooth, bare = dem_cases.inversion(bins=39), dem_cases.inversion(bins=39, errors=False)
    regular, sparse = (
        dem_cases.inversion("tikhonov", bins=42, span=(5.6, 7.5)),
        dem_cases.inversion("sparse", bins=21, span=(5.5, 7.6)),
    )
    functions: dict[str, tuple[Callable[..., Any], int]] = {
        "logsmooth, 39 bins, no σ": (bare.invert, number),
        "logsmooth, 39 bins, σ and bands": (smooth.invert, number),
        "tikhonov, 42 bins, σ and resolution": (lambda d, e: with_resolution(regular, d, e), number),
        "sparse, 84 functions, σ": (sparse.invert, number),
        "SciPy HiGHS, the same program": (lambda d, e: highs(sparse, d, e), FEW),
    }
    peers: dict[str, tuple[Any, Any, Inversion]] = {}
    for package, run, inversion, many in (
        ("demregpy", dem_peers.demregpy, regular, FEW),
        ("EMToolKit", dem_peers.emtoolkit, smooth, FEW),
        ("utu", dem_peers.utu, smooth, number),
    ):
        module = dem_peers.load(package)
        if module is None:
            print(f"{package} is not installed: left out")
        else:
            functions[package] = (lambda d, e, r=run, m=module, i=inversion: r(m, i, d, e), many)
            peers[package] = run, module, inversion
    found = speeds(functions, data, sigma, rounds)
    print("| | pixels per CPU s |\n|---|---|")
    print("\n".join(f"| {name} | {value:,.0f} |" for name, value in found.items()))
    for ours, theirs in PAIRS:
        if theirs in found:
            print(f"{ours}: {found[ours] / found[theirs]:.1f} × {theirs}")
    for name, value in differences(peers, data, sigma, 5 * FEW).items():
        print(f"largest difference from {name}, over the peak: {value:.1e}")


if __name__ == "__main__":
    main()
