"""DEMs against demregpy, EMToolKit, utu and SciPy's HiGHS: pixels per CPU second on one core, in one process, alternating.

OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 PYTHONPATH=scripts:tests/support python tests/benchmarks/dem.py [--pixels 2000]
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from typing import Any

import dem_cases
import dem_peers
import numba
import numpy as np
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


def pixels(number: int) -> tuple[np.ndarray, np.ndarray]:
    parts = [dem_cases.draws(dem_cases.gaussian(*plasma), number // len(PLASMAS), seed=n) for n, plasma in enumerate(PLASMAS)]
    data, sigma = (np.concatenate([part[n] for part in parts]) for n in (0, 1))
    return np.abs(data), np.ascontiguousarray(sigma)


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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pixels", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    numba.set_num_threads(1)
    data, sigma = pixels(options.pixels)
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
    found = speeds(functions, data, sigma, options.rounds)
    print("| | pixels per CPU s |\n|---|---|")
    print("\n".join(f"| {name} | {value:,.0f} |" for name, value in found.items()))
    for ours, theirs in PAIRS:
        if theirs in found:
            print(f"{ours}: {found[ours] / found[theirs]:.1f} × {theirs}")


if __name__ == "__main__":
    main()
