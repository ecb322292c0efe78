"""Files of one frame, as the jobs for many frames get them, and exposure times, which frames have to share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import nan
from pathlib import Path
from typing import Any, NamedTuple

from helioreduce.errors import InputError

#: Calibration frames, in the order in which they are applied.
CALIBRATION = ("bias", "dark", "flat")
#: Keywords of an exposure time, s, in the order in which they are looked for.
EXPOSURE = ("EXPTIME", "XPOSURE", "EXPOSURE", "ITIME")
#: Keywords of the shape of a frame.
SHAPE = ("NAXIS2", "NAXIS1")
#: By how much exposure times may differ that are meant to be one.
TOLERANCE = 0.01


class Frame(NamedTuple):
    """One frame to be cleaned: its file, those to be written, and by name those that it takes besides."""

    raw: str
    image: str
    hits: str
    given: Mapping[str, str]

    @property
    def name(self) -> str:
        """Job and frame."""
        return "/".join(Path(self.image).with_suffix("").parts[-2:])

    @property
    def file(self) -> str:
        """The file to be named where cleaning fails."""
        return self.raw

    @property
    def outputs(self) -> list[str]:
        """What is made of it: the cleaned image and the list of hits."""
        return [self.image, self.hits]

    @property
    def inputs(self) -> list[str]:
        """The files that they follow from."""
        return [self.raw, *self.given.values()]

    @property
    def settings(self) -> list[tuple[str, str]]:
        """What else they follow from: what the other files are, and their names, which the header has."""
        return sorted(self.given.items())


def exposure_s(header: Mapping[str, Any]) -> float:
    """Return the exposure time of a frame, s; NaN where its header has none."""
    return next((float(header[key]) for key in EXPOSURE if isinstance(header.get(key), int | float)), nan)


def of_one_time(one: float, other: float) -> bool:
    """Return whether two exposure times are equal to a hundredth; one that is not known (NaN) is taken to be equal."""
    return not abs(one - other) > TOLERANCE * max(one, other)


def check_same(headers: Mapping[str, Mapping[str, Any]], keys: Sequence[str], cure: str) -> None:
    """Refuse frames, by their files, that differ in one of these keywords.

    Raises
    ------
    InputError
        With two of the files.
    """
    first = next(iter(headers))
    for key in keys:
        if other := next((file for file in headers if headers[file].get(key) != headers[first].get(key)), ""):
            problem = f"{key} is {headers[other].get(key, 'missing')}, but {headers[first].get(key, 'missing')} in {first}"
            raise InputError(problem, cure=cure, where=other)


def check_alike(headers: Mapping[str, Mapping[str, Any]], kind: str) -> None:
    """Refuse frames that cannot be combined: of several shapes or units, or darks of several exposure times.

    Parameters
    ----------
    headers
        Of each frame, by its file.
    kind
        ``bias``, ``dark`` or ``flat``. Flats of several exposure times are brought to one level; biases have none to speak of.

    Raises
    ------
    InputError
        With two of the files that differ.
    """
    check_same(headers, (*SHAPE, "BUNIT"), "Combine frames of one camera and unit")
    times = {file: time for file, header in headers.items() if (time := exposure_s(header)) >= 0}
    short, long = (limit(times, key=lambda file: times[file], default="") for limit in (min, max))
    if kind == "dark" and times and not of_one_time(times[short], times[long]):
        problem = f"a dark exposed for {times[long]:g} s, and one for {times[short]:g} s: {short}"
        raise InputError(problem, cure="Combine the darks of each exposure time by themselves", where=long)
