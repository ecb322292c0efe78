"""What a notebook has, as what the package computes with: images, channels, times, numbers of threads."""

from __future__ import annotations

import os
import reprlib
import sys
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np

from helioreduce import interop, times
from helioreduce.aia.channels import known
from helioreduce.errors import InputError
from helioreduce.image import Image
from helioreduce.io import fits

#: A FITS file, an Image, a Map, a CCDData or an NDCube.
ImageLike = Any
#: A text, a date, a datetime or a Time.
TimeLike = Any
#: A number in Å, its text, or a length.
ChannelLike = Any
#: Whether this process is a copy of one whose threads it lacks.
_forked = False


def _note_fork() -> None:
    """Note, in a process that another one has forked, whether that one had begun to compute: GNU OpenMP then ends the copy."""
    global _forked  # noqa: PLW0603
    with suppress(KeyError, ValueError):  # not imported, or not yet used
        _forked = sys.modules["numba"].threading_layer() == "omp"


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_note_fork)


def _check_process() -> None:
    """Refuse to compute where it would end the process, and leave a pool waiting for ever."""
    if _forked:
        raise InputError(
            "a process that is forked from one that has computed cannot compute",
            cure="Start processes by multiprocessing.get_context('spawn')",
        )


def to_image(source: ImageLike) -> Image:
    """Return one image from a FITS file, an Image, a SunPy Map, a CCDData or an NDCube.

    Raises
    ------
    InputError
        If it is none of them; in a process that cannot compute.
    """
    _check_process()
    return interop.in_arcsec(_image(source))


def _image(source: ImageLike) -> Image:
    """Return :func:`to_image`, with the coordinates that it has."""
    if isinstance(source, Image):
        return source
    if isinstance(source, str | os.PathLike):
        return fits.read(Path(source))
    if hasattr(source, "fits_header"):
        return interop.from_map(source)
    if hasattr(source, "uncertainty"):
        return interop.from_nddata(source)
    raise InputError(f"{type(source).__name__} is no image", cure="Give a FITS file, an Image, a Map, a CCDData or an NDCube")


def to_counts(source: Any) -> tuple[np.ndarray, Any]:
    """Return an array of counts, DN, and its mask: None where it has none.

    Raises
    ------
    InputError
        If it is no array of numbers, or in another unit than those of counts.
    """
    counts, own = np.asarray(getattr(source, "value", source)), getattr(source, "unit", None)
    if counts.dtype.kind not in "biuf":
        cure = "Give an array of numbers, or an image without its channel"
        raise InputError(f"{type(source).__name__} is no array of counts", cure=cure)
    if own is not None and own != "":
        try:
            counts = counts * interop.in_dn(own).to("DN")
        except ValueError:
            raise InputError(f"{own} is not a unit of counts", cure="Give DN, neither electrons nor a rate") from None
    return counts, getattr(source, "mask", None)


def to_channel(channel: ChannelLike) -> int:
    """Return a channel of AIA, Å, from a number, its text or a length.

    Raises
    ------
    InputError
        If it is none of AIA's channels.
    """
    try:
        if hasattr(channel, "unit"):
            channel = round(float(channel.to_value("Angstrom")), 6)  # 17.1 nm is 170.99999999999997 Å
        number = float(channel)
    except (TypeError, ValueError):  # a time is no length: UnitConversionError is one of these
        raise InputError(f"{reprlib.repr(channel)} is no channel", cure="Give 171, '171' or 171 * u.angstrom") from None
    return known(int(number) if number.is_integer() else number)


def to_channels(channels: Any) -> list[int]:
    """Return one or several channels, see :func:`to_channel`."""
    return [to_channel(channel) for channel in _several(channels)]


def to_time(time: TimeLike) -> datetime:
    """Return a time, UTC, from a text, a datetime or a :class:`astropy.time.Time`.

    Raises
    ------
    InputError
        If it is no time.
    """
    if hasattr(time, "utc"):
        found: datetime = time.utc.to_datetime(timezone=UTC, leap_second_strict="silent")  # Python's clock has none
        return found
    if isinstance(time, datetime):
        return time.astimezone(UTC) if time.tzinfo else time.replace(tzinfo=UTC)
    if isinstance(time, date):
        return datetime(time.year, time.month, time.day, tzinfo=UTC)
    return times.parse(str(time))


def to_times(times_: Any) -> list[datetime]:
    """Return one or several times, see :func:`to_time`."""
    if hasattr(times_, "utc"):
        return list(np.ravel(np.asarray(to_time(times_), object)))
    return [to_time(time) for time in _several(times_)]


def is_scalar(value: Any) -> bool:
    """Return whether a value is one, not an array or a list."""
    return isinstance(value, str) or not (getattr(value, "shape", ()) or (isinstance(value, Sequence)))


def seconds(value: Any) -> float:
    """Return a duration in s, from a number or a Quantity."""
    return float(value.to_value("s")) if hasattr(value, "unit") else float(value)


@contextmanager
def use_threads(number: int | None) -> Iterator[None]:
    """Compute with this many threads in the block; None leaves them as they are. Results do not depend on it."""
    _check_process()
    if number is None:
        yield
        return
    if isinstance(number, bool) or not isinstance(number, int | np.integer) or number < 1:
        raise InputError(f"threads = {number!r}", cure="Give a whole number, or None for all cores")
    import numba

    before = numba.get_num_threads()
    numba.set_num_threads(max(1, min(number, numba.config.NUMBA_NUM_THREADS)))  # type: ignore[attr-defined]
    try:
        yield
    finally:
        numba.set_num_threads(before)


def to_names(names: str | Collection[str] | None) -> tuple[str, ...]:
    """Return one or several names as several; none for None."""
    return (names,) if isinstance(names, str) else tuple(names or ())


def to_list(values: Any, what: str) -> list[Any]:
    """Return one or several things as a list.

    Parameters
    ----------
    values
        A path, a value, or any iterable of them.
    what
        What one of them is called in the message.

    Raises
    ------
    InputError
        If there is none.
    """
    several = isinstance(values, Iterable) and not isinstance(values, str | os.PathLike)
    if not (found := list(values) if several else [values]):
        raise InputError(f"there is no {what}", cure="Give at least one")
    return found


def check_choice(value: object, known: Collection[Any], what: str) -> None:
    """Refuse a value that is none of those that are known.

    Raises
    ------
    InputError
        With all of them.
    """
    if value not in known:
        raise InputError(f"there is no {what} {value!r}", cure=f"Give one of: {', '.join(map(str, known))}")


def _several(values: Any) -> list[Any]:
    """Return a list of one or several values."""
    return [values] if is_scalar(values) else list(np.ravel(values) if isinstance(values, np.ndarray) else values)
