"""Residual offsets between channels at level 1.5: measured by the correlation of what is fine in both, and applied."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any, NamedTuple

import numpy as np

from helioreduce.aia import cards
from helioreduce.errors import InputError
from helioreduce.image import Image
from helioreduce.io.provenance import record, refuse_twice

#: Largest offset that is looked for, px; scale of what counts as fine, px.
REACH, FINE_PX = 5, 4.0
#: Part of the pixels that must be good in both images: the rest of a saturated one aligns with anything.
LEAST = 0.25
#: Blocks along an axis that are left out in turn to find the error.
_BLOCKS = 4
#: Pixels along an axis that are compared at most: the middle of a larger image.
_SIDE = 1024


#: Columns of a table of offsets.
COLUMNS = (
    "T_OBS", "first", "second", "seconds", "spread_s", "change_sigma",
    "dx_px", "dy_px", "sigma_x_px", "sigma_y_px", "correlation", "pixels",
)  # fmt: skip


class Offset(NamedTuple):
    """Where the second image sees what the first one sees, px, with errors; correlation there, and pixels compared."""

    dx_px: float
    dy_px: float
    sigma_x_px: float
    sigma_y_px: float
    correlation: float
    pixels: int


def measure(first: Image, second: Image) -> Offset:
    """Return the offset of the second image from the first, both on the grid of level 1.5.

    The logarithms of both, less their Gaussian means over :data:`FINE_PX`, are correlated at whole offsets; a paraboloid
    through the 3 × 3 values about the largest gives the fraction. The error is that of the jackknife over 4 × 4 blocks.
    Where no maximum lies within :data:`REACH`, or fewer than :data:`LEAST` of the pixels can be compared, the offset is NaN.

    Raises
    ------
    InputError
        If the images have no pixels in common, or not one scale.
    """
    pair = [fine(image) for image in _common(first, second)]
    shared = np.isfinite(pair[0] + pair[1])
    pixels = int(np.count_nonzero(shared))
    if pixels < LEAST * shared.size:
        nan = float("nan")
        return Offset(nan, nan, nan, nan, 0.0, pixels)
    sums = _sums(*pair)
    total = sums.sum(axis=0)
    dx, dy, best = _peak(total)
    n = len(sums)
    left_out = np.array([_peak(total - block)[:2] for block in sums])
    sigma = np.sqrt((n - 1) / n * np.sum((left_out - left_out.mean(axis=0)) ** 2, axis=0))
    return Offset(dx, dy, float(sigma[0]), float(sigma[1]), best, pixels)


def fine(image: Image) -> np.ndarray:
    """Return the logarithm of the image less its Gaussian mean, NaN where the image is masked or not positive."""
    from scipy.ndimage import gaussian_filter

    good = ~image.mask & (image.data > 0)
    values = np.log(np.where(good, image.data, 1))
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = gaussian_filter(values, FINE_PX) / gaussian_filter(good.astype(float), FINE_PX)
    return np.where(good, values - mean, np.nan)


def _common(first: Image, second: Image) -> tuple[Image, Image]:
    """Return the parts of both images that lie on the same pixels of the grid."""
    scales = [cards.required(image.header, f"CDELT{axis}") for image in (first, second) for axis in (1, 2)]
    if np.ptp(scales) > 1e-6:
        raise InputError("the images have different scales", cure="Give images at level 1.5")
    cut: list[list[slice]] = [[], []]
    for axis in (1, 0):  # x, y
        starts = [-round(cards.required(image.header, f"CRPIX{2 - axis}") - 0.5) for image in (first, second)]
        low = max(starts)
        high = min(start + image.data.shape[axis] for start, image in zip(starts, (first, second), strict=True))
        if high - low < 4 * REACH:
            raise InputError("the images have hardly a pixel in common", cure="Give images of one region")
        margin = max(high - low - _SIDE, 0) // 2
        for part, start in zip(cut, starts, strict=True):
            part.insert(0, slice(low + margin - start, high - margin - start))
    a, b = ((part[0], part[1]) for part in cut)
    return Image(first.data[a], first.header, None, first.flags[a]), Image(second.data[b], second.header, None, second.flags[b])


def _sums(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return Σab, Σa² and Σb² of each block at each offset: (blocks, 3, 2·REACH + 1, 2·REACH + 1), offsets y, x."""
    inner = (slice(REACH, -REACH), slice(REACH, -REACH))
    a, side = first[inner], 2 * REACH + 1
    blocks = np.array_split(np.arange(a.shape[0]), _BLOCKS), np.array_split(np.arange(a.shape[1]), _BLOCKS)
    edges = [[part[0] for part in parts] for parts in blocks]
    found = np.empty((3, side, side, _BLOCKS, _BLOCKS))
    for y in range(side):
        for x in range(side):
            b = second[y : y + a.shape[0], x : x + a.shape[1]]
            both = np.isfinite(a) & np.isfinite(b)
            for i, product in enumerate((a * b, a * a, b * b)):
                rows = np.add.reduceat(np.where(both, product, 0), edges[0], axis=0)
                found[i, y, x] = np.add.reduceat(rows, edges[1], axis=1)
    return np.moveaxis(found.reshape(3, side, side, -1), -1, 0)


