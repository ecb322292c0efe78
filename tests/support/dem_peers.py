"""Other DEM codes, where they are installed: each loaded without what its package imports beside it."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from helioreduce.aia.dem.inversion import Inversion, mass

#: Package, and the file in it that holds the method. utu contacts the network when it is imported as a whole.
FILES = {
    "demregpy": "demmap.py",
    "EMToolKit": "algorithms/simple_reg_dem.py",
    "utu": "dem/_plowman_kernel.py",
}


def load(package: str) -> ModuleType | None:
    """Return the module of a package that holds its method; None where the package is not installed."""
    found = importlib.util.find_spec(package)
    if found is None or not found.submodule_search_locations:
        return None
    file = Path(next(iter(found.submodule_search_locations))) / FILES[package]
    spec = importlib.util.spec_from_file_location(f"{package}_method", file)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def demregpy(module: Any, inversion: Inversion, data: np.ndarray, sigma: np.ndarray) -> tuple[np.ndarray, ...]:
    """Return DEM (cm⁻⁵ K⁻¹), σ, σ(log T) and χ² of pixels of a map, as ``dn2dem`` calls it."""
    nt = inversion.logt.size
    options = {"dem_norm0": np.ones(nt), "nmu": 42, "warn": False}
    kernel = inversion.problem.counts.T
    loci = np.zeros(data.shape[1])
    found = [
        module.dem_pix(*pixel, kernel, inversion.logt, inversion.widths, loci, **options)
        for pixel in zip(data, sigma, strict=True)
    ]
    dem, error, width, chi2 = (np.array([pixel[n] for pixel in found]) for n in range(4))
    return dem * 1e15, error * 1e15, width / (2 * np.sqrt(2 * np.log(2))), chi2


def emtoolkit(module: Any, inversion: Inversion, data: np.ndarray, sigma: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return DEM per dex and χ²."""
    dem, chi2 = module.simple_reg_dem(data[None], sigma[None], np.ones(data.shape[1]), inversion.logt, inversion.response.T)
    return dem[0], chi2[0]


def utu(module: Any, inversion: Inversion, data: np.ndarray, sigma: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return DEM per dex and χ²; one thread."""
    logt, channels = inversion.logt, data.shape[1]
    kernel, slopes = np.ascontiguousarray(inversion.response @ mass(logt)), np.diff(np.eye(logt.size), axis=0)
    rough = slopes.T @ np.diag(1 / np.diff(logt)) @ slopes * channels / (inversion.smooth**2 * (logt[-1] - logt[0]))
    dem, chi2 = np.zeros((len(data), logt.size)), np.zeros(len(data))
    options = (100, 5, 0.1, 0.5, 1.0, 0.1, inversion.floor, 1)
    module.plowman(np.ascontiguousarray(data), np.ascontiguousarray(sigma), kernel, rough, kernel.sum(1), *options, dem, chi2)
    return dem, chi2
