"""Compiled loops of the deconvolution, on blocks of rows that one thread holds in cache.

NumPy arrays go to the compiled loops; the same formulas in array arithmetic serve any other array library (CuPy).
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np

from helioreduce.numerics import backend


def excess(data: Any, model: Any, floor: float) -> Any:
    """Compute data/model − 1 into ``model``.

    0 where the data are NaN: unknown pixels change nothing. −1 where the model is ``floor`` or less: a dark pixel stays dark.
    """
    if backend.on_host(model):
        return _excess(data, model, model.dtype.type(floor))
    dark = model <= floor
    value = np.where(dark, -1, (data - model) / np.where(dark, 1, model))
    model[...] = np.where(np.isnan(data), 0, value)
    return model


def correct(estimate: Any, correction: Any) -> None:
    """Multiply ``estimate`` by 1 + correction, in place, and not below zero."""
    if backend.on_host(estimate):
        _correct(estimate, correction)
    else:
        estimate *= (1 + correction).clip(0)


def deviance(data: Any, model: Any) -> float:
    """Return the Poisson deviance 2 Σ [d ln(d/m) − d + m] of the known data, which is 0 for a perfect model."""
    if backend.on_host(model):
        return _deviance(data, model)
    usable, lit = ~np.isnan(data) & ((model > 0) | (data == 0)), (data > 0) & (model > 0)
    logarithm = np.log(np.where(lit, data, 1) / np.where(lit, model, 1))
    return 2 * float(np.where(usable, data * logarithm - data + model.clip(0), 0).sum(dtype=np.float64))


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _excess(data, model, floor):
    for y in range(model.shape[0]):
        for x in range(model.shape[1]):
            d, m = data[y, x], model[y, x]
            value = (d - m) / m if m > floor else -1
            model[y, x] = 0 if np.isnan(d) else value
    return model


@numba.njit(cache=True, nogil=True)
def _correct(estimate, correction):
    for y in range(estimate.shape[0]):
        for x in range(estimate.shape[1]):
            estimate[y, x] = max(estimate[y, x] + estimate[y, x] * correction[y, x], 0)


@numba.njit(cache=True, nogil=True)
def _deviance(data, model):
    total = 0.0
    for y in range(data.shape[0]):
        for x in range(data.shape[1]):
            d, m = float(data[y, x]), float(model[y, x])
            if d > 0 and m > 0:
                total += d * np.log(d / m) - d + m
            elif d == 0:
                total += max(m, 0.0)
    return 2 * total
