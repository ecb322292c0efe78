"""How long a frame was exposed: as the shutter's sensors measured it, or as it was commanded.

Level 1 has the mean of the sensors (EXPTIME, s), their spread (EXPSDEV, s) and the command (AIMGSHCE, ms). Short exposures of a
flare now and then have a broken mean: the spread is larger than the mean itself. In 57 other frames of the flare of
2011-02-15, exposed for 73 ms to 2.9 s, the spread is at most 0.7 % of the mean, and mean and command differ by at most
3.1 ms, 2 ms rms below 0.5 s.
"""

from __future__ import annotations

from typing import NamedTuple

from helioreduce.aia import cards
from helioreduce.errors import InputError

#: EXPSDEV as a part of EXPTIME above which the sensors contradict one another.
SPREAD = 0.05
#: By how much mean and command may differ: s, or a part of the command, whichever is larger.
AGREE_S, AGREE = 0.005, 0.02
#: Uncertainty of a measured time without EXPSDEV (the largest of sound frames that last seconds), and of a command, s.
MEASURED_S, COMMANDED_S = 0.0002, 0.002


class Exposure(NamedTuple):
    """An exposure time and its uncertainty, s; where it comes from; what is wrong with the header, if anything."""

    seconds: float
    sigma_s: float
    source: str
    doubt: str


def judge(header: cards.Header, source: str = "auto") -> Exposure:
    """Return the exposure time of a frame.

    Parameters
    ----------
    header
        Of level 1.
    source
        ``measured``: EXPTIME. ``commanded``: AIMGSHCE. ``auto``: EXPTIME where its spread and the command agree with it,
        otherwise AIMGSHCE.

    Raises
    ------
    InputError
        If EXPTIME is missing, no number or not positive, or AIMGSHCE is needed and missing.
    """
    if source not in ("auto", "measured", "commanded"):
        raise InputError(f"no exposure time is called {source!r}", cure="Give auto, measured or commanded")
    measured_s, commanded_s = cards.required(header, "EXPTIME"), commanded(header)
    if measured_s <= 0:
        raise InputError(f"EXPTIME = {measured_s} s is not positive", cure="Leave the frame out: its shutter did not open")
    doubt = _doubt(header, measured_s, commanded_s)
    if source == "measured" or (source == "auto" and not doubt):
        spread_s = cards.number(header, "EXPSDEV")
        return Exposure(measured_s, MEASURED_S if spread_s is None else spread_s, "measured", doubt)
    if commanded_s is None:
        problem = f"{doubt}, and AIMGSHCE is missing" if doubt else "AIMGSHCE is missing"
        raise InputError(problem, cure="Leave the frame out, or set aia.exposure.source to measured")
    return Exposure(commanded_s, COMMANDED_S, "commanded", doubt)


def commanded(header: cards.Header) -> float | None:
    """Return the commanded exposure time, s; None where the header has none."""
    milliseconds = cards.number(header, "AIMGSHCE")
    return milliseconds / 1000 if milliseconds and milliseconds > 0 else None


def is_broken(header: cards.Header, measured_s: float) -> bool:
    """Return whether the shutter's sensors contradict one another."""
    return (cards.number(header, "EXPSDEV") or 0.0) > SPREAD * measured_s


def _doubt(header: cards.Header, measured_s: float, commanded_s: float | None) -> str:
    """Return why EXPTIME is not to be believed; empty where it is."""
    if is_broken(header, measured_s):
        return f"EXPTIME = {measured_s:.6g} s has a spread of {cards.required(header, 'EXPSDEV'):.4g} s (EXPSDEV)"
    if commanded_s and abs(measured_s - commanded_s) > max(AGREE_S, AGREE * commanded_s):
        return f"EXPTIME = {measured_s:.6g} s where {commanded_s:g} s were commanded (AIMGSHCE)"
    return ""
