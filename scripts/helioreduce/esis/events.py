"""Where the cameras disagree: light away from the wavelength of the line lies elsewhere in each of them.

All cameras see one place of the Sun at the wavelength of the line. A Doppler shift moves its light along the dispersion of
each camera, so that explosive events are pairs of bright and dark spots in the difference of a camera and the mean of all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from scipy.ndimage import find_objects, label

from helioreduce.esis import camera as cam

#: Columns of a table without events.
COLUMNS = ("exposure", "time", "x_arcsec", "y_arcsec", "n_pixels", "camera", "significance")
#: Cameras that must see a pixel: of two that disagree neither can be distinguished from the mean.
_LEAST = 3
#: Ratio of the standard deviation to the median absolute deviation of a normal distribution.
_NORMAL = 1.4826


class Disagreement(NamedTuple):
    """Difference of each camera and the mean of all (n, ny, nx), photons; the same over its error; the cameras' scatter ε."""

    difference: np.ndarray
    significance: np.ndarray
    scatter: float


def disagreement(data: np.ndarray, sigma: np.ndarray, good: np.ndarray) -> Disagreement:
    """Compare each camera with the mean of all that see a pixel.

    With m cameras the difference to their mean has the variance σ_j² (1 − 2/m) + Σσ²/m². Beyond the noise the cameras differ
    by a share ε of the brightness everywhere (resolution, alignment, other lines); ε is what makes half of the pixels differ
    by less than 0.6745 errors, and the error holds it. What is left is unlike the rest of the image.

    Parameters
    ----------
    data, sigma
        (n, ny, nx), photons, on one scale.
    good
        Boolean, same shape: pixels that count.

    Returns
    -------
    Disagreement
        NaN where fewer than three cameras see, or the pixel of the camera does not count.
    """
    good = good & np.isfinite(data) & np.isfinite(sigma)
    count = good.sum(axis=0)
    shared = good & (count >= _LEAST)
    many = np.maximum(count, 1)
    mean = np.where(good, data, 0).sum(axis=0) / many
    variances = np.where(good, sigma, 0).astype(np.float32) ** 2
    difference = np.where(shared, data - mean, np.nan).astype(np.float32)
    noise = variances * (1 - 2 / many) + variances.sum(axis=0) / many**2
    scatter = _scatter(difference[shared], noise[shared], np.broadcast_to(mean, data.shape)[shared])
    error = np.where(shared, np.sqrt(noise + (scatter * mean) ** 2), np.nan)
    with np.errstate(invalid="ignore", divide="ignore"):
        return Disagreement(difference, np.asarray(difference / error, np.float32), scatter)


def _scatter(difference: np.ndarray, noise: np.ndarray, mean: np.ndarray) -> float:
    """Return the relative scatter ε ≥ 0 that makes the median of |difference| / √(noise + ε² mean²) that of normal errors."""
    if not difference.size:
        return 0.0
    low, high = 0.0, 1.0
    for _ in range(20):
        middle = (low + high) / 2
        spread = _NORMAL * np.median(np.abs(difference) / np.sqrt(noise + (middle * mean) ** 2))
        low, high = (middle, high) if spread > 1 else (low, middle)
    return low


def events(found: Disagreement, least_sigma: float = 5, least_pixels: int = 4) -> list[dict[str, Any]]:
    """Return the places where a camera disagrees, the most significant first.

    A place is a group of pixels, touching at sides or corners, in each of which some camera differs by more than
    ``least_sigma`` errors.

    Parameters
    ----------
    found
        Of one sequence.
    least_sigma, least_pixels
        Significance of a pixel, and number of pixels of an event.

    Returns
    -------
    list of dict
        ``x_arcsec``, ``y_arcsec`` (helioprojective, weighted by the significance), ``n_pixels``, ``camera`` and
        ``significance`` of the largest difference with its sign, ``excess_1`` to ``excess_n``: sum of the differences of each
        camera, photons; NaN for one that does not see the place.
    """
    size = np.nan_to_num(np.abs(found.significance)).max(axis=0)
    groups, _ = label(size > least_sigma, np.ones((3, 3)))
    rows = []
    for number, box in enumerate(find_objects(groups), start=1):
        inside = groups[box] == number
        if inside.sum() >= least_pixels:
            rows.append(_event(found, box, inside, size[box] * inside))
    return sorted(rows, key=lambda row: -abs(row["significance"]))


def _event(found: Disagreement, box: tuple[slice, slice], inside: np.ndarray, weight: np.ndarray) -> dict[str, Any]:
    """Return the row of the event whose pixels are those ``inside`` a box of the grid."""
    y, x = (np.average(axis, weights=weight) + edge.start for axis, edge in zip(np.indices(inside.shape), box, strict=True))
    significance, difference = (planes[:, *box][:, inside] for planes in (found.significance, found.difference))
    index, pixel = np.unravel_index(np.nanargmax(np.abs(significance)), significance.shape)
    sees = np.isfinite(difference).any(axis=1)
    excess = np.where(sees, np.nansum(difference, axis=1), np.nan)
    return {
        "x_arcsec": round(float((x + 1 - cam.GRID_CRPIX[0]) * cam.GRID_SCALE_ARCSEC), 2),
        "y_arcsec": round(float((y + 1 - cam.GRID_CRPIX[1]) * cam.GRID_SCALE_ARCSEC), 2),
        "n_pixels": int(inside.sum()),
        "camera": cam.CAMERAS[index],
        "significance": round(float(significance[index, pixel]), 2),
        **{f"excess_{camera}": round(float(value), 1) for camera, value in zip(cam.CAMERAS, excess, strict=False)},
    }


def sequence(header: Mapping[str, Any], numbers: Mapping[str, Sequence[float]], found: Disagreement) -> dict[str, Any]:
    """Return the row of a sequence in the table of a flight: when, how bright, how good.

    Parameters
    ----------
    header
        Of its level 3.
    numbers
        Values by name: one for the sequence (``airmass``), or one for each camera (``snr``, ``factor``).
    found
        Its disagreement.
    """
    row = {"exposure": int(header["SEQUENCE"]), "time": str(header["DATE-AVG"]), "left_out": ""}
    row |= {"correlation": float(header["CORRQUAD"]), "scatter": round(found.scatter, 4)}
    for name, values in numbers.items():
        keys = [name] if len(values) == 1 else [f"{name}_{camera}" for camera in cam.CAMERAS]
        row |= {key: round(float(value), 4) for key, value in zip(keys, values, strict=True)}
    return row


def with_left_out(rows: Sequence[Mapping[str, Any]], left_out: Mapping[int, tuple[str, str]]) -> list[dict[str, Any]]:
    """Return the rows of all sequences in order: of those that are left out only time and reason are known.

    Parameters
    ----------
    left_out
        Time and reason of the sequences that are left out, by their number.
    """
    unknown = {key: float("nan") for key in rows[0]}
    others = [{**unknown, "exposure": n, "time": time, "left_out": why} for n, (time, why) in left_out.items()]
    return sorted([*map(dict, rows), *others], key=lambda row: row["exposure"])
