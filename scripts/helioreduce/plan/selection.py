"""Which records are asked for, the series and a condition on their keywords; and which of the frames there are not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from helioreduce import condition
from helioreduce.errors import InputError
from helioreduce.jsoc.policy import UNMET, Loss
from helioreduce.series import LEVEL1, NEAR_REAL_TIME

MISSING = "results/aia/missing.tsv"


def asked(source: str, settings: Mapping[str, Any], jsoc: Mapping[str, Any]) -> dict[str, Any]:
    """Return the series (empty for the slotted one of each channel) and the condition (empty for none) of a request.

    Where neighbours stand in for missing frames, it also has how far they may be (``within_s``) and which are good enough.

    Parameters
    ----------
    source
        Where images come from.
    settings, jsoc
        The sections ``aia`` and ``jsoc`` of the configuration.

    Raises
    ------
    InputError
        If the series does not have a channel, the condition cannot be evaluated, the source knows neither, or neighbours may be
        images of other slots.
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
    found = {"series": "" if series == "auto" or series in slotted else series, "where": where}
    return found | (_nearest(source, settings, jsoc) if jsoc["on_missing"] == "nearest" and source != "local" else {})


def _nearest(source: str, settings: Mapping[str, Any], jsoc: Mapping[str, Any]) -> dict[str, Any]:
    """Return how far neighbours may be that stand in for missing frames, and which are good enough."""
    if source == "vso":
        raise InputError(
            "jsoc.on_missing is nearest: VSO lists no quality by which to choose", cure="Set source to jsoc, or skip"
        )
    most, within_s = settings["cadence_s"] / 2, jsoc["nearest_s"]
    if within_s and within_s > most and not settings["times"]:
        raise InputError(
            f"jsoc.nearest_s is {within_s:g}: beyond {most:g} s, half of aia.cadence_s, are the images of other slots",
            cure=f"Set it to {most:g} or less, or to null",
        )
    return {"within_s": float(within_s or most), "quality": dict(settings["quality"])}


def notes(lost: Iterable[Loss], wanted: int) -> list[str]:
    """Return what to say of the frames of a request that are left out, of so many that are wanted."""
    reasons = list(lost)
    unmet = reasons.count(UNMET)
    left = f"{len(reasons) - unmet} of {wanted} frames are unavailable and left out; the target {MISSING} lists the reasons."
    narrowed = f"{unmet} of {wanted} frames are left out: aia.where does not hold for them."
    return [left] * (len(reasons) > unmet) + [narrowed] * bool(unmet)
