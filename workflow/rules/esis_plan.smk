"""ESIS: sequences, inputs, names of files."""

import re

from helioreduce import times
from helioreduce.esis.camera import CAMERAS, time_of

ESIS = config["esis"]
SIMULATED = ESIS["directory"] is None


def esis_frames():
    """Level-0 frames as {exposure number: {camera: file}}, for light and for dark exposures; no file is opened."""
    if SIMULATED:
        size = ESIS["simulate"]
        first = ESIS["lights"][0] + 11
        lights, darks = range(first, first + size["sequences"]), range(97, 97 + size["darks"])
        name = "results/esis/level0/ESIS{}_{:05d}.fits".format
        return [{n: {c: name(c, n) for c in CAMERAS} for n in numbers} for numbers in (lights, darks)]
    folder = located(ESIS["directory"])
    found = {}
    for path in sorted(folder.glob("ESIS[1-4]_*.fit*")):
        match = re.match(r"ESIS(\d)_(\d{5})\.fits?(\.gz)?$", path.name)
        if match:
            found.setdefault(int(match[2]), {})[int(match[1])] = str(path)
    lights, darks = ESIS["lights"], ESIS["darks"]
    within = lambda n, ranges: any(low <= n <= high for low, high in ranges)
    kept = {n: files for n, files in found.items() if n not in ESIS["exclude"]}
    return [{n: files for n, files in kept.items() if within(n, ranges)} for ranges in ([lights], darks)]


LIGHTS, DARKS = esis_frames()
SEQUENCES = [f"{n:05d}" for n in sorted(LIGHTS)]


wildcard_constraints:
    line="ov|hei",
    sequence=r"\d{5}",
    camera=r"[1-4]",


def esis_aia():
    """The AIA 304 image of the AIA chain nearest in time to each exposure, {exposure number: file}; empty if not asked for."""
    if ESIS["target"] != "aia":
        return {}
    frames = [time for channel, time in aia.frames if channel == "304"]
    if not frames:
        raise WorkflowError(
            "config: esis.target is aia, but aia.channels has no 304. Add it, and set aia.start and aia.end to the flight."
        )
    away = lambda n: lambda time: abs((times.from_compact(time) - time_of(n)).total_seconds())
    return {n: f"results/aia/level1.5/304/{min(frames, key=away(n))}.fits" for n in LIGHTS}


ESIS_AIA = esis_aia()


def esis_target(wildcards):
    """Files among which the target of a sequence is found; none: the cameras are aligned to camera 2."""
    if ESIS["target"] == "aia":
        return ESIS_AIA[int(wildcards.sequence)]
    if ESIS["target"] is None:
        return ["results/esis/level0/target.fits"] if SIMULATED else []
    path = located(ESIS["target"])
    return sorted(map(str, path.glob("*.fits"))) if path.is_dir() else str(path)


def of_all_sequences(state):
    """Input function: one state of every sequence of the line."""
    return lambda wildcards: [f"results/esis/{state}/{wildcards.line}/{sequence}.fits" for sequence in SEQUENCES]


def esis_targets():
    """Level 3 and the figures of every line asked for."""
    return [
        target
        for line in ESIS["lines"]
        for target in (
            f"results/esis/level3/{line}.fits",
            f"results/esis/figures/{line}/coalignment.png",
        )
    ]
