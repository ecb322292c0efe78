"""What a change of each key of the schema makes again, in a folder where everything is finished."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any

#: The chain of AIA, from the first step.
CHAIN = ("respike", "error", "deconvolve", "prep", "degradation", "exposure", "quicklook")
SPICE = ("simulate", "reduce_composed", "refuse")
#: Single steps of SPICE (spice.fused: false) in a folder that one job has finished.
STEPS = ("ingest", "prepare", "fit", "merge", "velocity", "radiance", "composition", "report", "refuse")
ESIS = ("dark", "level1", "register", "drift", "align", "mask", "vignetting", "normalise", "level3", "compare", "figures")


def since(step: str, chain: Iterable[str] = CHAIN, room: str = "aia") -> set[str]:
    """Rules of a chain from one step on."""
    names = list(chain)
    return {f"{room}_{name}" for name in names[names.index(step) :]}


FETCHED = {"aia_fetch", "aia_fetch_spikes", *since("respike")}
LISTED = {"aia_query", "aia_missing", *FETCHED}
RENDERED = {"archive_render", *LISTED}
BOTH = {"archive_render_uv", *RENDERED}
POINTED = {"archive_pointing", "aia_pointing", *BOTH}
NOTHING: set[str] = set()
#: The change is refused before any job.
REFUSED = None


def spice(step: str) -> set[str]:
    """Rules of SPICE from one on."""
    return since(step, SPICE, "spice")


#: Settings of the finished folders, small and with all states, so that the jobs show where a change begins; their targets.
STATES = ["level1", "respiked", "error", "deconvolved", "level1.5", "corrected"]
BASE = {
    "archive": {"npix": 64},
    "aia": {"channels": [171, 1600], "keep": STATES},
    "esis": {"simulate": {"sequences": 1}},
    "spice": {"simulated": {"rows": 12, "columns": 10}},
}
TARGETS = {"aia": ["all"], "esis": ["esis"], "spice": ["spice"], "cosmic_rays": ["cosmic_rays_example"]}
#: For each key a value other than that of the finished folder, and the rules that run. Keys of sections that the target
#: does not use make nothing again.
AIA: dict[str, tuple[Any, set[str] | None]] = {
    "source": ("jsoc", {"aia_tables", "aia_pointing", *LISTED}),
    "archive.seed": (1, POINTED),
    "archive.npix": (128, POINTED),
    "archive.header": ("stale", BOTH),
    "archive.activity": (20, BOTH),
    "archive.targets": (True, BOTH),
    "archive.dem": (True, RENDERED),
    "archive.quarter_dn": (True, NOTHING),
    "archive.psf.diffuse": (0.1, REFUSED),
    "archive.psf.wings": ([{"kind": "power", "exponent": 2, "weight": 1}], REFUSED),
    "archive.psf.side": (4096, NOTHING),
    "archive.events": ({"flare": ["171/*"], "gap": ["193/*"]}, RENDERED),
    "local.directory": ("images", NOTHING),
    "local.tables": ("tables", NOTHING),
    "jsoc.email": ("reader@localhost", NOTHING),
    "jsoc.url": ("http://localhost:1", NOTHING),
    "jsoc.method": ("url", {"aia_export", *FETCHED}),
    "jsoc.connections": (2, NOTHING),
    "jsoc.retries": (1, NOTHING),
    "jsoc.timeout_s": (10, NOTHING),
    "jsoc.export_timeout_s": (10, NOTHING),
    "jsoc.on_missing": ("skip", NOTHING),
    "jsoc.nearest_s": (6, NOTHING),
    "jsoc.record": ("copy", {"aia_record"}),
    "aia.channels": ([171, 1600, 193], {"aia_psf", *RENDERED}),
    "aia.start": ("2013-12-31T23:59:48", RENDERED),
    "aia.end": ("2014-01-01T00:00:12", BOTH),
    "aia.cadence_s": (24, NOTHING),
    "aia.series": ("aia.lev1", LISTED),
    "aia.where": ("EXPTIME > 1", {"aia_query", "aia_missing"}),
    "aia.times": (["2014-01-01T00:00:00", "2014-01-01T00:00:12"], BOTH),
    # the states that are kept are single steps, from the images that chunks have fetched
    "aia.batch": (2, {"aia_fetch", "aia_batch", *since("respike")} - {"aia_exposure"}),
    "aia.keep": ([], NOTHING),
    "aia.output.form": ("series", {"aia_collect", "aia_shard", "aia_index", "aia_review"}),
    "aia.output.npix": (1024, {"aia_bin", "aia_quicklook"}),
    "aia.output.precision": ("archived", REFUSED),
    "aia.quicklook": ("none", NOTHING),
    "aia.device": ("cpu", NOTHING),
    "aia.steps.respike": (False, {"aia_missing", *since("error")}),
    "aia.steps.deconvolve": (False, since("prep")),
    "aia.steps.degradation": (False, since("exposure")),
    "aia.steps.exposure": (False, {"aia_degradation", "aia_quicklook"}),
    "aia.cutout.centre": ([100, -200], FETCHED),
    "aia.cutout.coordinates": ("stonyhurst", NOTHING),
    "aia.cutout.time": ("2014-01-01T00:00:00", NOTHING),
    "aia.cutout.size": ([300, 300], NOTHING),
    "aia.cutout.unit": ("arcsec", NOTHING),
    "aia.cutout.tracking": (False, NOTHING),
    "aia.cutout.margin_px": (50, NOTHING),
    "aia.cutout.cut": ("last", NOTHING),
    "aia.cube.law": ("rigid", NOTHING),
    "aia.cube.line": ([[0, 0], [10, 10]], NOTHING),
    "aia.quality.allow": (["eclipse"], {"aia_missing"}),
    "aia.quality.refuse": (["lunar_transit"], {"aia_missing"}),
    "aia.error.preflight": (True, since("error")),
    "aia.error.eve": (True, since("error")),
    "aia.error.chianti": (True, since("error")),
    "aia.psf.model": ("file", REFUSED),
    "aia.psf.file": ("psf.fits", NOTHING),
    "aia.psf.diffuse": (0.1, NOTHING),
    "aia.psf.wings": ([{"kind": "power", "exponent": 2, "weight": 1}], NOTHING),
    "aia.psf.side": (8192, NOTHING),
    "aia.deconvolve.method": ("inverse", since("deconvolve")),
    "aia.deconvolve.largest_change": (0.5, since("deconvolve")),
    "aia.deconvolve.positive": (True, since("deconvolve")),
    "aia.deconvolve.iterations": (3, since("deconvolve")),
    "aia.deconvolve.core": ("preflight", {"aia_psf", *since("deconvolve")}),
    "aia.deconvolve.tolerance": (0.1, since("deconvolve")),
    "aia.deconvolve.accelerate": (True, since("deconvolve")),
    "aia.deconvolve.redraws": (2, since("deconvolve")),
    "aia.deconvolve.precision": ("float64", since("deconvolve")),
    "aia.exposure.source": ("measured", since("exposure")),
    "aia.exposure.error": (True, since("exposure")),
    "aia.light_curves.box": (None, NOTHING),
    "aia.figures.box": ([-100, -100, 100, 100], NOTHING),
    "aia.alignment.reference": (171, NOTHING),
    "aia.alignment.tolerance_s": (24, NOTHING),
    "aia.dem.method": ("sparse", NOTHING),
    "aia.dem.bin": (2, NOTHING),
    "aia.dem.tolerance_s": (24, NOTHING),
    "aia.dem.relative_error": (0.2, NOTHING),
    "aia.dem.log_temperature": ([5.6, 7.6], NOTHING),
    "aia.dem.bins": (20, NOTHING),
    "aia.dem.bands": ([5.8, 6.8], NOTHING),
    "aia.dem.chi2": (2, NOTHING),
    "aia.dem.smooth": (4, NOTHING),
    "aia.calibration.version": (9, REFUSED),
    "aia.calibration.degradation": ("results/archive/response.json", {"aia_tables", *since("degradation")}),
    "aia.calibration.error": ("results/archive/response.json", {"aia_tables", *since("error")}),
    "aia.calibration.pointing": ("results/archive/response.json", {"aia_pointing", *since("prep")}),
}
#: Keys of the responses, which only figures show.
AIA |= {f"aia.response.{name}": (value, NOTHING) for name, value in {
    "eve": False, "crosstalk": False, "instrument": "config.yaml", "emissivity": "config.yaml", "chiantifix": "config.yaml",
    "compare": ["config.yaml"], "means": "config.yaml",
}.items()}  # fmt: skip
ESIS_KEYS: dict[str, tuple[Any, set[str] | None]] = {
    "esis.directory": ("nowhere", REFUSED),
    "esis.flight": ("nowhere.toml", REFUSED),
    "esis.lines": (["ov", "hei"], since("register", ESIS, "esis")),
    "esis.lights": ([110, 136], {"esis_simulate", *since("dark", ESIS, "esis")}),
    "esis.darks": ([[98, 102]], NOTHING),
    "esis.exclude": ([1], REFUSED),
    "esis.target": ("nowhere", REFUSED),
    "esis.min_correlation": (0.2, since("register", ESIS, "esis")),
    "esis.robust": (True, since("register", ESIS, "esis")),
    "esis.flatten": (True, {"esis_normalise", "esis_level3", "esis_compare"}),
    "esis.events.sigma": (6, {"esis_compare"}),
    "esis.events.pixels": (9, {"esis_compare"}),
    "esis.cosmic_rays.sigclip": (7, since("level1", ESIS, "esis")),
    "esis.cosmic_rays.objlim": (3, since("level1", ESIS, "esis")),
    "esis.simulate.sequences": (2, {"esis_simulate", *since("dark", ESIS, "esis")}),
    "esis.simulate.darks": (5, {"esis_simulate", *since("dark", ESIS, "esis")}),
    "esis.simulate.seed": (1, {"esis_simulate", *since("dark", ESIS, "esis")}),
}
SPICE_KEYS: dict[str, tuple[Any, set[str] | None]] = {
    "spice.source": ("list", REFUSED),
    "spice.saffron": ("nowhere", REFUSED),
    "spice.catalogue": ("nowhere", REFUSED),
    "spice.fused": (False, {f"spice_{name}" for name in STEPS}),
    "spice.composition.table": ("nowhere", REFUSED),
    "spice.composition.dems": (["nowhere"], REFUSED),
}
#: Without the windows of the lines of the composition there is none.
SPICE_KEYS["spice.windows.include"] = (["mg_9 706.02", "ne_8 770.42"], {"spice_reduce", "spice_refuse"})
REDUCED = spice("reduce_composed")
#: One job makes all products of a raster, and each of its settings makes it again.
SPICE_KEYS |= {f"spice.{name}": (value, REDUCED) for name, value in {
    "groups": [["mg_9 706.02", "ne_8 770.42"]],
    "windows.exclude": ["mg_9 706.02"], "windows.trim": {"ne_8 770.42": [764, 772]}, "area": [[0, 8], [0, None]],
    "rotation": "howard",
    "noise.frames": 1, "noise.factor": 1.1, "despike": False, "spike_threshold": 5, "denoise": True, "velocity.zero": "mean",
    "velocity.gradients": ["x"], "composition.lines": ["s_4 750.22", "n_4 765.15"], "composition.log_n": 9.5,
    "composition.sides": {"s_4 748.40": "high"},
    "legacy.name": "::SAMENAME_::PARAMPLACEHOLDER.fits",
}.items()}  # fmt: skip
SPICE_KEYS |= {f"spice.{name}": (value, NOTHING) for name, value in {
    "files": ["a"], "folder": "a", "dates.year": 2022, "dates.month": 4, "dates.day": 2, "filters.study": "a",
    "filters.misostud": 1, "filters.soop": "a", "filters.stp": 1, "filters.name": "a",
}.items()}  # fmt: skip
SPICE_KEYS |= {f"spice.model.{name}": (value, REDUCED) for name, value in {
    "ties": [], "fixed": {"ne_8 770.42 s": 0.35}, "start": {"ne_8 770.42 x": 770.1}, "shared_width": True, "significance": 2,
    "limits.I": [0, 500], "limits.x": [-0.5, 0.5], "limits.s": [0.2, 0.5], "limits.B": [-5, 5],
}.items()}  # fmt: skip
SPICE_KEYS |= {f"spice.binning.{name}": (value, REDUCED) for name, value in {
    "extents": [1, 3], "times": [1, 3], "thresholds.I": 0.2, "thresholds.x": 0.1, "thresholds.s": 0.5, "thresholds.B": 0.5,
    "lines": ["ne_8 770.42"], "correlation": 0.1,
}.items()}  # fmt: skip
SPICE_KEYS |= {f"spice.simulated.{name}": (value, spice("simulate")) for name, value in {
    "rows": 13, "columns": 11, "times": 2, "exposure_s": 30, "spikes": 0.001, "lost_planes": 1, "seed": 1,
}.items()}  # fmt: skip
DARKS = "results/cosmic_rays/simulated/dark_0[0-4].fits"
COSMIC_RAYS: dict[str, tuple[Any, set[str] | None]] = {
    "cosmic_rays.memory_mb": (100, NOTHING),
    "cosmic_rays.batch": (0, NOTHING),
    "cosmic_rays.combine": ([{"name": "mine", "kind": "dark", "files": DARKS}], NOTHING),
    "cosmic_rays.clean": ([{"name": "mine", "files": DARKS}], NOTHING),
}
TABLE = {"aia": AIA, "esis": ESIS_KEYS, "spice": SPICE_KEYS, "cosmic_rays": COSMIC_RAYS}


#: A longer request than that of the finished folder, of one frame for each of its two channels: each has two.
LONGER = {"end": "2014-01-01T00:00:12"}


def _made(euv: int, uv: int) -> dict[str, int]:
    """Number of jobs from fetching on for so many frames."""
    steps = dict.fromkeys(("fetch", "error", "prep", "degradation", "exposure", "quicklook"), euv + uv)
    steps |= dict.fromkeys(("fetch_spikes", "respike", "deconvolve"), euv)
    return {f"aia_{name}": number for name, number in steps.items()}


def _rendered(euv: int, uv: int) -> dict[str, int]:
    """The same from the embedded archive on, with the lists of the channels."""
    listed = {"archive_render": euv, "archive_render_uv": uv, "aia_query": (euv > 0) + (uv > 0), "aia_missing": 1}
    return {name: number for name, number in {**listed, **_made(euv, uv)}.items() if number}


#: The frame of 1600 Å is in the slot before midnight: tables of two days, made from rows of four.
_POINTINGS = {"archive_pointing": 4, "aia_pointing": 2}
#: Other requests in the finished folder: what is changed, and the number of jobs of each rule.
REQUESTS: dict[str, tuple[str, Any, dict[str, int]]] = {
    "longer": ("aia", LONGER, _rendered(1, 1)),
    "longer, in chunks": (
        "aia", {"end": "2014-01-01T00:00:24", "keep": ["level1"]},
        {"archive_render": 2, "archive_render_uv": 1, "aia_missing": 1,
         **dict.fromkeys(("aia_query", "aia_fetch", "aia_batch", "aia_quicklook"), 2)},
    ),
    "other dates": (
        "aia", {"start": "2014-02-02T00:00:00", "end": "2014-02-02T00:00:00"},
        _rendered(1, 1) | _POINTINGS,
    ),
    "fewer channels": ("aia", {"channels": [171]}, {"aia_missing": 1}),
    "another npix": ("archive", {"npix": 128}, _rendered(1, 1) | _POINTINGS),
    "another source": (
        "source", "jsoc", _made(1, 1) | {"aia_query": 2, "aia_missing": 1, "aia_pointing": 2, "aia_tables": 2},
    ),
}  # fmt: skip


def changed(key: str, value: Any) -> list[str]:
    """Arguments of Snakemake that change one key."""
    section, *names = key.split(".")
    for name in reversed(names):
        value = {name: value}
    return ["--config", f"{section}={json.dumps(value)}"]


def jobs(said: str) -> dict[str, int]:
    """Number of jobs of each rule in a dry run; chunks of a batch are counted together."""
    table = said.rpartition("Job stats:")[2] if "Job stats:" in said else ""
    counted: dict[str, int] = {}
    for name, number in re.findall(r"^(\w+) +(\d+)$", table, re.MULTILINE):
        rule = re.sub(r"_\d{2,4}_\d{8}T\w+$", "", name)
        if rule not in ("total", "all", *(target for targets in TARGETS.values() for target in targets)):
            counted[rule] = counted.get(rule, 0) + int(number)
    return counted
