"""Events of the scenario: what goes wrong with a frame, or happens on the Sun."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import timedelta

import numpy as np

from helioreduce.series import MISSING
from helioreduce.sun import despiker, statistics
from helioreduce.sun.keywords import text
from helioreduce.sun.scenario import Facts, Pointing, Scenario

#: Centre of the moon (arcsec right of and above the Sun's) and its mean radius (arcsec) in a transit.
MOON, MOON_RADIUS = (-1100.0, 300.0), 932.6


def obscure(scene: np.ndarray, scenario: Scenario, frame: Facts) -> np.ndarray:
    """Return the scene (ny, nx), DN/s, dimmed by the Earth or the moon in front of the Sun, or the closed shutter."""
    if scenario.has("dark", frame.channel.name, frame.t_rec):
        return np.zeros_like(scene)
    if scenario.has("eclipse", frame.channel.name, frame.t_rec):
        return scene * _atmosphere(scene.shape, frame.truth)
    if scenario.has("lunar_transit", frame.channel.name, frame.t_rec):
        return np.where(behind_the_moon(scene.shape, frame.truth), scene.dtype.type(0), scene)
    return scene


def behind_the_moon(shape: tuple[int, int], grid: Pointing) -> np.ndarray:
    """Return the pixels (ny, nx), boolean, that the moon hides: its mean disk, at the left of the Sun's centre."""
    y, x = np.ogrid[: shape[0], : shape[1]]
    right, up = (
        (axis - middle) * grid.scale - place for axis, middle, place in zip((x, y), (grid.x0, grid.y0), MOON, strict=True)
    )
    return np.hypot(right, up) < MOON_RADIUS


def _atmosphere(shape: tuple[int, int], grid: Pointing) -> np.ndarray:
    """Return the transmission (ny, nx) float32 at the Earth's limb, which hides the lower left third of the Sun."""
    y, x = np.ogrid[: shape[0], : shape[1]]
    depth = ((x - grid.x0) * 0.6 + (y - grid.y0) * 0.8) * grid.scale + 350
    return np.exp(-np.exp(-depth / 60)).astype(np.float32)


def drop_rows(
    image: np.ndarray, level05: np.ndarray, spikes: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
    """Return level 1 and level 0.5 with 2 % of the rows BLANK, and the spikes of the others."""
    first = len(image) // 3
    rows = slice(first, first + max(1, math.ceil(0.02 * len(image))))
    image, level05 = image.copy(), level05.copy()
    image[rows] = level05[rows] = statistics.BLANK
    if spikes is not None:
        spikes = spikes[:, image[despiker.pixels(spikes)] != statistics.BLANK]
    return image, level05, spikes


def changed_keywords(scenario: Scenario, frame: Facts) -> dict[str, object]:
    """Return the keywords that the frame's events set, by DRMS name."""
    keywords: dict[str, dict[str, object]] = {
        "eclipse": {"ACS_ECLP": "YES"},
        "dark": {"IMG_TYPE": "DARK"},
        "open_loop": {"AISTATE": "OPEN"},
        "short": {"AECTYPE": 2},
        "nrt": {"DATE": frame.t_obs + timedelta(minutes=20)},
    }
    changed: dict[str, object] = {}
    for event, values in keywords.items():
        if scenario.has(event, frame.channel.name, frame.t_rec):
            changed |= values
    return changed


def record(scenario: Scenario, frame: Facts, keywords: Mapping[str, str]) -> dict[str, object]:
    """Return the catalogue's entry of a frame: one record, none in a gap, two where it was reprocessed."""
    here, series = (frame.channel.name, frame.t_rec), frame.channel.series.name
    if scenario.has("gap", *here):
        return {"series": series, "records": []}
    spikes = frame.channel.despiked and not scenario.has("no_spikes", *here)
    files: dict[str, str | None] = {"image": "image_lev1.fits", "spikes": "spikes.fits" if spikes else None}
    if scenario.has("lost", *here):
        files = {"image": None, "spikes": None}
        keywords = {name: MISSING if name in statistics.NAMES else value for name, value in keywords.items()}
    entry: dict[str, object] = {"recnum": frame.recnum, "keywords": keywords, "segments": files}
    if scenario.has("offline", *here):
        entry["online"] = False
    if not scenario.has("reprocessed", *here):
        return {"series": series, **entry}
    before = dict(keywords, DATE=text("DATE", frame.t_obs + timedelta(days=1)))
    for name in ("X0_MP", "Y0_MP", "CRPIX1", "CRPIX2"):
        before[name] = text(name, float(keywords[name]) + 0.3)
    older = {**entry, "recnum": frame.recnum - 4_000_000, "keywords": before}
    return {"series": series, "records": [older, entry]}