def _peak(sums: np.ndarray) -> tuple[float, float, float]:
    """Return the offset (x, y) of the largest correlation, and the correlation at the whole pixel nearest to it."""
    with np.errstate(invalid="ignore", divide="ignore"):
        correlation = np.nan_to_num(sums[0] / np.sqrt(sums[1] * sums[2]))
    y, x = np.unravel_index(int(correlation.argmax()), correlation.shape)
    best = float(correlation[y, x])
    if not (0 < y < 2 * REACH and 0 < x < 2 * REACH):
        return float("nan"), float("nan"), best
    near = correlation[y - 1 : y + 2, x - 1 : x + 2]
    gradient = np.array([near[1, 2] - near[1, 0], near[2, 1] - near[0, 1]]) / 2
    mixed = (near[2, 2] + near[0, 0] - near[0, 2] - near[2, 0]) / 4
    hessian = np.array([[near[1, 2] + near[1, 0] - 2 * best, mixed], [mixed, near[2, 1] + near[0, 1] - 2 * best]])
    dx, dy = np.linalg.lstsq(hessian, -gradient, rcond=None)[0].clip(-1, 1)
    return float(x - REACH + dx), float(y - REACH + dy), best


def mean(offsets: np.ndarray, sigmas: np.ndarray) -> tuple[float, float]:
    """Return the weighted mean of offsets that were measured several times, and its error: the larger one of two.

    One follows from the errors, the other from the scatter. NaN is left out; without any offset both are NaN.
    """
    known = np.isfinite(offsets) & (sigmas > 0)
    if not known.any():
        return float("nan"), float("nan")
    weights = 1 / sigmas[known] ** 2
    value, number = float(np.average(offsets[known], weights=weights)), int(known.sum())
    scatter = float(np.sqrt(np.average((offsets[known] - value) ** 2, weights=weights) / max(number - 1, 1)))
    return value, max(float(1 / np.sqrt(weights.sum())), scatter)


def rows(images: Mapping[int, Image], times_s: Mapping[int, float], change_sigma: float) -> list[dict[str, Any]]:
    """Return the offsets of every pair of channels in a group of frames: rows of :data:`COLUMNS`.

    Parameters
    ----------
    images
        One frame of each channel, at level 1.5.
    times_s
        Their times, s.
    change_sigma
        By how many σ a light curve changes within the group, see :func:`helioreduce.aia.pairing.change`.
    """
    spread_s = max(times_s.values()) - min(times_s.values())
    return [
        {
            "T_OBS": str(images[first].header["T_OBS"]),
            "first": first,
            "second": second,
            "seconds": times_s[second] - times_s[first],
            "spread_s": spread_s,
            "change_sigma": change_sigma,
            **measure(images[first], images[second])._asdict(),
        }
        for first, second in combinations(sorted(images), 2)
    ]


def align(image: Image, offsets: Sequence[Mapping[str, Any]], reference: int) -> Image:
    """Return the image with CRPIX moved by its channel's mean offset from the reference channel; no pixel changes.

    Parameters
    ----------
    image
        At level 1.5.
    offsets
        Rows of :func:`rows`.
    reference
        Channel to which the others are aligned, Å.

    Raises
    ------
    AlreadyDone
        If the image has been aligned.
    InputError
        If no offset from the reference was measured.
    """
    refuse_twice(image, "align")
    channel, found = cards.channel(image.header), {"dx_px": (0.0, 0.0), "dy_px": (0.0, 0.0)}
    pair = {reference, channel}
    own = [row for row in offsets if {int(row["first"]), int(row["second"])} == pair and len(pair) == 2]
    sign = np.array([1.0 if int(row["first"]) == reference else -1.0 for row in own])
    for axis in ("x", "y") if channel != reference else ():
        measured = np.array([float(row[f"d{axis}_px"]) for row in own]) * sign
        found[f"d{axis}_px"] = mean(measured, np.array([float(row[f"sigma_{axis}_px"]) for row in own]))
    if not np.isfinite([value for value, _ in found.values()]).all():
        cure = "Choose another aia.alignment.reference, or none"
        raise InputError(f"no offset of {channel} Å from {reference} Å could be measured", cure=cure)
    new = image.with_()
    for number, (value, _) in enumerate(found.values(), start=1):
        new.header[f"CRPIX{number}"] += value
    parameters: dict[str, object] = {name: f"{value:.3f} +- {error:.3f}" for name, (value, error) in found.items()}
    spread = {"spread_s": f"{max(float(row['spread_s']) for row in own):.1f}"} if own else {}
    record(new.header, "align", {"reference": reference, "pairs": len(own)} | spread | parameters)
    return new
