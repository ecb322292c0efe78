"""Which records are asked for, the series and a condition on their keywords; and which of the frames there are not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from helioreduce import condition
from helioreduce.errors import InputError
from helioreduce.jsoc.policy import UNMET, Loss
from helioreduce.series import LEVEL1, NEAR_REAL_TIME

MISSING = "results/aia/missing.tsv"


def asked(source: str, settings: Mapping[str, Any]) -> dict[str, str]:
    """Return the series (empty for the slotted one of each channel) and the condition (empty for none) of a request.

    Parameters
    ----------
    source
        Where images come from.
    settings
        The section ``aia`` of the configuration.

    Raises
    ------
    InputError
        If the series does not have a channel, the condition cannot be evaluated, or the source knows neither.
    """
    series, where = settings["series"], settings["where"] or ""
    for key, wanted in (("series", series != "auto"), ("where", bool(where))):
        if wanted and source == "vso":
            raise InputError(
                f"aia.{key} is set: VSO has no series and lists no keywords", cure="Set source to jsoc, or unset it"
            )
    if where:
        try:
            condition.check(where)
        except InputError as error:
            raise error.at("aia.where") from None
    slotted = {name for name, _ in LEVEL1.values()}
    wrong = [channel for channel in settings["channels"] if series in slotted and LEVEL1[channel].name != series]
    if wrong and source != "local":
        raise InputError(
            f"aia.series is {series}: it has no {wrong[0]} Å", cure=f"That is in {LEVEL1[wrong[0]].name}; or set auto"
        )
    if series == NEAR_REAL_TIME and "near_real_time" not in settings["quality"]["allow"] and source != "local":
        problem = f"aia.series is {series}, whose images near real time are not final"
        raise InputError(problem, cure="Set aia.quality: {allow: [near_real_time]} to take them")
    return {"series": "" if series == "auto" or series in slotted else series, "where": where}


def notes(lost: Iterable[Loss], wanted: int) -> list[str]:
    """Return what to say of the frames of a request that are left out, of so many that are wanted."""
    reasons = list(lost)
    unmet = reasons.count(UNMET)
    left = f"{len(reasons) - unmet} of {wanted} frames are unavailable and left out; the target {MISSING} lists the reasons."
    narrowed = f"{unmet} of {wanted} frames are left out: aia.where does not hold for them."
    return [left] * (len(reasons) > unmet) + [narrowed] * bool(unmet)
