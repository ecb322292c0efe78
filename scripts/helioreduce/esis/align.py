"""Registration of a level-1 image to a reference on the level-3 grid: Gauss–Newton with analytic gradient.

Both images are first divided by their local mean (25-pixel scale), so that vignetting and gains do not pull the solution.
The residual is R − a·I(T(x)) − b; a and b are solved for together with the coefficients of T, which makes the solution that of
maximal zero-lag correlation (Baker & Matthews 2004, forwards-additive). The pyramid goes from 4-pixel blur on every fourth
pixel to the full grid.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.fft import irfft2, next_fast_len, rfft2
from scipy.ndimage import gaussian_filter, uniform_filter

from helioreduce.errors import InputError
from helioreduce.esis.kernels import Layer, normal_equations, sample
from helioreduce.esis.transforms import Map, nominal

#: Scale of the local mean, pixels (standard deviation).
LOCAL_MEAN = 25.0
#: (blur, stride, greatest number of steps) of the pyramid, pixels.
PYRAMID = ((4.0, 4, 20), (1.5, 2, 12), (0.7, 1, 10))
#: Levels of the pyramid for a start that is good to a pixel, and to a tenth.
FINER, FINEST = slice(1, None), slice(2, None)
#: A level ends when no coefficient moves by more than this times its stride, pixels at the edge of the grid.
TOLERANCE = 2e-3
#: Rotations, degrees, and scales that the search for the start tries around the designed geometry.
SEARCH_DEG = (-2.0, -1.0, 0.0, 1.0, 2.0)
SEARCH_SCALE = (0.98, 1.0, 1.02)
SEARCH_STRIDE = 4


class LowCorrelation(InputError):
    """Two images are too unlike for their registration to be trusted."""


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """An image divided by its local mean, less one, with its good pixels; blurred once for each level of the pyramid."""

    levels: tuple[np.ndarray, ...]
    good: np.ndarray

    @property
    def shape(self) -> tuple[int, int]:
        """Shape of the image, (ny, nx)."""
        return self.good.shape

    def layer(self, level: int) -> Layer:
        """Return the image of one level of the pyramid."""
        return Layer(self.levels[level], self.good)


@dataclass(frozen=True, slots=True)
class Registration:
    """A transform with the correlation of the two locally normalised images under it and the steps it took."""

    transform: Map
    correlation: float
    steps: int


def scene(image: np.ndarray, lit: np.ndarray, good: np.ndarray, *, robust: bool = False) -> Scene:
    """Prepare an image for registration.

    Parameters
    ----------
    image
        (ny, nx); NaN is ignored.
    lit
        Boolean (ny, nx): inside the field stop; the local mean is taken there.
    good
        Pixels to be compared: away from the edge of the field stop by 12 pixels or more, beyond the reach of its silhouette
        and of the blur.
    robust
        Bound bright points, D ← D / √(1 + D²) for D > 0. A few explosive events, displaced along the dispersion by their
        Doppler shift, hold most of the plain correlation and pull it by a tenth of a pixel.
    """
    lit = lit & np.isfinite(image)
    weight = lit.astype(np.float32)
    light = np.where(lit, image, 0).astype(np.float32)
    local = _box_gaussian(light, LOCAL_MEAN) / np.maximum(_box_gaussian(weight, LOCAL_MEAN), 1e-3)
    flat = np.where(lit, light / np.maximum(local, 1e-6) - 1, 0).astype(np.float32)
    if robust:
        flat /= np.sqrt(1 + np.maximum(flat, 0) ** 2)
    return Scene(tuple(gaussian_filter(flat, blur, truncate=3) for blur, _, _ in PYRAMID), good & lit)


def search(source: Scene, reference: Scene, centre: tuple[float, float], camera: int) -> Map:
    """Return the start of a registration: the designed geometry, turned and scaled a little, at the peak of the correlation.

    For each of 15 rotations and scales the source is resampled on every fourth pixel of the grid and correlated with the
    reference by FFT, for all shifts at once; the highest peak wins.

    Parameters
    ----------
    centre
        Level-1 (column, row), in the source's window, of the middle of its field stop.
    """
    start = nominal(camera, centre, reference.shape)
    step = SEARCH_STRIDE
    target = reference.levels[0][::step, ::step]
    size = tuple(next_fast_len(2 * n, real=True) for n in target.shape)
    spectrum, cover = rfft2(target, size), rfft2(reference.good[::step, ::step].astype(np.float32), size)
    best = (-np.inf, start)
    for turn in np.deg2rad(SEARCH_DEG):
        for scale in SEARCH_SCALE:
            c, s = scale * np.cos(turn), scale * np.sin(turn)
            trial = start.after(np.array([[0, c, -s], [0, s, c]]))
            peak, shift = _peak(spectrum, cover, sample(source.layer(0), trial, reference.shape, step), size)
            if peak > best[0]:
                best = (peak, trial.shifted(*(-step * d for d in shift)))
    return best[1]


def register(source: Scene, reference: Scene, start: Map, *, terms: int = 6, levels: slice = slice(None)) -> Registration:
    """Return the map of greatest correlation near ``start``.

    Parameters
    ----------
    start
        Grid pixel → pixel of the source.
    terms
        3: affine; 6: quadratic.
    levels
        Which levels of the pyramid to go through.

    Raises
    ------
    LowCorrelation
        If the images stop overlapping on the way.
    """
    current, steps = start, 0
    for index, (_, stride, most) in list(enumerate(PYRAMID))[levels]:
        for _ in range(most):
            update, correlation = _step(source.layer(index), reference.layer(index), current, stride, terms)
            current, steps = replace(current, coefficients=current.coefficients + update), steps + 1
            if np.abs(update).max() < TOLERANCE * stride:
                break
    return Registration(current, correlation, steps)


def consensus(
    sources: dict[int, Scene], transforms: dict[int, Map], shape: tuple[int, int], *, levels: slice = slice(None)
) -> Scene:
    """Return the mean of several cameras' scenes on the grid, at each of the requested ``levels``; good where any camera is."""
    means: list[np.ndarray] = [np.empty(0)] * len(PYRAMID)
    for level in range(len(PYRAMID))[levels]:
        total, count = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
        for camera, source in sources.items():
            seen = sample(source.layer(level), transforms[camera], shape, 1)
            total += seen.image
            count += seen.good
        means[level] = total / np.maximum(count, 1)
    return Scene(tuple(means), count > 0)


