"""What goes wrong with frames, or happens on the Sun, where the scenario says so."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import timedelta

import numpy as np

from helioreduce.sun import despiker
from helioreduce.sun.keywords import BLANK, MISSING, STATISTICS, text
from helioreduce.sun.scenario import Facts, Pointing, Scenario


def shade(scene: np.ndarray, scenario: Scenario, frame: Facts) -> np.ndarray:
    """The scene (ny, nx), DN/s, as eclipses and the closed shutter leave it."""
    if scenario.has("dark", frame.channel.name, frame.t_rec):
        return np.zeros_like(scene)
    if scenario.has("eclipse", frame.channel.name, frame.t_rec):
        return scene * _atmosphere(scene.shape, frame.truth)
    return scene


def _atmosphere(shape: tuple[int, int], grid: Pointing) -> np.ndarray:
    """Transmission (ny, nx) float32 of the Earth's limb: it hides the lower left third of the Sun, over some 100″."""
    y, x = np.ogrid[: shape[0], : shape[1]]
    depth = ((x - grid.x0) * 0.6 + (y - grid.y0) * 0.8) * grid.scale + 350
    return np.exp(-np.exp(-depth / 60)).astype(np.float32)


def lose(image: np.ndarray, level05: np.ndarray, spikes: np.ndarray | None) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
    """Level 1 and level 0.5 with 2 % of the rows never received, and the spikes of the others."""
    first = len(image) // 3
    rows = slice(first, first + max(1, math.ceil(0.02 * len(image))))
    image, level05 = image.copy(), level05.copy()
    image[rows] = level05[rows] = BLANK
    if spikes is not None:
        spikes = spikes[:, image[despiker.pixels(spikes)] != BLANK]
    return image, level05, spikes


def changes(scenario: Scenario, frame: Facts) -> dict[str, object]:
    """Keywords that the frame's events set, by DRMS name."""
    keywords = {
        "eclipse": {"ACS_ECLP": "YES"},
        "dark": {"IMG_TYPE": "DARK"},
        "open_loop": {"AISTATE": "OPEN"},
        "short": {"AECTYPE": 2},
        "nrt": {"DATE": frame.t_obs + timedelta(minutes=20)},
    }
    met = [values for event, values in keywords.items() if scenario.has(event, frame.channel.name, frame.t_rec)]
    return {name: value for values in met for name, value in values.items()}


def record(scenario: Scenario, frame: Facts, keywords: Mapping[str, str]) -> dict[str, object]:
    """What the catalogue holds of a frame: one record, none in a gap, two where it was reprocessed."""
    here = (frame.channel.name, frame.t_rec)
    if scenario.has("gap", *here):
        return {"series": frame.channel.series, "records": []}
    spikes = frame.channel.despiked and not scenario.has("no_spikes", *here)
    files = {"image": "image_lev1.fits", "spikes": "spikes.fits" if spikes else None}
    if scenario.has("lost", *here):
        files = {"image": None, "spikes": None}
        keywords = {name: MISSING if name in STATISTICS else value for name, value in keywords.items()}
    entry = {"recnum": frame.recnum, "keywords": keywords, "segments": files}
    if scenario.has("offline", *here):
        entry["online"] = False
    if not scenario.has("reprocessed", *here):
        return {"series": frame.channel.series, **entry}
    before = {**keywords, **{name: text("f6", float(keywords[name]) + 0.3) for name in ("X0_MP", "Y0_MP", "CRPIX1", "CRPIX2")}}
    before["DATE"] = text("t0", frame.t_obs + timedelta(days=1))
    older = {**entry, "recnum": frame.recnum - 4_000_000, "keywords": before}
    return {"series": frame.channel.series, "records": [older, entry]}
