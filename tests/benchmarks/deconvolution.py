"""Methods of deconvolution side by side, alternating in one process: full frames with their error plane.

    PYTHONPATH=scripts python tests/benchmarks/deconvolution.py [--rounds 3] [--keep-memory]

Ratios are to Richardson–Lucy, 25 iterations, periodic. OTF, its inverse and the transforms of squared kernels are prepared once
for many images, as in a batch, and are not timed. Also: one convolution by grid and kind of transform.
"""

from __future__ import annotations

import warnings
from functools import partial

import numpy as np
from _measure import alternate, arguments, machine
from kernels import CHANNEL, header, scene

from helioreduce.aia import deconvolution, linear, psf
from helioreduce.image import Image
from helioreduce.numerics import fft
from helioreduce.runtime import process

SIDE = 4096


def bench_methods(rounds: int) -> None:
    """Full frames on the grid of the step, 6144²; the closed form also on 8192², for a kernel that reaches everywhere."""
    data = scene(SIDE)
    image = Image(data, header(SIDE), np.sqrt(np.maximum(data, 1)))
    full = psf.otf(CHANNEL).astype(np.float32)
    functions = {}
    for name, options in {
        "rl, 25 iterations": {},
        "inverse": {"method": "inverse"},
        "cg": {"method": "cg"},
        "bid": {"method": "bid"},
        "wiener": {"method": "wiener"},
    }.items():
        optics = deconvolution.Psf(full)
        functions[name] = partial(deconvolution.from_psf, image, optics, options)
    twice = psf.transform(fft.irfft2(full.astype(np.complex64), psf.FULL_FRAME), (2 * SIDE, 2 * SIDE))
    response = linear.inverse_response(twice)
    shared = {"method": "inverse", "gain": fft.squared_kernel(response), "response": response}
    functions["inverse, 8192²"] = partial(deconvolution.deconvolve, image, twice, **shared)
    alternate(f"Deconvolution of {SIDE}² with σ", functions, rounds)


def bench_grids(rounds: int) -> None:
    """One convolution, float32, our blocks against SciPy's."""
    for side in (768, 1024, 1536, 3072, 4096, 6144, 8192):
        otf, x = np.ones((side, side // 2 + 1), np.float32), np.ones((side, side), np.float32)
        ours = fft.Filter(otf)

        def blocks(ours: fft.Filter = ours, x: np.ndarray = x) -> None:
            with ours.threads() as convolve:
                convolve(x)

        def scipy(otf: np.ndarray = otf, x: np.ndarray = x) -> None:
            fft.irfft2(fft.rfft2(x) * otf, x.shape)

        alternate(f"One convolution, {side}²", {f"SciPy {side}": scipy, f"blocks {side}": blocks}, rounds)


def main() -> None:
    """Print the tables."""
    options = arguments(__doc__, ("methods", "grids")).parse_args()
    if options.keep_memory:
        process.keep_memory()
    warnings.simplefilter("ignore")
    print(machine("helioreduce", "numpy", "scipy", "numba"))
    for name, bench in {"methods": bench_methods, "grids": bench_grids}.items():
        if options.only in (None, name):
            bench(options.rounds)


if __name__ == "__main__":
    main()