def _step(source: Layer, reference: Layer, current: Map, stride: int, terms: int) -> tuple[np.ndarray, float]:
    """Return one Gauss–Newton step: change of the coefficients (2, 6), and the correlation before it."""
    normal, right, moments = normal_equations(source, reference, current, stride, terms)
    count = moments[0]
    if count <= 0.05 * reference.good[::stride, ::stride].sum():
        raise LowCorrelation("the images do not overlap", cure="Give a target of the same field, or exclude the sequence")
    solution = np.linalg.solve(normal, right)
    gain = solution[-2]
    if not gain > 0:
        raise LowCorrelation("the images are not correlated", cure="Give a target of the same field, or exclude the sequence")
    update = np.zeros((2, 6))
    update[:, :terms] = solution[: 2 * terms].reshape(2, terms) / gain
    return update, _correlation(moments)


def _correlation(moments: np.ndarray) -> float:
    """Return the Pearson correlation from the sums of 1, R, I, R², I², RI."""
    n, r, i, rr, ii, ri = moments
    return float((ri - r * i / n) / np.sqrt((rr - r * r / n) * (ii - i * i / n)))


def _peak(spectrum: np.ndarray, cover: np.ndarray, trial: Layer, size: tuple[int, int]) -> tuple[float, tuple[int, int]]:
    """Return the highest correlation over all shifts, and the shift (dx, dy) of the source, in strided pixels.

    Divided by the root of the overlap, so that a small overlap does not win by chance.
    """
    cross = irfft2(spectrum * np.conj(rfft2(trial.image, size)), size)
    overlap = irfft2(cover * np.conj(rfft2(trial.good.astype(np.float32), size)), size)
    score = cross / np.sqrt(np.maximum(overlap, 0.25 * overlap.max()))
    dy, dx = np.unravel_index(score.argmax(), score.shape)
    x, y = (int(d) - n if d > n // 2 else int(d) for d, n in ((dx, size[1]), (dy, size[0])))
    return float(score[dy, dx]), (x, y)


def _box_gaussian(image: np.ndarray, sigma: float) -> np.ndarray:
    """Return the Gaussian mean by three running means of width w, 3 (w² − 1)/12 = σ²: its cost does not depend on σ."""
    width = int(np.sqrt(4 * sigma**2 + 1)) | 1
    for _ in range(3):
        image = uniform_filter(image, width, mode="constant")
    return image
