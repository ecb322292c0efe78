"""Verification of a fetched file: it is whole, it can be decoded, and it is the segment of its record.

Shape, exposure and number of spikes must be those of the record. Checksums show that the pixels are those that the archive
stores; without them (spikes, images before December 2010) the statistics of the pixels must be those of the record.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from helioreduce import times
from helioreduce.errors import InputError
from helioreduce.io import jsoc_files
from helioreduce.jsoc import header as merging
from helioreduce.jsoc.records import Record
from helioreduce.numerics import histogram
from helioreduce.series import LEVEL1, MISSING

if TYPE_CHECKING:
    from astropy.io.fits import Header

#: Pixels per row of the detector, in the index of a spike.
_STRIDE = 4096
#: DN; largest value of a pixel before despiking, that of a 16-bit integer: the camera's 14 bits after the flat field.
_LARGEST_DN = 32767
#: The despiker takes what is above RATIO · (mean of the 8 neighbours + EXCESS); share of a list that may seem not to be.
_SPIKE_RATIO, _SPIKE_EXCESS_DN, _UNLIKELY = 1.8, 4.0, 0.05
#: Relative precision of a 32-bit float, with the margin of a sum over an image.
_PRECISION = 1e-6


#: Keywords that files are compared with.
_COMPARED = ("FSN", "WAVELNTH", "CAMERA", "T_OBS", "T_REC", "DATAMIN", "DATAMAX", "DATAMEDN", "DATAMEAN", "DATARMS", "NSPIKES")


def verify(file: Path, record: Record, segment: str, image: Path | None = None) -> list[str]:
    """Verify that a file is a segment of a record.

    Parameters
    ----------
    file
        The file as the archive stores it.
    record
        The record.
    segment
        ``image`` or ``spikes``.
    image
        The image that spikes belong to, if it has been fetched.

    Returns
    -------
    list
        What was verified: ``structure``, ``checksum``, ``shape``, ``identity``, ``statistics``; of a list ``spikes`` (their
        number), ``replacements``, ``originals``. What the file or the record does not have cannot be verified.

    Raises
    ------
    InputError
        If the file is damaged, or not the segment of the record.
    """
    headers = jsoc_files.check(file)
    stored = [header for header in headers if header.get("NAXIS", 0)]
    summed = stored and all("CHECKSUM" in header and "DATASUM" in header for header in stored)
    verified = ["structure", *(["checksum"] if summed else [])]
    if segment == "spikes":
        return verified + _spikes(file, record, image)
    counts, header = jsoc_files.read_counts(file)
    verified += [*_shape(counts, record, segment), *_identity(header, record)]
    different = _different(counts, header, record)
    if different and not {"checksum", "identity"} <= set(verified):
        raise InputError(different)
    return verified if different is None or different else [*verified, "statistics"]


def verify_cutout(file: Path, record: Record, locate: jsoc_files.Locate) -> list[str]:
    """Verify that a file is a cut-out of the image of a record.

    Parameters
    ----------
    file
        The file as the server has made it.
    record
        The record of the whole image.
    locate
        Returns the window of a file, from the header of the whole image, that of the file and its shape; refuses a wrong one.

    Returns
    -------
    list
        What was verified: ``structure``, ``checksum``, ``window``, ``identity``, ``source``.

    Raises
    ------
    InputError
        If the file is damaged, or not that part of the image.
    """
    headers = jsoc_files.check(file)
    summed = any("CHECKSUM" in header and "DATASUM" in header for header in headers if header.get("NAXIS", 0))
    counts, header = jsoc_files.read_counts(file)
    verified = ["structure", *["checksum"] * summed]
    locate(merging.merge(record), header, (counts.shape[0], counts.shape[1]))
    verified += ["window", *_identity(header, record)]
    source = str(header.get("SOURCE", ""))
    if source and _parsed(source) != _parsed(record.name):
        raise InputError(f"it is cut out of {source}, not of {record.name}")
    return [*verified, *["source"] * bool(source)]


def _parsed(name: str) -> tuple[str, object, str]:
    """Return series, time and channel of the name of a record; a time may be written with decimals."""
    series, time, channel, *_ = (*re.split(r"\]?\[", name.partition("{")[0].rstrip("]")), "", "")
    try:
        return series, times.parse(time), channel
    except InputError:
        return series, time, channel


def expected(record: Record, segment: str) -> dict[str, str]:
    """Return what a record says about a file: a file is verified again where its record says something else by now."""
    said = {name: record.keywords[name] for name in _COMPARED if name in record.keywords}
    return said | ({"dims": record.dims[segment]} if segment in record.dims else {})


def _shape(counts: np.ndarray, record: Record, segment: str) -> list[str]:
    """Compare the shape with that of the record's segment, ``4096x4096`` in the order of FITS."""
    if counts.ndim != 2:
        raise InputError(f"it has {counts.ndim} dimensions")
    sides = re.fullmatch(r"(\d+)x(\d+)", record.dims.get(segment, ""))
    if sides and counts.shape != (int(sides[2]), int(sides[1])):
        raise InputError(f"it has {counts.shape[1]}x{counts.shape[0]} pixels, its record {record.dims[segment]}")
    return ["shape"] if sides else []


