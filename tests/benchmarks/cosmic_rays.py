"""CPU seconds of L.A.Cosmic and of frame combination beside their peers: ``python tests/benchmarks/cosmic_rays.py [side]``."""

from __future__ import annotations

import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from statistics import median

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2] / "scripts"))

import astroscrappy
from astropy.nddata import CCDData
from astropy.stats import mad_std

from helioreduce.cosmic_rays import combine, inject, kernels, lacosmic, windows
from helioreduce.cosmic_rays.noise import classic_variance


def cpu(call: Callable[[], object], repeats: int) -> float:
    """Median CPU seconds of a call, all threads together."""
    taken = []
    for _ in range(repeats):
        start = time.process_time()
        call()
        taken.append(time.process_time() - start)
    return median(taken)


def frame(side: int) -> np.ndarray:
    """A sky of 100 e⁻ with 4000 points and 500 tracks per 4096² pixels."""
    rng = np.random.default_rng(3)
    numbers = {"point": 4000 * side**2 // 4096**2, "track": 500 * side**2 // 4096**2}
    hits = inject.inject((side, side), numbers, 500.0, rng)
    return (rng.poisson(100, (side, side)) + rng.normal(0, 6.5, (side, side)) + hits.charge).astype(np.float32)


def searches(side: int) -> None:
    """L.A.Cosmic on one frame: ours in both border modes, astroscrappy by default and exact."""
    data = frame(side)
    choices = lacosmic.settings("astroscrappy")
    lacosmic.detect(data[:64, :64], data[:64, :64] + 42, choices)
    mine = cpu(lambda: lacosmic.detect(data, classic_variance(data, 6.5), choices), 5)
    edges = cpu(lambda: lacosmic.detect(data, classic_variance(data, 6.5)), 5)
    default = cpu(lambda: astroscrappy.detect_cosmics(data), 1)
    exact_start = time.process_time()
    mask, cleaned = astroscrappy.detect_cosmics(data, sepmed=False, satlevel=np.inf)
    exact = time.process_time() - exact_start
    ours = lacosmic.detect(data, classic_variance(data, 6.5), choices)
    print(f"{side}²: {ours.n_pixels} pixels in {ours.n_iterations} passes")
    print(f"  ours {mine:.2f} s, with edges {edges:.2f} s; astroscrappy default {default:.2f} s, sepmed=False {exact:.2f} s")
    print(f"  ratio {default / mine:.0f} to the default, {exact / mine:.0f} to the exact one")
    print(f"  mask xor {(mask ^ ours.mask).sum()}, largest difference {np.abs(cleaned - ours.cleaned).max()}")


def stages(side: int) -> None:
    """Where the time of one search goes, beside what the memory alone takes to move the planes."""
    data = frame(side)
    variance = classic_variance(data, 6.5)
    chosen = lacosmic.settings("astroscrappy")
    high, low, contrast = (np.float32(x) for x in (chosen.sigclip, chosen.sigclip * chosen.sigfrac, chosen.objlim))
    border, marks = lacosmic.BORDERS[chosen.border], np.zeros(data.size, bool)
    planes = kernels.planes(data, variance, None, None, np.isnan(data), border)
    maybe = np.flatnonzero(kernels.promising(data, variance, planes.background, high))
    hits = kernels.hits(planes, maybe, high, contrast)
    once = kernels.grow(planes, hits, high, True, marks)
    found = kernels.grow(planes, once, low, True, marks)
    target = np.empty_like(data)
    around = windows.near(found, lacosmic.REACH, side, side, marks)
    parts: dict[str, Callable[[], object]] = {
        "memory: one plane copied": lambda: np.copyto(target, data),
        "copies of image and variance": lambda: [lacosmic._single(plane) for plane in (data, variance)],
        f"which pixels may stand out ({maybe.size})": lambda: kernels.promising(data, variance, planes.background, high),
        f"which of them are hits ({hits.size})": lambda: kernels.hits(planes, maybe, high, contrast),
        f"growth of the mask, twice ({found.size})": lambda: kernels.grow(
            planes, kernels.grow(planes, hits, high, True, marks), low, True, marks
        ),
        f"second pass around the hits ({around.size})": lambda: kernels.hits(planes, around, high, contrast),
        "in all": lambda: lacosmic.detect(data, variance, chosen),
    }
    for name, part in parts.items():
        part()
        print(f"  {name}: {cpu(part, 7):.3f} s")


def combinations() -> None:
    """Thirteen frames of 1040 × 2048: ours and ccdproc's 5σ clip by median and MAD."""
    import ccdproc

    cube = np.random.default_rng(1).normal(0, 6, (13, 1040, 2048)).astype(np.float32)
    combine.stack(cube[:, :4, :4])
    mine = cpu(lambda: combine.stack(cube), 3)
    frames = [CCDData(plane, unit="electron") for plane in cube]
    clip = {"sigma_clip_low_thresh": 5, "sigma_clip_high_thresh": 5, "sigma_clip_func": np.ma.median}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = cpu(lambda: ccdproc.combine(frames, sigma_clip=True, sigma_clip_dev_func=mad_std, **clip), 1)
    print(f"13 × 1040 × 2048: ours {mine:.2f} s, ccdproc {theirs:.2f} s, ratio {theirs / mine:.0f}")


if __name__ == "__main__":
    stages(int(sys.argv[1]) if len(sys.argv) > 1 else 4096)
    searches(int(sys.argv[1]) if len(sys.argv) > 1 else 4096)
    combinations()
