"""Error planes as Astropy's ``CCDData`` writes them: what UTYPE says they are, as standard deviations."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from astropy import units as u

from helioreduce.errors import InputError

#: UTYPE: power of the data's unit in the unit of the plane, and the plane's standard deviation.
_TYPES: dict[str, tuple[int, Callable[[np.ndarray], np.ndarray]]] = {
    "StdDevUncertainty": (1, np.asarray),
    "VarianceUncertainty": (2, np.sqrt),
    "InverseVariance": (-2, lambda plane: 1 / np.sqrt(plane)),
}


def standard_deviation(plane: np.ndarray, header: Mapping[str, object], unit: object) -> np.ndarray:
    """Return an error plane as standard deviations, float32.

    Parameters
    ----------
    plane
        Of the extension ``UNCERT``.
    header
        Its header: UTYPE (absent: standard deviation, as Astropy has it) and BUNIT (absent: what follows from ``unit``).
    unit
        BUNIT of the data; None where they have none.

    Raises
    ------
    InputError
        Another UTYPE, or a unit that is not the data's (squared for a variance).
    """
    kind = str(header.get("UTYPE", "StdDevUncertainty")).strip()
    if kind not in _TYPES:
        raise InputError(f"UNCERT: UTYPE = {kind!r} is not known", cure=f"Give one of {', '.join(_TYPES)}")
    power, convert = _TYPES[kind]
    own = str(header.get("BUNIT") or "").strip()
    if own and unit and not _agree(own, str(unit).strip(), power):
        expected = f"of {unit}" if power == 1 else f"of ({unit})^{power}"
        raise InputError(f"UNCERT: BUNIT = {own!r} where {kind} {expected} is meant", cure="Give both in one unit")
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(convert(plane), np.float32)


def _agree(own: str, data: str, power: int) -> bool:
    """Return whether the unit of a plane is that of the data to a power."""
    if power == 1 and own == data:
        return True
    try:
        return bool(u.Unit(own) == u.Unit(data) ** power)
    except ValueError:  # a unit that Astropy does not know
        return False
