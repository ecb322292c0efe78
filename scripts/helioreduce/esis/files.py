"""The files of each step, as values and back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from helioreduce import times
from helioreduce.errors import InputError
from helioreduce.esis import level0
from helioreduce.esis.camera import CAMERAS, FLIGHT, Flight
from helioreduce.esis.events import Disagreement, disagreement
from helioreduce.esis.level3 import dispersion
from helioreduce.esis.target import nearest, on_grid
from helioreduce.esis.values import Aligned, Cube, Drift, Frame, Masks, Normalisation, Registered, Vignetting
from helioreduce.image import Image
from helioreduce.io import fits

if TYPE_CHECKING:
    from astropy.io.fits import Header

#: Extensions of an aligned sequence, by field.
_ALIGNED = {
    "data": "IMAGE",
    "sigma": "SIGMA",
    "mask": "BITS",
    "linear": "LINEAR",
    "quadratic": "QUADRATIC",
    "stops": "STOP",
    "internal": "INTERNAL",
    "aim": "AIM",
    "target": "TARGET",
}

_REGISTERED = {"linear": "LINEAR", "quadratic": "QUADRATIC", "stops": "STOP", "scene": "SCENE"}
_DRIFT = {
    "exposures": "EXPOSURE",
    "seconds": "TIME",
    "measured": "MEASURED",
    "fitted": "FITTED",
    "places": "PLACE",
    "kept": "KEPT",
}
#: Units of what extensions hold; the others have none.
_UNITS = {
    **dict.fromkeys(("IMAGE", "SIGMA", "MEANS"), "photon"),
    **dict.fromkeys(("STOP", "MEASURED", "FITTED"), "pix"),
    "DISPERS": "pix / Angstrom",
    "TIME": "s",
}


def read_frame(path: str | Path, flight: Flight = FLIGHT) -> Frame:
    """Return a level-0 frame.

    Raises
    ------
    InputError
        If it cannot be reduced, see :func:`level0.check`.
    """
    counts, header = fits.read_array(path)
    try:
        frame = Frame(counts, header, level0.check(header, counts.shape, flight))
    except InputError as error:
        raise error.at(path) from None
    named = level0.NAME.fullmatch(Path(path).name)
    if named and int(named[1]) != frame.camera:
        raise InputError(f"CAM_ID says that it is of camera {frame.camera}", cure="Give the file its own name", where=path)
    return frame


def read_sequence(paths: Iterable[str | Path], flight: Flight = FLIGHT) -> tuple[dict[int, Frame], dict[int, str]]:
    """Return the level-0 frames of one exposure by camera, and why a camera has none."""
    frames: dict[int, Frame] = {}
    refused = {number: f"no frame of ESIS{number}" for number in CAMERAS}
    for path in paths:
        number, _ = level0.identity(Path(path).name)
        try:
            frames[number] = read_frame(path, flight)
            del refused[number]
        except InputError as error:
            refused[number] = str(error)
    return frames, refused


def read_level1(paths: Iterable[str | Path]) -> tuple[dict[int, Image], dict[int, str]]:
    """Return level 1 of one exposure by camera, and why a camera has none."""
    images = dict(zip(CAMERAS, map(fits.read, paths), strict=True))
    refused = {number: str(image.header["REFUSED"]) for number, image in images.items() if "REFUSED" in image.header}
    return {number: image for number, image in images.items() if number not in refused}, refused


def refusal(path: str | Path) -> str:
    """Return why the sequence of a product is left out; empty if it is not."""
    return str(read_cards(path).get("REFUSED", ""))


def write_refused(path: str | Path, header: Header) -> None:
    """Write in place of a product that its sequence is left out; ``header`` says why, in REFUSED."""
    fits.write_arrays(path, {}, header)


def usable(paths: Iterable[str | Path]) -> list[int]:
    """Return which of the products of single sequences are not left out, by their place in the list.

    Raises
    ------
    InputError
        If none is left.
    """
    why = {str(path): refusal(path) for path in paths}
    if found := [k for k, reason in enumerate(why.values()) if not reason]:
        return found
    reasons = "; ".join(f"{Path(path).stem}: {reason}" for path, reason in why.items())
    raise InputError(f"no sequence can be used ({reasons})", cure="Set esis.directory and esis.lights to frames of the flight")


def left_out(paths: Iterable[str | Path]) -> dict[int, tuple[str, str]]:
    """Return time and reason of the sequences that are left out, by their number, of the products of single sequences."""
    headers = map(read_cards, paths)
    return {int(one["SEQUENCE"]): (str(one["DATE-AVG"]), str(one["REFUSED"])) for one in headers if "REFUSED" in one}


def read_target(paths: Sequence[str | Path], time: str) -> tuple[str, np.ndarray | None]:
    """Return the file of the target nearest to a time, and its image on the level-3 grid; none where there are no files."""
    if not paths:
        return "", None
    path = paths[nearest([_observed(path) for path in paths], times.parse(time))]
    image = fits.read(path)
    try:
        return str(path), on_grid(image.data, image.header)
    except InputError as error:
        raise error.at(path) from None


def _observed(path: str | Path) -> datetime:
    """Return the time of a target."""
    try:
        return times.parse(str(fits.read_header(path)["DATE-OBS"]))
    except KeyError:
        raise InputError(
            "the keyword DATE-OBS is missing", cure="Give AIA level-1.5 images as esis.target", where=path
        ) from None


def write_registered(path: str | Path, found: Registered) -> None:
    """Write the registration of one line of one sequence."""
    fits.write_arrays(path, {name: getattr(found, field) for field, name in _REGISTERED.items()}, found.header, _UNITS)


def read_registered(path: str | Path) -> Registered:
    """Return the registration of one line of one sequence."""
    (linear, quadratic, stops, scene), header = fits.read_arrays(path, *_REGISTERED.values())
    return Registered(linear, quadratic, stops, scene, header)


def write_drift(path: str | Path, found: Drift, header: Header) -> None:
    """Write the drift of a line."""
    fits.write_arrays(path, {name: np.asarray(getattr(found, field)) * 1 for field, name in _DRIFT.items()}, header, _UNITS)


def read_drift(path: str | Path) -> tuple[Drift, Header]:
    """Return the drift of a line, and its header."""
    (exposures, seconds, measured, fitted, places, kept), header = fits.read_arrays(path, *_DRIFT.values())
    return Drift(exposures, seconds, measured, fitted, places, kept.astype(bool)), header


def write_aligned(path: str | Path, aligned: Aligned) -> None:
    """Write one line of one sequence."""
    fits.write_arrays(path, {name: getattr(aligned, field) for field, name in _ALIGNED.items()}, aligned.header, _UNITS)


def read_aligned(path: str | Path) -> Aligned:
    """Return one line of one sequence."""
    arrays, header = fits.read_arrays(path, *_ALIGNED.values())
    fields: dict[str, Any] = dict(zip(_ALIGNED, arrays, strict=True))
    return Aligned(**fields, header=header)


def read_numbers(path: str | Path) -> tuple[np.ndarray, np.ndarray, int, bool]:
    """Return correlations of an aligned sequence, with itself and the target, its number, and whether it has all cameras."""
    (internal, aim, stops), header = fits.read_arrays(path, "INTERNAL", "AIM", "STOP")
    return internal, aim, int(header["SEQUENCE"]), bool(np.isfinite(stops).all())


def read_time(path: str | Path) -> datetime:
    """Return the middle of the exposure of an aligned sequence, UTC."""
    return times.parse(read_cards(path)["DATE-AVG"])


def read_cards(path: str | Path) -> Header:
    """Return the header of a product of one sequence."""
    return fits.read_arrays(path)[1]


def write_masks(path: str | Path, masks: Masks, header: Header) -> None:
    """Write the masks of a sequence, with its header."""
    planes = {"LIT": masks.lit.astype(np.uint8), "CLEAR": masks.clear.astype(np.uint8)}
    outlines = {f"OUTLINE{number}": outline for number, outline in zip(CAMERAS, masks.outlines, strict=True)}
    fits.write_arrays(path, planes | outlines, header)


def read_masks(path: str | Path) -> Masks:
    """Return the masks of a sequence."""
    (lit, clear, *outlines), _ = fits.read_arrays(path, "LIT", "CLEAR", *(f"OUTLINE{number}" for number in CAMERAS))
    return Masks(lit.astype(bool), clear.astype(bool), tuple(outlines))


def write_vignetting(path: str | Path, found: Vignetting) -> None:
    """Write the vignetting of a line."""
    arrays = {
        "SLOPES": np.stack([found.slopes, found.slope_errors]),
        "GAINS": np.stack([found.gains, found.gain_errors]),
        "SINGLE": found.single,
        "CROSS": found.cross,
    }
    fits.write_arrays(path, arrays, fits.cards(SCATTER=found.scatter, NBLOCKS=found.blocks))


def read_vignetting(path: str | Path) -> Vignetting:
    """Return the vignetting of a line."""
    (slopes, gains, single, cross), header = fits.read_arrays(path, "SLOPES", "GAINS", "SINGLE", "CROSS")
    (slope, slope_error), (gain, gain_error) = slopes, gains
    return Vignetting(slope, slope_error, gain, gain_error, header["SCATTER"], header["NBLOCKS"], single, cross)


def write_normalisation(path: str | Path, found: Normalisation, exposures: Sequence[int]) -> None:
    """Write the normalisation of a line, with the numbers of its sequences."""
    arrays = {"FACTORS": found.factors, "MEANS": found.means, "AIRMASS": found.transmission}
    fits.write_arrays(path, {**arrays, "EXPOSURE": np.asarray(exposures)}, units=_UNITS)


def read_normalisation(path: str | Path) -> Normalisation:
    """Return the normalisation of a line."""
    arrays, _ = fits.read_arrays(path, "FACTORS", "MEANS", "AIRMASS")
    return Normalisation(*arrays)


def read_factors(path: str | Path, exposure: int) -> tuple[np.ndarray, float]:
    """Return the factors (n,) of one sequence of a line, and its level."""
    (factors, transmission, exposures), _ = fits.read_arrays(path, "FACTORS", "AIRMASS", "EXPOSURE")
    row = int(np.flatnonzero(exposures == exposure)[0])
    return factors[row], float(transmission[row])


def write_cube(path: str | Path, cube: Cube) -> None:
    """Write level 3 of a line."""
    others = {
        "CLEAR": cube.clear.astype(np.uint8),
        "QUADRATIC": cube.quadratic,
        "STOP": cube.stops,
        "DISPERS": np.stack([dispersion(maps, cube.data.shape[2:]) for maps in cube.quadratic]),
        "VIGNET": cube.vignetting,
        "FACTORS": cube.factors,
        "AIRMASS": cube.transmission,
        "INTERNAL": cube.internal,
        "SNR": cube.signal_to_noise,
        "TIME": cube.seconds,
    }
    fits.write_cube(path, cube.data, cube.sigma, cube.mask, cube.header, others, _UNITS)


def read_disagreement(path: str | Path) -> tuple[Disagreement, Header, dict[str, np.ndarray]]:
    """Return how the cameras disagree in level 3 of one sequence where it is free of Mg X, its header, and its numbers."""
    names = ("UNCERT", "MASK", "CLEAR", "SNR", "FACTORS", "AIRMASS")
    data, header = fits.read_array(path)
    (sigma, mask, clear, snr, factors, airmass), _ = fits.read_arrays(path, *names)
    good = (mask[0] == 0) & clear[0].astype(bool)
    return disagreement(data[0], sigma[0], good), header, {"airmass": airmass, "snr": snr[0], "factor": factors[0]}


def write_truth(path: str | Path, scene: np.ndarray, to_sky: np.ndarray) -> None:
    """Write what a simulated flight is made of: the scene of O V (ny, nx), and the cameras' true maps (n, 2, 6)."""
    fits.write_arrays(path, {"OV": scene, "TO_SKY": to_sky})
