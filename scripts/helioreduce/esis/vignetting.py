"""Vignetting of the four cameras: fields linear in the level-1 column, fitted to the cameras' agreement on one scene.

V_j = 1 + s_j f_j, f_j = (right side of the octagon − column) / width of the octagon: 0 at the right side, 1 at the left.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from helioreduce.errors import InputError
from helioreduce.esis import camera as cam
from helioreduce.esis.transforms import on_grid
from helioreduce.esis.values import Vignetting

#: Side of the blocks over which images are averaged, pixels.
BLOCK = 10
#: Side of the fields of the chess board, blocks.
_TILE = 10
#: Part of a block's pixels that must be good.
_FILLED = 0.7


class Blocks(NamedTuple):
    """Means over blocks of pixels.

    Data, variance of the mean, f, and position across the dispersion, each (n_blocks, n_cameras), NaN where unseen; and on
    which colour of a chess board of 60″ each block lies, (n_blocks,).
    """

    data: np.ndarray
    variance: np.ndarray
    f: np.ndarray
    across: np.ndarray
    black: np.ndarray


def position(column: np.ndarray, stop: np.ndarray) -> np.ndarray:
    """Return f = (right − column) / width of the field stop ``stop`` (n, 2), both in level-1 pixels."""
    right, left = stop[:, 0].max(), stop[:, 0].min()
    return (right - column) / (right - left)


def positions(maps: np.ndarray, stops: np.ndarray, shape: tuple[int, int] = cam.GRID_SHAPE) -> np.ndarray:
    """Return f of every camera at every pixel of the level-3 grid, (n, ny, nx) float32.

    Parameters
    ----------
    maps
        Coefficients of the transforms (n, 2, 6).
    stops
        Field stops (n, 8, 2).
    """
    y, x = np.ogrid[: shape[0], : shape[1]]
    places = (position(on_grid(m, shape)(x, y)[0], stop) for m, stop in zip(maps, stops, strict=True))
    return np.stack([place.astype(np.float32) for place in places])


def across(maps: np.ndarray, stops: np.ndarray, shape: tuple[int, int] = cam.GRID_SHAPE) -> np.ndarray:
    """Return the position across the dispersion of the middles of the blocks, (n, ny // 10, nx // 10): ±½ at the stop's sides.

    Parameters
    ----------
    maps, stops
        As in :func:`positions`.
    """
    y, x = (BLOCK * np.arange(side // BLOCK) + (BLOCK - 1) / 2 for side in shape)
    rows = (on_grid(one, shape)(x[None], y[:, None])[1] for one in maps)
    middles, heights = (stops[:, :, 1].max(axis=1) + stops[:, :, 1].min(axis=1)) / 2, np.ptp(stops[:, :, 1], axis=1)
    return np.stack([(row - middle) / height for row, middle, height in zip(rows, middles, heights, strict=True)])


def blocks(images: np.ndarray, sigma: np.ndarray, positions: np.ndarray, good: np.ndarray, across: np.ndarray) -> Blocks:
    """Return the means over 10 × 10 pixels of one sequence, of the blocks that two cameras or more see.

    Parameters
    ----------
    images, sigma, positions
        Data, standard deviation and f, each (n_cameras, ny, nx).
    good
        Boolean, same shape: free of a second line, inside the field stop.
    across
        :func:`across` of the blocks.

    Returns
    -------
    Blocks
        Pixels are taken as independent.
    """
    good = good & np.isfinite(images)
    count = _block_sum(good)
    with np.errstate(invalid="ignore", divide="ignore"):
        data, f = (_block_sum(np.where(good, plane, 0)) / count for plane in (images, positions))
        variance = _block_sum(np.where(good, sigma, 0) ** 2) / count**2
    seen = count >= _FILLED * BLOCK**2
    tiles = np.add.outer(*(np.arange(side) // _TILE for side in data.shape[1:])) % 2 == 0
    planes = (np.where(seen, plane, np.nan).reshape(len(images), -1).T for plane in (data, variance, f, across))
    data, variance, f, across = planes
    shared = np.isfinite(data).sum(axis=1) >= 2
    return Blocks(data[shared], variance[shared], f[shared], across[shared], tiles.ravel()[shared])


def fit(data: np.ndarray, variance: np.ndarray, f: np.ndarray, reference: int = cam.REFERENCE - 1) -> Vignetting:
    """Fit the slopes and gains under which the cameras agree on the scene.

    Model: d_kj = g_j (1 + s_j f_kj) S_k for block k and camera j; S_k is eliminated in closed form (variable projection,
    Golub & Pereyra 1973). Weights come from the noise and from a relative scatter ε that makes χ² one per degree
    of freedom; they use the mean scene, never the model, which would pull the slopes.

    Parameters
    ----------
    data, variance, f
        As in :class:`Blocks`.
    reference
        Index of the camera whose gain is 1.

    Returns
    -------
    Vignetting
        With the slopes of this fit as those of the only sequence.

    Raises
    ------
    InputError
        If the blocks do not determine the slopes.
    """
    seen = np.isfinite(data)
    cameras = data.shape[1]
    if seen.sum() < 20 * cameras:
        raise InputError(
            f"{len(data)} shared blocks are too few for a vignetting fit",
            cure="Give more sequences, or widen `clear` of the line: esis.flight",
        )
    for camera in np.flatnonzero(~seen.any(axis=0)):
        problem = f"camera {cam.CAMERAS[camera]} is in none of the sequences: its vignetting is not known"
        raise InputError(problem, cure="Give sequences with every camera: esis.lights")
    level = np.nanmean(data, axis=0)
    brightness = np.nanmean(data / level, axis=1, keepdims=True)
    noise = np.nanmean(variance / np.maximum(brightness, 0.05), axis=0) * np.maximum(brightness, 0.05)
    free = np.concatenate([np.arange(cameras), cameras + np.delete(np.arange(cameras), reference)])
    parameters, scatter = np.concatenate([np.full(cameras, 0.4), np.log(level / level[reference])]), 0.0
    for _ in range(8):
        weight = np.where(seen, 1 / (noise + (scatter * brightness * level) ** 2), 0)
        parameters, covariance, chi2 = _solve(parameters, free, np.where(seen, data, 0), weight, np.where(seen, f, 0))
        excess = chi2 / (seen.sum() - len(data) - len(free)) - 1
        previous, scatter = scatter, _rescatter(scatter, excess, noise, brightness * level, seen)
        if abs(scatter - previous) < 1e-3 * max(scatter, 1e-3):
            break
    errors = np.zeros(2 * cameras)
    errors[free] = np.sqrt(np.diag(covariance))
    gains = np.exp(parameters[cameras:])
    slopes, slope_errors = parameters[:cameras], errors[:cameras]
    return Vignetting(slopes, slope_errors, gains, gains * errors[cameras:], scatter, len(data), slopes[None])


def fit_together(sequences: Sequence[Blocks]) -> Vignetting:
    """Fit all sequences together, and each by itself; a sequence without one of the cameras only adds to all.

    The errors are those of the fit, or of the scatter of single sequences where that is larger, see :func:`scatter_error`.
    """
    flight = Blocks(*(np.concatenate(planes) for planes in zip(*sequences, strict=True)))
    together = fit(*flight[:3])
    complete = [np.isfinite(sequence.data).any(axis=0).all() for sequence in sequences]
    alone = [fit(*sequence[:3]) if whole else None for sequence, whole in zip(sequences, complete, strict=True)]
    unknown = np.full(flight.data.shape[1], np.nan)
    single = np.stack([unknown if one is None else one.slopes for one in alone])
    gains = np.stack([unknown if one is None else one.gains for one in alone])
    return replace(
        together,
        slope_errors=np.fmax(together.slope_errors, scatter_error(single)),
        gain_errors=np.fmax(together.gain_errors, scatter_error(gains)),
        single=single,
        cross=np.stack(cross_terms(flight, together, len(sequences))),
    )


def cross_terms(flight: Blocks, found: Vignetting, sequences: int = 1) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the cross terms c of V = 1 + s f + c h from the two colours of the chess board, and their error: each (n,).

    h is the position across the dispersion; slopes are those of ``found``, for with both free a gradient of the scene could be
    one of the vignetting. The scene is eliminated as in :func:`fit`, to first order in c. All sequences see one scene,
    so that the error is that of one of the ``sequences``. A term of the instrument is one in both halves of the field.
    """
    halves = [_cross(Blocks(*(plane[half] for plane in flight)), found) for half in (flight.black, ~flight.black)]
    error = np.sqrt(np.mean([own**2 for _, own in halves], axis=0) * sequences)
    return halves[0][0], halves[1][0], error


def _cross(half: Blocks, found: Vignetting) -> tuple[np.ndarray, np.ndarray]:
    """Return the cross terms from some blocks, and their errors, by linear least squares of the logarithms."""
    seen = np.isfinite(half.data) & (half.data > 0)
    data, f, h = (np.where(seen, plane, 1) for plane in (half.data, half.f, half.across))
    weight = np.where(seen, 1 / (np.where(seen, half.variance, 1) / data**2 + found.scatter**2 + 1e-12), 0)
    field = 1 + found.slopes * f
    each = np.eye(len(found.slopes))
    columns = np.concatenate([np.broadcast_to(each, (*data.shape, len(each))), (h / field)[..., None] * each], axis=2)
    planes = np.concatenate([np.log(data / (found.gains * field))[..., None], columns], axis=2)
    total = np.maximum(weight.sum(axis=1, keepdims=True), 1e-30)[..., None]
    planes = np.sqrt(weight)[..., None] * (planes - (weight[..., None] * planes).sum(axis=1, keepdims=True) / total)
    right, matrix = planes[..., 0].ravel(), planes[..., 1:].reshape(-1, 2 * len(each))
    inverse = np.linalg.pinv(matrix.T @ matrix, rcond=1e-10, hermitian=True)
    return (inverse @ (matrix.T @ right))[len(each) :], np.sqrt(np.diag(inverse))[len(each) :]


def scatter_error(series: np.ndarray) -> np.ndarray:
    """Return the standard error of the mean of each column of a series (n_times, n), from its own scatter: (n,).

    s/√n · √((1 + ρ)/(1 − ρ)), with the lag-1 autocorrelation ρ of all columns together, corrected for the bias of a short
    series (Marriott & Pope 1954, Biometrika 41, 390) and kept within 0 and 0.9. NaN for fewer than two times; fewer than six
    do not determine ρ, which is 0 then.
    """
    away = series[np.isfinite(series).all(axis=1)]
    n = len(away)
    if n < 2:
        return np.full(series.shape[1], np.nan)
    away = away - away.mean(axis=0)
    total, correlation = (away**2).sum(), 0.0
    if n >= 6 and total > 0:
        correlation = float(np.clip((n * (away[1:] * away[:-1]).sum() / total + 1) / (n - 3), 0, 0.9))
    spread = away.std(axis=0, ddof=1)
    return np.asarray(spread / np.sqrt(n) * np.sqrt((1 + correlation) / (1 - correlation)))


def fields(slopes: np.ndarray, f: np.ndarray) -> np.ndarray:
    """Return V = 1 + s f of every camera, by which its image is divided: (n, ny, nx) from slopes (n,) and f (n, ny, nx)."""
    return 1 + slopes.astype(np.float32)[:, None, None] * f


def _solve(
    parameters: np.ndarray, free: np.ndarray, data: np.ndarray, weight: np.ndarray, f: np.ndarray
) -> tuple[np.ndarray, np.ndarray, float]:
    """Minimise the projected residual at fixed weights by Gauss–Newton: parameters, covariance of the free ones, χ²."""
    root = np.sqrt(weight)
    for _ in range(30):
        slopes, gains = np.split(parameters, 2)
        gains = np.exp(gains)
        response = gains * (1 + slopes * f)
        norm = (weight * response**2).sum(axis=1, keepdims=True)
        source = (weight * response * data).sum(axis=1, keepdims=True) / norm
        residual = root * (data - response * source)
        unit = root * response / np.sqrt(norm)
        change = np.concatenate([root * gains * f * source, root * response * source], axis=1)
        along = change * np.tile(unit, 2)
        normal = np.tile((change * change).sum(axis=0), (1, 1)) * np.eye(change.shape[1])
        half = len(slopes)
        cross = (change[:, :half] * change[:, half:]).sum(axis=0)
        normal[:half, half:] += np.diag(cross)
        normal[half:, :half] += np.diag(cross)
        normal -= along.T @ along
        right = (change * np.tile(residual, 2)).sum(axis=0)
        inverse = np.linalg.inv(normal[np.ix_(free, free)])
        step = inverse @ right[free]
        parameters = parameters.copy()
        parameters[free] += step
        if np.abs(step).max() < 1e-8:
            break
    return parameters, inverse, float((residual**2).sum())


def _rescatter(scatter: float, excess: float, noise: np.ndarray, scene: np.ndarray, seen: np.ndarray) -> float:
    """Return the relative scatter ε that removes the excess of χ² per degree of freedom: ε² ← ε² + excess · σ²/S² (median)."""
    total = np.median((noise / scene**2)[seen]) + scatter**2
    return float(np.sqrt(max(scatter**2 + excess * total, 0)))


def _block_sum(planes: np.ndarray) -> np.ndarray:
    """Return the sums over blocks, (n, ny, nx) → (n, ny // 10, nx // 10); incomplete blocks at the far edges are left out."""
    n, ny, nx = planes.shape
    cut = planes[:, : ny // BLOCK * BLOCK, : nx // BLOCK * BLOCK]
    return cut.reshape(n, ny // BLOCK, BLOCK, nx // BLOCK, BLOCK).sum(axis=(2, 4), dtype=np.float64)