def _identity(header: Header, record: Record) -> list[str]:
    """Compare exposure number, channel, camera and times with those of the record, as far as the file has them.

    A file whose record has no keywords (VSO) must name its channel and time itself.
    """
    compared = set()
    for name in ("FSN", "WAVELNTH", "CAMERA"):
        expected = _number(record.keywords.get(name))
        if name in header and expected is not None:
            if header[name] != expected:
                raise InputError(f"it has {name} = {header[name]}, its record {expected:.0f}")
            compared.add(name)
    for name, tolerance_s in (("T_OBS", 1.0), ("T_REC", _slot_s(record))):
        found, reported = _time(header, name), _time(record.keywords, name)
        if found and reported:
            if abs((found - reported).total_seconds()) > tolerance_s:
                raise InputError(f"it has {name} = {header[name]}, its record {record.keywords[name]}")
            compared.add(name)
    if record.series.keywords:
        return ["identity"] if "FSN" in compared else []
    if missing := {"WAVELNTH", "T_REC"} - compared:
        raise InputError(f"it has no {' and '.join(sorted(missing))}")
    return ["identity"]


def _different(counts: np.ndarray, header: Header, record: Record) -> str | None:
    """Return how the statistics of the pixels differ from those of the record: empty if they agree, None without any.

    The record has minimum, maximum and median as integers; mean and standard deviation have the precision of its text.
    """
    pixels = histogram.of(counts, header.get("BLANK"))
    scale, zero = header.get("BSCALE", 1.0), header.get("BZERO", 0.0)
    if not pixels.size:
        return "it has no valid pixel"
    present = pixels.number > 0
    pixels = histogram.Histogram(zero + scale * pixels.values[present], pixels.number[present])
    deviation, whole = math.sqrt(pixels.moment(2)), 0.5 if scale == 1 else 1.0
    measured = {  # value and tolerance
        "DATAMIN": (pixels.values[0], whole),
        "DATAMAX": (pixels.values[-1], whole),
        "DATAMEDN": (pixels.percentile(50), 1.0),
        "DATAMEAN": (pixels.mean, _PRECISION * abs(pixels.mean)),
        "DATARMS": (deviation, (_PRECISION + 1 / pixels.size) * deviation),
    }
    different = None
    for name, (value, tolerance) in measured.items():
        text = record.keywords.get(name, MISSING)
        reported = _number(text)
        if reported is not None:
            if abs(value - reported) > tolerance + _rounding(text):
                return f"its pixels have {name} = {value:.6g}, its record {text}"
            different = ""
    return different


def _spikes(file: Path, record: Record, image: Path | None) -> list[str]:
    """Compare a list of spikes with the number in the record, and with the pixels of its image."""
    spikes, _ = jsoc_files.read_spikes(file)
    number = _number(record.keywords.get("NSPIKES"))
    if number is not None and spikes.shape[1] != number:
        raise InputError(f"it lists {spikes.shape[1]} spikes, its record {number:.0f}")
    verified = ["spikes"] if number is not None else []
    if not spikes.size:
        return verified
    index, before, _ = spikes
    if index.min() < 1 or index.max() >= _STRIDE**2:
        raise InputError(f"it lists pixels {index.min()} to {index.max()}, which are not on the detector")
    if before.min() < 0 or before.max() > _LARGEST_DN:
        raise InputError(f"its values before are {before.min()} to {before.max()} DN, which no spike has")
    if image is None:
        return verified
    counts, header = jsoc_files.read_counts(image)
    y, x = np.divmod(index, _STRIDE)
    if y.max() >= counts.shape[0] or x.max() >= counts.shape[1]:
        raise InputError(f"it lists pixels outside the image of shape {counts.shape}")
    scale, zero = header.get("BSCALE", 1.0), header.get("BZERO", 0.0)
    if wrong := _not_replaced(spikes, zero + scale * counts[y, x].astype(float), 0.5 if scale == 1 else 1.0):
        raise InputError(f"{wrong} of its {index.size} replaced pixels are not those of the image")
    around = zero + scale * _mean_around(counts, y, x)
    unlikely = float(np.mean(before <= _SPIKE_RATIO * (around + _SPIKE_EXCESS_DN)))
    if unlikely > _UNLIKELY:
        raise InputError(f"{unlikely:.0%} of its values before are no spikes beside the pixels of the image")
    return [*verified, "replacements", "originals"]


def _not_replaced(spikes: np.ndarray, values: np.ndarray, tolerance: float) -> int:
    """Return how many replacements differ from the values of the image, (N,), or from what a pixel listed again had next."""
    order = np.argsort(spikes[0], kind="stable")
    (index, before, after), values = spikes[:, order], values[order].copy()
    again = np.flatnonzero(index[1:] == index[:-1])
    values[again] = before[again + 1]
    return int(np.count_nonzero(abs(values - after) > tolerance))


def _mean_around(counts: np.ndarray, y: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Return the mean of the 8 neighbours of pixels; beyond an edge those are the pixels at the edge."""
    rows, columns = (
        [(at + step).clip(0, side - 1) for step in (-1, 0, 1)] for at, side in zip((y, x), counts.shape, strict=True)
    )
    block = sum(counts[j, i].astype(float) for j in rows for i in columns)
    return np.asarray((block - counts[y, x]) / 8)


def _slot_s(record: Record) -> float:
    """Return the length of the slot of a record, s: T_REC of the stored file is that of aia.lev1, somewhere in the slot."""
    return next((series.slot_s for series in LEVEL1.values() if series.name == record.series.name), 24.0)


def _time(cards: Mapping[str, Any], name: str) -> datetime | None:
    """Return a time of a header or record, or None where there is none."""
    try:
        return times.parse(str(cards[name]))
    except (KeyError, InputError):
        return None


def _number(text: str | None) -> float | None:
    """Return the number of a keyword, or None where there is none."""
    try:
        value = float(text) if text is not None else math.nan
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _rounding(text: str) -> float:
    """Return half a unit of the last digit of a number."""
    mantissa, _, exponent = text.lower().partition("e")
    digits = len(mantissa.partition(".")[2])
    return 0.5 * 10.0 ** (int(exponent or 0) - digits) if digits else 0.0
