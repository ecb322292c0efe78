"""Vignetting of the four cameras: fields linear in the level-1 column, fitted to the cameras' agreement on one scene.

V_j = 1 + s_j f_j, f_j = (right side of the octagon − column) / width of the octagon: 0 at the right side, 1 at the left.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from helioreduce.errors import InputError
from helioreduce.esis import camera as cam
from helioreduce.esis.transforms import on_grid

#: Side of the blocks over which images are averaged, pixels.
BLOCK = 10
#: Part of a block's pixels that must be good.
_FILLED = 0.7


@dataclass(frozen=True, slots=True, eq=False)
class Vignetting:
    """Result of the fit.

    Parameters
    ----------
    slopes, slope_errors
        s_j of the cameras (n,) and their standard deviations.
    gains, gain_errors
        Response of each camera relative to the reference camera, whose own is 1.
    scatter
        Disagreement of the cameras beyond the noise, as a fraction of the scene.
    blocks
        Number of blocks that entered.
    """

    slopes: np.ndarray
    slope_errors: np.ndarray
    gains: np.ndarray
    gain_errors: np.ndarray
    scatter: float
    blocks: int


def position(column: np.ndarray, stop: np.ndarray) -> np.ndarray:
    """f = (right − column) / width of the field stop ``stop`` (n, 2), both in level-1 pixels."""
    right, left = stop[:, 0].max(), stop[:, 0].min()
    return (right - column) / (right - left)


def positions(maps: np.ndarray, stops: np.ndarray, shape: tuple[int, int] = cam.GRID_SHAPE) -> np.ndarray:
    """f of every camera at every pixel of the level-3 grid, (n, ny, nx) float32.

    Parameters
    ----------
    maps
        Coefficients of the transforms (n, 2, 6).
    stops
        Field stops (n, 8, 2).
    """
    y, x = np.ogrid[: shape[0], : shape[1]]
    places = (position(on_grid(m, shape)(x, y)[0], stop) for m, stop in zip(maps, stops, strict=True))
    return np.stack([np.float32(place) for place in places])


def blocks(
    images: np.ndarray, sigma: np.ndarray, positions: np.ndarray, good: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Means over 10 × 10 pixels of one sequence, of the blocks that two cameras or more see.

    Parameters
    ----------
    images, sigma, positions
        Data, standard deviation and f, each (n_cameras, ny, nx).
    good
        Boolean, same shape: free of a second line, inside the field stop.

    Returns
    -------
    tuple
        Data, variance of the mean (pixels taken as independent) and f, each (n_blocks, n_cameras); NaN where a camera does
        not see a block.
    """
    good = good & np.isfinite(images)
    count = _block_sum(good)
    with np.errstate(invalid="ignore", divide="ignore"):
        data, f = (_block_sum(np.where(good, plane, 0)) / count for plane in (images, positions))
        variance = _block_sum(np.where(good, sigma, 0) ** 2) / count**2
    seen = count >= _FILLED * BLOCK**2
    data, variance, f = (np.where(seen, plane, np.nan).reshape(len(images), -1).T for plane in (data, variance, f))
    shared = np.isfinite(data).sum(axis=1) >= 2
    return data[shared], variance[shared], f[shared]


def fit(data: np.ndarray, variance: np.ndarray, f: np.ndarray, reference: int = cam.REFERENCE - 1) -> Vignetting:
    """Slopes and gains under which the cameras agree on the scene.

    Model: d_kj = g_j (1 + s_j f_kj) S_k for block k and camera j; S_k is eliminated in closed form (variable projection,
    Golub & Pereyra 1973). Weights come from the noise and from a relative scatter ε that makes χ² one per degree
    of freedom; they use the mean scene, never the model, which would pull the slopes.

    Parameters
    ----------
    data, variance, f
        As from :func:`blocks`, sequences stacked: (n_blocks, n_cameras), NaN where unseen.
    reference
        Index of the camera whose gain is 1.

    Raises
    ------
    InputError
        If the blocks do not determine the slopes.
    """
    seen = np.isfinite(data)
    cameras = data.shape[1]
    if seen.sum() < 20 * cameras or not seen.any(axis=0).all():
        raise InputError(
            f"{len(data)} shared blocks are too few for a vignetting fit", cure="Give more sequences or wider masks"
        )
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
    return Vignetting(parameters[:cameras], errors[:cameras], gains, gains * errors[cameras:], scatter, len(data))


def fields(slopes: np.ndarray, f: np.ndarray) -> np.ndarray:
    """V = 1 + s f of every camera, by which its image is divided: (n, ny, nx) from slopes (n,) and f (n, ny, nx)."""
    return 1 + np.float32(slopes)[:, None, None] * f


def _solve(
    parameters: np.ndarray, free: np.ndarray, data: np.ndarray, weight: np.ndarray, f: np.ndarray
) -> tuple[np.ndarray, np.ndarray, float]:
    """Gauss–Newton on the projected residual at fixed weights: parameters, covariance of the free ones, χ²."""
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
    """Relative scatter ε that would remove the excess of χ² per degree of freedom: ε² ← ε² + excess · σ²/S² (median)."""
    total = np.median((noise / scene**2)[seen]) + scatter**2
    return float(np.sqrt(max(scatter**2 + excess * total, 0)))


def _block_sum(planes: np.ndarray) -> np.ndarray:
    """Sums over blocks, (n, ny, nx) → (n, ny // 10, nx // 10); incomplete blocks at the far edges are left out."""
    n, ny, nx = planes.shape
    cut = planes[:, : ny // BLOCK * BLOCK, : nx // BLOCK * BLOCK]
    return cut.reshape(n, ny // BLOCK, BLOCK, nx // BLOCK, BLOCK).sum(axis=(2, 4), dtype=np.float64)
