"""AIA level-1 images: light of the Sun, on the detector's pixels, in counts.

:func:`check_header` needs no pixel, so that a folder of files can be judged before any work; :func:`ingest` is what every
chain of steps starts with.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np
from astropy import units as u

from helioreduce import quality
from helioreduce.aia import cards, shutter, wcs
from helioreduce.aia.channels import CAMERA, EUV, NPIX, SCALE_ARCSEC
from helioreduce.errors import InputError
from helioreduce.image import Image
from helioreduce.io import provenance
from helioreduce.quality import DEFAULT, Policy

if TYPE_CHECKING:
    from astropy.io.fits import Header

    from helioreduce.numerics.backend import Array

#: DN; pixels above count as saturated (level-1 keyword NSATPIX).
SATURATION_DN = 15000.0
#: DN; JSOC's value of a pixel without data, and what lies below it in wider integers. No count of a camera comes near.
NO_DATA_DN = -32768.0
#: Lowest mean of the counts of a frame, DN; the dark scatters by less.
LEAST_MEAN_DN = -5.0
#: Longest exposure that a frame of AIA can have, s; images come every 12 s.
LONGEST_S = 60.0
#: Units that count what the camera counts.
_COUNTS = (u.DN, u.ct, u.adu)
#: Names of units that Astropy does not know.
_UNIT_NAMES = {"sec": "s", "secs": "s", "seconds": "s", "counts": "ct", "pixels": "pix", "dns": "DN"}
_AS_FETCHED = "Give the level-1 file as JSOC has it"


def ingest(image: Image, policy: Policy = DEFAULT) -> Image:
    """Check an image as AIA level 1 (or respiked, level 0.5) and flag what is known to be unusable.

    Saturated pixels get SATURATED; missing ones NaN and NO_DATA, be they NaN, infinite or at most :data:`NO_DATA_DN`.
    BUNIT becomes DN, WAVELNTH an integer in Å (WAVEUNIT), a CD matrix CDELT and PC; cards without a value go, those of the
    exposure's dates are added.

    Parameters
    ----------
    image
        Counts (ny, nx), DN.
    policy
        Which flaws of a frame are allowed. Those that are get a caveat in the header.

    Raises
    ------
    InputError
        Whatever is not light of the Sun on the detector's pixels in counts; see :func:`check_header`.

    Warns
    -----
    InputWarning
        If the counts are not whole numbers, and if an allowed flaw is met.
    """
    check_header(image.header, policy)
    check_shape(image.data.shape)
    from helioreduce.aia import pixels  # loads a compiler, which headers need not wait for

    found = pixels.judge(image.data, image.flags, NO_DATA_DN, SATURATION_DN)
    _check_lost(image, found.missing, policy)
    _check_sign(image)
    is_whole = _is_whole(image)
    if not is_whole and (reason := resampled(image.header, image.data.shape)):
        raise InputError(f"{reason[0]}, and counts are not whole numbers: the image is {reason[1]}", cure=_AS_FETCHED)
    data = np.where(_holds_data(image.data), image.data, np.float32(np.nan)) if found.disguised else image.data
    new = image.with_(data=data, flags=found.flags)
    new.header["WAVELNTH"], new.header["BUNIT"] = cards.channel(image.header), ("DN", "unit of the image")
    wcs.normalise(new.header)
    cards.remove_missing(new.header)
    new.header.setdefault("WAVEUNIT", "angstrom")  # WAVELNTH is; without it SunPy takes it for a number
    new.header.update(cards.dates(new.header))
    if flaws := quality.allowed(image.header, policy):
        provenance.caveat(new.header, f"taken although {quality.words(flaws)}")
    if not is_whole:
        provenance.caveat(new.header, "counts are not whole numbers: their noise may be another than AIA's")
    return new


def check_header(header: Header, policy: Policy = DEFAULT) -> None:
    """Refuse a header that is not of light of the Sun, on the pixels of AIA's detector, in counts.

    Raises
    ------
    InputError
        Not AIA; not level 1; no channel or time; an exposure time that AIA cannot have; a unit other than counts; a flaw
        of :mod:`helioreduce.quality` that the policy does not allow; pixels that are not the detector's.
    """
    telescope, instrument = (str(cards.value(header, key) or "") for key in ("TELESCOP", "INSTRUME"))
    made_by, instrument = f"{telescope} {instrument}".strip(), instrument or "AIA"
    if "AIA" not in made_by or not instrument.startswith("AIA"):
        raise InputError(f"TELESCOP, INSTRUME = {made_by or 'missing'}: not an AIA image", cure="Give SDO/AIA level 1")
    check_unregistered(header)
    if (level := cards.required(header, "LVL_NUM")) < 0.5:
        raise InputError(f"LVL_NUM = {level:g}: the image is not level 1", cure="Give the level-1 image")
    camera = CAMERA[cards.channel(header)]
    if re.fullmatch(r"AIA_\d", instrument) and instrument != f"AIA_{camera}":
        problem = f"WAVELNTH = {cards.channel(header)} is a channel of AIA_{camera}, INSTRUME = {instrument}"
        raise InputError(problem, cure="Mend the header, or fetch the image again")
    cards.time(header)
    _check_exposure(header)
    check_counts(header)
    if found := quality.objections(header, policy):
        raise InputError(quality.words(found), cure=quality.cure(found))
    _check_grid(header)


def check_unregistered(header: Header) -> None:
    """Refuse an image that is no longer on the detector's pixels, by LVL_NUM.

    Raises
    ------
    InputError
        Level 1.5 and above.
    """
    if (level := cards.number(header, "LVL_NUM") or 1) > 1:
        raise InputError(f"LVL_NUM = {level:g}: the image is registered already, not level 1", cure="Give the level-1 image")


def check_counts(header: Header) -> None:
    """Refuse an image that is not in counts (DN), by BUNIT and PIXLUNIT; one that has neither is taken as counts.

    Raises
    ------
    InputError
        A rate, another unit, or one that is not known.
    """
    for key in ("BUNIT", "PIXLUNIT"):
        text = cards.value(header, key)
        if text is None:
            continue
        unit = _unit(key, str(text))
        if any(base.is_equivalent(u.s) and power < 0 for base, power in zip(unit.bases, unit.powers, strict=True)):
            problem = f"{key} = {text!r} is a rate: level 1 in DN is needed, for rates do not give the noise"
            raise InputError(problem, cure="Give the counts as JSOC has them, not divided by the exposure time")
        if unit not in _COUNTS:
            raise InputError(f"{key} = {text!r}: level 1 in DN is needed", cure="Give the counts as JSOC has them")


def _unit(key: str, text: str) -> u.UnitBase:
    """Return a unit, per image and not per pixel."""
    words = re.sub(r"[A-Za-z]+", lambda match: _UNIT_NAMES.get(match[0].lower(), match[0]), text)
    try:
        unit = u.Unit(words)
    except ValueError:
        raise InputError(f"{key} = {text!r} is no unit that is known", cure="Level 1 is in DN: mend the card") from None
    return unit * u.pix if u.pix in unit.bases else unit


def _check_exposure(header: Header) -> None:
    """Refuse an exposure time that no frame of AIA has, or that the shutter contradicts."""
    exposure_s = cards.required(header, "EXPTIME")
    if exposure_s <= 0:
        cure = "Leave the frame out: its shutter did not open"
        raise InputError(f"EXPTIME = {exposure_s} s is not positive", cure=cure)
    if exposure_s > LONGEST_S:
        problem = f"EXPTIME = {exposure_s:g}: no exposure of AIA is longer than {LONGEST_S:g} s"
        raise InputError(problem, cure="Give EXPTIME in s, not in ms")
    commanded_s = shutter.commanded(header)
    if commanded_s is None or shutter.is_broken(header, exposure_s):
        return  # what is broken is the measurement, not the counts
    if abs(exposure_s - commanded_s) > max(0.02, 0.25 * commanded_s):
        problem = f"EXPTIME = {exposure_s:g} s, but {commanded_s:g} s were commanded (AIMGSHCE, in ms)"
        raise InputError(problem, cure="Give the exposure time in s, and counts that are not divided by it")


def _check_grid(header: Header) -> None:
    """Refuse pixels that are not those of the detector, as far as the header says."""
    history = re.sub(r"\s", "", str(header.get("HISTORY", "")))  # its lines break anywhere
    if shift := re.search(r"Imageregisteredbyshiftof(\([^)]*\))", history):
        problem = f"HISTORY: registered by a shift of {shift[1]} pixels: the pixels are no longer the detector's"
        raise InputError(problem, cure="Export the cut-out from JSOC again, without registering it (r=0)")
    found = wcs.Pointing.of(header).arcsec_per_px
    scales = np.hypot(found[:, 0], found[:, 1])
    if np.linalg.det(found) < 0:
        raise InputError("CDELT1, CDELT2 and the rotation mirror the Sun: the image is flipped", cure=_AS_FETCHED)
    channel, text = cards.channel(header), ", ".join(f"{scale:g}" for scale in scales)
    nominal = {SCALE_ARCSEC[channel]} if channel in EUV else {SCALE_ARCSEC[channel], 0.6}  # early headers have 0.6 for all
    ratios = [scales / one for one in nominal]
    if any(np.abs(ratio - 1).max() < 0.005 for ratio in ratios) or _is_small_camera(header, scales):
        return
    problem = f"CDELT1, CDELT2 = {text} arcsec where the detector has {SCALE_ARCSEC[channel]:g}"
    bins = np.rint(ratios[0])
    if bins.max() > 1 and np.abs(ratios[0] / bins - 1).max() < 0.01:
        raise InputError(f"{problem}: the pixels are binned {bins[0]:.0f} × {bins[1]:.0f}", cure=_AS_FETCHED)
    raise InputError(f"{problem}: the image is resampled", cure=_AS_FETCHED)


def _is_small_camera(header: Header, scales: np.ndarray) -> bool:
    """Return whether a frame is one of the embedded archive's with fewer and larger pixels over the whole field.

    Its optics are AIA's in pixels: the PSF of the frame is the one that it was made with. For a cut-out, X0_MP and Y0_MP give
    the sides of its frame, to the pointing.
    """
    field = NPIX * SCALE_ARCSEC[cards.channel(header)]
    sides = np.array([cards.number(header, f"NAXIS{axis}") or 0 for axis in (1, 2)])
    behind = np.array([2 * (cards.number(header, key) or 0) + 1 for key in ("X0_MP", "Y0_MP")])
    found = [(sides, 0.005), (behind, 0.02)]
    return provenance.is_simulated(header) and any(np.abs(n * scales / field - 1).max() < most for n, most in found)


def check_shape(shape: tuple[int, ...]) -> None:
    """Refuse what is neither a full frame nor a cut-out of one.

    Raises
    ------
    InputError
        Not two axes, too large or too small.
    """
    if len(shape) != 2:
        raise InputError(f"the image has shape {shape}", cure="Give a two-dimensional image")
    rows, columns = shape
    if max(rows, columns) > NPIX or min(rows, columns) < 8:
        raise InputError(
            f"NAXIS1, NAXIS2 = {columns}, {rows}: neither a full frame of {NPIX} × {NPIX} nor a cut-out of one",
            cure="Give level-1 pixels, not resampled ones",
        )


def _holds_data(counts: Array) -> Array:
    """Return where counts are numbers that a camera can have."""
    return np.isfinite(counts) & (counts > NO_DATA_DN)


def _check_lost(image: Image, missing: int, policy: Policy) -> None:
    """Refuse an image without data, and a full frame that has lost too many pixels; cut-outs may reach beyond the detector."""
    if missing == image.data.size:
        raise InputError("no pixel holds a finite value", cure="Leave the frame out, or fetch it again")
    lost = 100 * missing / image.data.size
    if is_full_frame(image) and lost > 100 - quality.LEAST_PERCENT and "missing_25_percent" not in policy.allow:
        raise InputError(f"{lost:.0f} % of the pixels have no data", cure=quality.cure(["missing_25_percent"]))


def _sample(image: Image) -> Array:
    """Return the usable counts of some 256 rows, which stand for all."""
    rows = image.data[:: max(1, len(image.data) // 256)]
    return rows[_holds_data(rows)]


def _check_sign(image: Image) -> None:
    """Refuse counts that are negative: light is not, and the noise of the dark is a few DN."""
    if (counts := _sample(image)).size and (mean := float(counts.mean())) < LEAST_MEAN_DN:
        raise InputError(f"the mean of the counts is {mean:.4g} DN: light is not negative", cure=_AS_FETCHED)


def _is_whole(image: Image) -> bool:
    """Return whether the counts are whole numbers (quarters in some files of 94 Å); tiny numbers are none."""
    counts = _sample(image) * (4 if cards.channel(image.header) == 94 else 1)
    whole = np.rint(counts)
    return not bool(((np.abs(counts - whole) > 1e-3) | ((whole == 0) & (counts != 0))).any())


def resampled(header: Header, shape: tuple[int, ...]) -> tuple[str, str] | None:
    """Return how a header shows that its image was interpolated, if its counts are not whole numbers.

    Returns
    -------
    tuple
        What the header has, and what that makes of the image; None where the header says nothing.
    """
    found = wcs.matrix(header)
    if np.allclose(found, np.diag([0.6, 0.6]), rtol=0, atol=1e-7):
        return "CDELT1, CDELT2 = 0.6 arcsec, roll 0", "registered already"
    mounted_deg, satellite_deg = cards.number(header, "INST_ROT"), cards.number(header, "SAT_ROT") or 0.0
    roll_deg = float(np.rad2deg(np.arctan2(found[1, 0], found[0, 0])))
    if mounted_deg is not None and abs(roll_deg - mounted_deg - satellite_deg) > 0.005:
        return f"the roll is {roll_deg:.4f}°, INST_ROT + SAT_ROT is {mounted_deg + satellite_deg:.4f}°", "rotated"
    if cards.number(header, "X0_MP") is not None and cards.number(header, "Y0_MP") is not None:
        try:
            _corner(header, shape)
        except InputError as error:
            return error.problem, "resampled"
    return None


def is_full_frame(image: Image) -> bool:
    """Return whether the image is the whole detector."""
    return image.data.shape == (NPIX, NPIX)


def origin(image: Image) -> tuple[int, int]:
    """Return the detector pixel (x, y), from 0, of the image's first pixel: (0, 0) for a full frame.

    A cut-out keeps the full frame's Sun centre in X0_MP, Y0_MP (from 0); the difference from its own
    (:func:`helioreduce.aia.wcs.centre_px`) is its origin. Only spikes and the pointing table need it.

    Raises
    ------
    InputError
        If the keywords are missing or the cut-out does not start on a whole pixel of the detector.
    """
    return _corner(image.header, image.data.shape)


def _corner(header: Header, shape: tuple[int, ...]) -> tuple[int, int]:
    """Return :func:`origin` of an image of this header and shape."""
    if shape == (NPIX, NPIX):
        return 0, 0
    corner = []
    for axis, key, own in zip((1, 2), ("X0_MP", "Y0_MP"), wcs.centre_px(header), strict=True):
        start = cards.required(header, key, "A cut-out needs it to find its place on the detector") - own
        if abs(start - round(start)) > 0.05:
            raise InputError(
                f"{key} and CRPIX{axis} put the first pixel at {start:.3f} of the detector, not at a whole pixel",
                cure="Cut out of level 1 without resampling, and keep X0_MP, Y0_MP and CRPIX as JSOC has them",
            )
        corner.append(round(start))
    return corner[0], corner[1]
